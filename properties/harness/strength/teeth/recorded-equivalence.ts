/**
 * Which lies about a recording nobody can see: what is told then could have been recorded of a real cluster, too. Each
 * rule says why, in words that the report repeats. Whatever is not named here is a lie that somebody ought to notice.
 */
import { isEvent, type Lie, type RecordedLine, revisionOf, type Story, uidOf } from
  "#properties/harness/strength/teeth/recorded-story.ts"

type Rule = (lie: Lie, story: Story, line: RecordedLine) => string | undefined

/** Of Events nobody is promised anything: who cannot write one goes on without. Source: client-go tools/events. */
const isOfEvent: Rule = (_lie, _story, { resource }) =>
  resource === "events" ? "an Event is a note that may be lost or say anything" : undefined

/** The part of an object that one write can change: metadata with the spec, or the status. */
const isOneWrite = (before: any, after: any): boolean => {
  const differs = (field: string): boolean => JSON.stringify(before[field]) !== JSON.stringify(after[field])
  return !(differs("spec") && differs("status"))
    && before.metadata.generation === (after.metadata.generation ?? undefined)
    && before.metadata.deletionTimestamp === after.metadata.deletionTimestamp
    && JSON.stringify(before.metadata.finalizers) === JSON.stringify(after.metadata.finalizers)
}
/**
 * Revisions have gaps, so two writes of one writer to one part can have been one. Not where what lies between is
 * counted or ordered by the API server itself (generation, deletion, finalizers); of a pod's life each step is its own.
 */
const isMerged: Rule = (lie, story, { resource, type }) => {
  if (type !== "MODIFIED" || lie.edits.size !== 1 || lie.repeats !== undefined) return undefined
  const [before, after] = [story.before(lie.place), story.after(lie.place)]
  if (before === undefined || lie.edits.get(lie.place) !== undefined) return undefined
  if (after === undefined) return isLastHeartbeat(before, story.lines[lie.place]!)
  if (after.type !== "MODIFIED") return undefined
  return isOneWrite(before.object, after.object)
    ? `two writes to one part of ${resource === "leases" ? "a lease" : "an object"} can have been one` : undefined
}
const times = /"(lastHeartbeatTime|lastTransitionTime|lastUpdateTime|renewTime)":"[^"]*"/g
/** What is said but for its times. */
const saidBut = ({ object: { metadata, ...object } }: RecordedLine): string => JSON.stringify({ ...object,
  metadata: { ...metadata, resourceVersion: "", managedFields: [] } }).replace(times, "")
const isLastHeartbeat = (before: RecordedLine, last: RecordedLine): string | undefined =>
  last.resource === "nodes" ? saidBut(before) === saidBut(last)
    ? "a recording may end before the next heartbeat" : undefined
    : last.resource === "leases" && before.object.spec.holderIdentity === last.object.spec.holderIdentity
    ? "a recording that ends before a lease runs out cannot show that it is not renewed" : undefined

/** Nobody needs to have taken over, or to have noticed, before the lease has run out. */
const isNotOver: Rule = (lie, story, line) => {
  if (line.resource !== "leases") return undefined
  const later = story.from(lie.place)
  if (!later.every((place) => lie.edits.has(place) && lie.edits.get(place) === undefined)) return undefined
  const before = story.before(lie.place)
  if (before === undefined || later.some((place) => story.lines[place]!.type === "DELETED")) return undefined
  const end_ms = Date.parse(story.lines.findLast(({ at }) => at !== undefined)!.at!)
  const lasts_ms = 1_000 * Number(before.object.spec.leaseDurationSeconds ?? 0)
  const from_ms = Date.parse(before.object.spec.renewTime)
  const name = before.object.metadata.name
  // A node that is silent is noticed after a grace, not by its lease.
  const isNodes = before.object.metadata.namespace === "kube-node-lease"
  if (end_ms - from_ms < (isNodes ? noticed_ms : lasts_ms)) {
    return "a recording that ends before a lease runs out cannot show that it is not renewed"
  }
  return !isNodes && !story.events.some((place) => actsFor(story, place, name)
    && Date.parse(story.lines[place]!.at!) > from_ms + lasts_ms + late_ms)
    ? "of a leader that does nothing any more nobody can tell that it does not lead" : undefined
}
/** A write that was begun while the lease ran may come so much later. */
const late_ms = 10_000 // As the promise has it.
/** node-monitor-grace-period, 50 s, and a round. */
const noticed_ms = 60_000
const actsFor = (story: Story, place: number, leader: string): boolean => {
  const { object, resource, type } = story.lines[place]!
  const isBinding = resource === "pods" && type === "MODIFIED" && object.spec.nodeName !== undefined
    && story.before(place)?.object.spec.nodeName === undefined
  if (leader === "kube-scheduler") return isBinding
  if (leader !== "kube-controller-manager") return false
  if (resource === "pods") return type === "ADDED" && ownerOf(story.lines[place]!)?.kind === "ReplicaSet"
  return resource === "replicasets" && type === "MODIFIED"
    && story.before(place)?.object.status.replicas !== object.status.replicas
}

/** Nothing but leases, Events and heartbeats is told for so long before the end: then it is at rest. */
const rest_ms = 1_000 // As the judge has it.
const isLeft: Rule = (lie, story) => {
  if (lie.path !== undefined || ![...lie.edits.values()].every((edit) => edit === undefined)) return undefined
  const end_ms = Date.parse(story.lines.findLast(({ at }) => at !== undefined)!.at!)
  const last = story.lines.findLast((line, place) => line.type === "FAULT" || (isEvent(line) && !lie.edits.has(place)
    && line.resource !== "leases" && line.resource !== "events" && line.resource !== "nodes"))
  return last !== undefined && end_ms - Date.parse(last.at!) < rest_ms + 200
    && story.nextOf([...lie.edits.keys()].at(-1)!) === undefined
    ? "what is not done when a recording ends in the midst of it may be done later" : undefined
}
/** Two versions that differ in what their writer's clock said, which may be set back. */
const isOnlyTimes: Rule = ({ other }, story, line) => {
  if (other === undefined || uidOf(line) !== uidOf(story.lines[other]!)) return undefined
  return line.type === "MODIFIED" && story.lines[other]!.type === "MODIFIED"
    && saidBut(line) === saidBut(story.lines[other]!) ? "times are those of their writer's clock, which may be set back"
    : undefined
}

const stranger = (a: RecordedLine, b: RecordedLine): boolean => {
  // Where it stands itself, and under which name, is no word about a namesake elsewhere.
  const { managedFields: _, name: _name, namespace, ...metadata } = a.object.metadata
  if (b.resource === "namespaces" && b.object.metadata.name === namespace) return false
  const text = JSON.stringify({ ...a.object, metadata })
  return !text.includes(uidOf(b)) && !text.includes(`"${b.object.metadata.name}"`)
}
const ownerOf = ({ object }: RecordedLine): any =>
  object.metadata.ownerReferences?.find(({ controller }: any) => controller === true)
/** Made side by side, in any order. Pods of a StatefulSet, and sets of a Deployment, are made one after the other. */
const inParallel: ReadonlySet<string> = new Set(["ReplicaSet", "DaemonSet", "Job"])
const areApart = (a: RecordedLine, b: RecordedLine): boolean => {
  const [mine, others] = [ownerOf(a), ownerOf(b)]
  return uidOf(a) !== uidOf(b) && stranger(a, b) && stranger(b, a)
    && a.object.metadata.name + a.object.metadata.namespace !== b.object.metadata.name + b.object.metadata.namespace
    && (mine === undefined || mine.uid !== others?.uid || inParallel.has(mine.kind))
}
const isOfStatus = (story: Story, place: number): boolean => {
  const [before, line] = [story.before(place), story.lines[place]!]
  return line.type === "MODIFIED" && before !== undefined
    && JSON.stringify({ ...before.object, metadata: before.object.metadata.generation, status: 0 })
      === JSON.stringify({ ...line.object, metadata: line.object.metadata.generation, status: 0 })
}
/** Two of one owner whose controller's workers tell of them, each for itself. */
const areTold = (story: Story, place: number, other: number): boolean =>
  uidOf(story.lines[place]!) !== uidOf(story.lines[other]!) && story.lines[place]!.resource === "replicasets"
  && isOfStatus(story, place) && isOfStatus(story, other)
const isOfNoOrder: Rule = (lie, story, line) => {
  const { other } = lie
  // What arrives in another order than that of its revisions is a watch's own fault.
  if (other === undefined || revisionOf(lie.edits.get(lie.place)!) !== revisionOf(line)) return undefined
  return areApart(line, story.lines[other]!) || areTold(story, lie.place, other)
    ? "writes to two objects that know nothing of each other have no order" : undefined
}
/** It stays between its neighbours in its watch, is nobody else's, and passes only what knows nothing of it. */
const isInGap: Rule = (lie, story, line) => {
  const now = lie.edits.get(lie.place)
  if (lie.other !== undefined || now === undefined || lie.edits.size !== 1) return undefined
  const [was, is] = [revisionOf(line), revisionOf(now)]
  if (was === is || lie.path !== undefined) return undefined
  const [low, high] = [Math.min(was, is), Math.max(was, is)]
  const passed = story.events.map((place) => story.lines[place]!).filter((one) => one !== line
    && revisionOf(one) >= low && revisionOf(one) <= high)
  return passed.every((one) => revisionOf(one) !== is && one.resource !== line.resource && areApart(one, line))
    ? "between what is watched there are revisions of what is not" : undefined
}

/** Fields by the reason for which they may say what they like; `first` where that holds only of its whole life. */
const free: ReadonlyArray<readonly [reason: string, path: RegExp, kinds?: RegExp]> = [
  ["a message is for people", /^status\.conditions\.\d+\.message$/],
  ["notes and labels that no controller reads are anybody's",
    /^metadata\.(annotations|labels)\.(?!.*(kubernetes\.io|hash|generation)).*$/,
    /^(nodes|leases|configmaps|serviceaccounts|services|namespaces)$/],
  ["a node's labels are what it says of itself", /^metadata\.labels\..*$/, /^nodes$/],
  ["what a machine says of itself only the machine knows",
    /^status\.(nodeInfo|addresses|images|capacity|allocatable|daemonEndpoints|features|runtimeHandlers|volumes)\b/,
    /^nodes$/],
  ["what a kubelet calls its reason is a word for people", /^status\.conditions\.\d+\.reason$/, /^(nodes|pods)$/],
  ["when a kubelet says that it saw something is its own clock",
    /^status\.(conditions\.\d+\.last(Heartbeat|Transition)Time|startTime)$/, /^(nodes|pods)$/],
  ["what a runtime reports only the node knows",
    /^status\.(containerStatuses\.\d+\.(containerID|image|imageID|state|lastState)|podIP|podIPs|hostIP|hostIPs)\b/,
    /^pods$/],
  ["the zone of its node is told to a pod, and may be taken away", /^metadata\.labels\.topology/, /^pods$/],
  ["who holds a lease, for how long and since when is its holder's word",
    /^spec\.(leaseDurationSeconds|renewTime|acquireTime|holderIdentity)$/, /^leases$/],
  ["a certificate or its like is content that nobody interprets", /^(data|binaryData)\./, /^configmaps$/]
]
const isFree: Rule = ({ path }, _story, { resource = "" }) => {
  const text = path?.join(".")
  return text === undefined ? undefined
    : free.find(([, fields, kinds]) => fields.test(text) && kinds?.test(resource) !== false)?.[0]
}

/** Told once, and never again: nothing in the recording can contradict it. */
const isAlone: Rule = ({ path }, story, line) => {
  if (path === undefined || line.type !== "ADDED" || story.nextOf(story.lines.indexOf(line)) !== undefined) {
    return undefined
  }
  const [first, second] = path
  const isName = first === "metadata" && ["uid", "creationTimestamp", "name", "namespace"].includes(second!)
  return isName && ownerOf(line) === undefined
    ? "of what is told once any name, uid and time are as good" : undefined
}
/** Whoever made it may have made it otherwise: content of what a user wrote, from its creation on. */
const isAuthored: Rule = ({ edits, path }, story, line) => {
  if (path === undefined || line.type !== "ADDED" || edits.size !== story.of(story.lines.indexOf(line)).length) {
    return undefined
  }
  const isPlain = typeof path.reduce((value: any, key) => value?.[key], line.object) !== "string"
  if (line.resource === "pods" && ownerOf(line) === undefined && path[0] === "spec" && isPlain) {
    return /(priority|replicas|resources|grace|toleration|Seconds)/i.test(path.join(".")) ? undefined
      : "whoever made it may have made it so"
  }
  if (line.resource === "leases" && path[0] === "metadata" && path[1] !== "labels") {
    return path[1] === "ownerReferences" ? undefined : "what a lease is called is its holder's choice"
  }
  return line.resource === "serviceaccounts" || line.resource === "configmaps" || line.resource === "priorityclasses"
    ? path[0] === "metadata" && path[1] !== "labels" && path[1] !== "annotations" && path[1] !== "uid" ? undefined
      : "whoever made it may have made it so" : undefined
}

/** A user may take it away, and nobody has to put it back. */
const isUsersToTake: Rule = (lie, story, line) => {
  if (lie.path !== undefined || lie.edits.size === 0) return undefined
  const edit = lie.edits.get(lie.place)
  if (edit === undefined || edit.object.metadata.ownerReferences !== undefined) return undefined
  if (line.object.metadata.ownerReferences === undefined) return undefined
  if (line.resource === "leases") return "a kubelet that cannot read its node makes a lease without an owner"
  const last = story.lines[story.from(lie.place).at(-1)!]!
  return last.type === "DELETED" && line.type !== "ADDED"
    ? "an owner may be taken away, and who is about to go is not adopted" : undefined
}
/** Nobody is told of it by anybody else, and it was not asked to go. */
const isNotMissed: Rule = (lie, story, line) => {
  if (line.type !== "DELETED" || lie.edits.get(lie.place) !== undefined || lie.edits.size !== 1) return undefined
  if (line.object.metadata.deletionTimestamp !== undefined || ownerOf(line) !== undefined) return undefined
  const isNamed = story.events.some((place) => story.lines[place] !== line
    && uidOf(story.lines[place]!) !== uidOf(line) && JSON.stringify(story.lines[place]!.object).includes(uidOf(line)))
  return isNamed ? undefined : "that nobody deleted what nobody needs is as good"
}

/** Only the servers' own collector looks at it. */
const isServersLease: Rule = ({ edits, place }, _story, { object, resource }) => resource === "leases"
  && object.metadata.name.startsWith("apiserver-") && edits.get(place) === undefined
  ? "nobody acts on an API server's own lease" : undefined
/** Who put it there may let it stay. */
const isHeld: Rule = ({ edits, path }, _story, { object: { metadata } }) => path === undefined && edits.size > 0
  && [...edits.values()].every((edit) => edit === undefined) && (metadata.finalizers ?? []).length > 0
  && metadata.deletionTimestamp !== undefined ? "whoever holds an object by a finalizer may hold it for ever"
  : undefined
/** Of a pod that is never bound: the scheduler has not been heard of since. */
const isUnheard: Rule = ({ edits, place }, story, line) => {
  if (line.resource !== "pods" || edits.get(place) !== undefined || line.object.spec.nodeName === undefined) {
    return undefined
  }
  const before = story.before(place)
  if (before === undefined || before.object.spec.nodeName !== undefined) return undefined
  const heard = story.lines.findLast(({ object, resource }) => resource === "leases"
    && object?.metadata.name === "kube-scheduler")
  return Date.parse(heard?.at ?? "") - Date.parse(before.at ?? "") >= 1_000 ? undefined
    : "a scheduler that has not been heard of since may be gone"
}

/** By kind: whose selectors are about its labels. */
const selecting: Readonly<Record<string, ReadonlyArray<string>>> = {
  jobs: [], deployments: [], statefulsets: [], daemonsets: [], leases: [],
  pods: ["replicasets", "statefulsets", "daemonsets", "jobs", "services", "poddisruptionbudgets"],
  replicasets: ["deployments"]
}
/** No selector asks for it, or nobody adopts or releases it any more. */
const isNotSelected: Rule = ({ edits, path, place }, story, line) => {
  const selectors = selecting[line.resource ?? ""]
  if (selectors === undefined || path?.[1] !== "labels") return undefined
  const edit = edits.get(place)
  if (edit === undefined || path[2]! in edit.object.metadata.labels) return undefined
  if (line.object.metadata.deletionTimestamp !== undefined) return "who is about to go is neither adopted nor released"
  const isAsked = story.events.some((at) => selectors.includes(story.lines[at]!.resource!)
    && JSON.stringify(story.lines[at]!.object.spec?.selector ?? {})
      .includes(`"${path[2]}":"${line.object.metadata.labels[path[2]!]}"`))
  return isAsked ? undefined : "a label that nobody selects by is anybody's"
}

const rules: ReadonlyArray<Rule> = [isServersLease, isHeld, isUnheard, isNotSelected, isOnlyTimes, isLeft, isMerged,
  isNotOver, isOfNoOrder, isInGap, isFree, isAlone, isAuthored,
  isUsersToTake, isNotMissed]

/** Why the lie is none that a watch could show; undefined: it is one. */
export const whyEquivalent = (kind: string, lie: Lie, story: Story): string | undefined => {
  const line = story.lines[lie.place]!
  // What arrives twice or out of order no server may send, whatever it says.
  if (kind === "told twice" || kind === "arrives out of order") return undefined
  const ofEvent = kind === "revision" ? undefined : isOfEvent(lie, story, line)
  if (ofEvent !== undefined && kind !== "creation dropped") return ofEvent
  if (kind === "creation dropped") {
    return story.nextOf(lie.place) === undefined && ownerOf(line) === undefined
      && line.resource !== "pods" && line.resource !== "nodes" ? "what is told once may never have been" : undefined
  }
  for (const rule of rules) {
    const why = rule(lie, story, line)
    if (why !== undefined) return why
  }
  return undefined
}
