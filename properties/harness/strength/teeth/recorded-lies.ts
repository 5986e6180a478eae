/**
 * Lies with a meaning: what a scheduler, a kubelet, a controller or an API server must not do or leave undone, told
 * consistently from there on.
 */
import { edited, editedAt, type Liar, nameOf, type Story, withoutAll } from
  "#properties/harness/strength/teeth/recorded-story.ts"

const isOf = (story: Story, place: number, resource: string, type?: string): boolean =>
  story.lines[place]!.resource === resource && (type === undefined || story.lines[place]!.type === type)

/** The event that binds a pod: it has a node now, and had none. */
const isBinding = (story: Story, place: number): boolean => isOf(story, place, "pods", "MODIFIED")
  && story.lines[place]!.object.spec.nodeName !== undefined
  && story.before(place) !== undefined && story.before(place)!.object.spec.nodeName === undefined

const onto = (story: Story, place: number, node: string, why: string): ReturnType<Liar> => {
  const line = story.lines[place]!
  const bind = (pod: any): void => {
    pod.spec.nodeName = node
    delete pod.status.hostIP
    delete pod.status.hostIPs
  }
  return { what: `${nameOf(line)} is bound to ${node}, ${why}`, place, edits: editedAt(story, story.from(place), bind) }
}
const firstOfNode = (story: Story, name: string): number | undefined =>
  story.events.find((at) => isOf(story, at, "nodes") && story.lines[at]!.object.metadata.name === name)
const toUnknownNode: Liar = (story, place) => isBinding(story, place)
  ? onto(story, place, "nowhere", "which is not there") : undefined

/** Its node was cordoned before, as if somebody had done so: told of the node from its first event on. */
const toCordonedNode: Liar = (story, place, pick) => {
  if (!isBinding(story, place)) return undefined
  const { tolerations = [] } = story.lines[place]!.object.spec
  // A DaemonSet's pods may be there all the same.
  const isTolerant = tolerations.some(({ key, operator }: any) => key === "node.kubernetes.io/unschedulable"
    || (key === undefined && operator === "Exists"))
  if (isTolerant) return undefined
  const cordoned = story.present("nodes", place).filter(({ spec }) => spec.unschedulable === true)
  if (cordoned.length > 0) {
    return onto(story, place, cordoned[pick(cordoned.length)]!.metadata.name, "which is cordoned")
  }
  const { nodeName } = story.lines[place]!.object.spec
  const first = firstOfNode(story, nodeName)
  if (first === undefined || first > place) return undefined
  return { what: `${nameOf(story.lines[place]!)} is bound to ${nodeName}, which has always been cordoned`, place,
    edits: editedAt(story, story.from(first), ({ spec }) => {
      spec.unschedulable = true
      spec.taints = [...(spec.taints ?? []).filter(({ key }: any) => key !== "node.kubernetes.io/unschedulable"),
        { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }]
    }) }
}
/** It asks for more than its node has, from its creation on; so does its template, if it has one. */
const whereNoRoomIs: Liar = (story, place) => {
  if (!isBinding(story, place)) return undefined
  const pod = story.lines[place]!.object
  if (pod.metadata.ownerReferences !== undefined) return undefined
  return { what: `${nameOf(story.lines[place]!)} asks for 9,999 CPUs and is bound to ${pod.spec.nodeName}`, place,
    edits: editedAt(story, story.of(place), ({ spec }) => {
      spec.containers[0].resources = { requests: { cpu: "9999" } }
    }) }
}

/** Its node is told to have room for none but the first of its pods. */
const beyondAllocatable: Liar = (story, place) => {
  if (!isBinding(story, place)) return undefined
  const { nodeName } = story.lines[place]!.object.spec
  const there = story.present("pods", place).filter(({ spec, status }) => spec.nodeName === nodeName
    && status.phase !== "Succeeded" && status.phase !== "Failed").length
  const first = firstOfNode(story, nodeName)
  if (first === undefined || first > place) return undefined
  return { what: `${nameOf(story.lines[place]!)} is bound to ${nodeName}, which has room for ${there} pods`, place,
    edits: editedAt(story, story.from(first), ({ status }) => {
      if (status.allocatable !== undefined) status.allocatable.pods = String(there)
    }) }
}

/** The pod is not there: what a node that is well does not do before its grace is over. */
const evictedEarly: Liar = (story, place) => {
  if (!isOf(story, place, "pods", "MODIFIED")) return undefined
  const line = story.lines[place]!
  const { metadata, spec, status } = line.object
  const isAtWork = status.phase === "Running" && spec.nodeName !== undefined
  if (metadata.deletionTimestamp !== undefined || !isAtWork) return undefined
  const end = story.of(place).find((at) => story.lines[at]!.type === "DELETED")
  if (end === undefined) return undefined
  return { what: `${nameOf(line)} is removed while it runs, undeleted`, place, edits: new Map([
    ...withoutAll(story.from(place)), [place, { ...line, type: "DELETED" }]]) }
}
/** Of who was being deleted the last finalizer may go with it: a watch shows the state before. So it was not. */
const withFinalizers: Liar = (story, place) => {
  const line = story.lines[place]!
  if (line.type !== "DELETED" || line.object.metadata.deletionTimestamp !== undefined) return undefined
  return { what: `${nameOf(line)} is removed with a finalizer, undeleted`, place,
    edits: editedAt(story, story.of(place), ({ metadata }) => { metadata.finalizers = ["example.com/held"] }) }
}
const neverBound: Liar = (story, place) => isBinding(story, place)
  ? { what: `${nameOf(story.lines[place]!)} is never bound`, place, edits: withoutAll(story.from(place)) } : undefined
const terminatesForEver: Liar = (story, place) => {
  const line = story.lines[place]!
  if (!isOf(story, place, "pods", "MODIFIED") || line.object.metadata.deletionTimestamp === undefined) return undefined
  const later = story.from(place).slice(1)
  if (later.length === 0) return undefined
  return { what: `${nameOf(line)} terminates for ever`, place, edits: withoutAll(later) }
}
const renewalLost: Liar = (story, place) => isOf(story, place, "leases", "MODIFIED")
  ? { what: `${nameOf(story.lines[place]!)} is not renewed at ${story.lines[place]!.at}`, place,
    edits: withoutAll([place]) } : undefined
/** Never renewed again while its node or holder is told to be well. */
const renewalsLost: Liar = (story, place) => {
  if (!isOf(story, place, "leases", "MODIFIED")) return undefined
  return { what: `${nameOf(story.lines[place]!)} is not renewed any more from ${story.lines[place]!.at}`, place,
    edits: withoutAll(story.from(place)) }
}
const setUpdateLost: Liar = (story, place) => isOf(story, place, "replicasets", "MODIFIED")
  ? { what: `an update of ${nameOf(story.lines[place]!)} is lost`, place, edits: withoutAll([place]) } : undefined

const counting: ReadonlySet<string> = new Set(["replicasets", "deployments", "statefulsets", "daemonsets", "jobs",
  "poddisruptionbudgets"])
const isLast = (story: Story, place: number): boolean => counting.has(story.lines[place]!.resource!)
  && story.lines[place]!.type === "MODIFIED" && story.nextOf(place) === undefined
const staysOld: Liar = (story, place) => {
  if (!isLast(story, place)) return undefined
  const line = story.lines[place]!
  const before = story.before(place)
  const statusIn = (object: any): string => JSON.stringify(object.status)
  if (before === undefined || statusIn(before.object) === statusIn(line.object)) return undefined
  return { what: `the last status of ${nameOf(line)} stays old`, place, edits: withoutAll([place]) }
}
const countLies: Liar = (story, place, pick) => {
  if (!isLast(story, place)) return undefined
  const line = story.lines[place]!
  const counts = Object.entries(line.object.status ?? {}).filter(([field, value]) => typeof value === "number"
    && field !== "observedGeneration" && field !== "collisionCount")
  if (counts.length === 0) return undefined
  const [field, value] = counts[pick(counts.length)]! as [string, number]
  return { what: `the last status of ${nameOf(line)} says ${field} ${value + 1}, not ${value}`, place,
    path: ["status", field], edits: new Map([[place, edited(line, ({ status }) => { status[field] = value + 1 })]]) }
}

export const withMeaning = {
  "bound to an unknown node": toUnknownNode,
  "bound to a cordoned node": toCordonedNode,
  "bound where it cannot fit": whereNoRoomIs,
  "bound where no room is left": beyondAllocatable,
  "removed while it runs": evictedEarly,
  "removed with finalizers": withFinalizers,
  "never bound": neverBound,
  "terminates for ever": terminatesForEver,
  "a renewal lost": renewalLost,
  "all renewals lost": renewalsLost,
  "a set's update lost": setUpdateLost,
  "a status stays old": staysOld,
  "a count lies at rest": countLies
} as const satisfies Readonly<Record<string, Liar>>
