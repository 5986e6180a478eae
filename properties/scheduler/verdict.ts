/**
 * What a scheduler decides on the snapshot of its cycle's beginning, and what it tells the user about it.
 *
 * Judged on the picture that its own lines paint: nodes as it last read them, pods as it counts them.
 */
import type { Line } from "#model/events.ts"
import type { Node, Pod } from "#model/objects.ts"
import { type Amounts, requestsOf } from "#model/objects/requests.ts"
import { toleratesTaint } from "#model/objects/taints.ts"
import type { Obligation } from "#properties/property.ts"
import { isWelcome, lacks, type Sums } from "#properties/scheduler/fit.ts"
import { type Candidate, scoresOf } from "#properties/scheduler/scores.ts"
import { type Snapshot, Snapshots } from "#properties/scheduler/snapshot.ts"

/** Fewer nodes than this are all looked at. Source: schedule_one.go minFeasibleNodesToFind. */
const allAreLookedAt = 100

interface Cycle {
  readonly uid: string
  readonly pod: Pod
  readonly nodes: number
  readonly feasible: ReadonlyArray<Candidate>
  /** How many nodes each plugin refused, the first in the order of the default plugins. */
  readonly refused: ReadonlyMap<string, number>
}

/** The first plugin that refuses the node, in the order of default_plugins.go; undefined: the pod may go there. */
const refusing = (pod: Pod, node: Node, used: Sums, allocatable: Amounts): string | undefined => {
  const { tolerations = [] } = pod.spec
  const cordon = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const
  const mayGoToCordoned = tolerations.some((toleration) => toleratesTaint(toleration, cordon))
  if (node.spec.unschedulable === true && !mayGoToCordoned) return "NodeUnschedulable"
  const open: Node = { ...node, spec: { ...node.spec, unschedulable: false } }
  if (!isWelcome({ ...pod, spec: { containers: [], tolerations } }, open)) return "TaintToleration"
  if (!isWelcome(pod, { ...node, spec: {} })) return "NodeAffinity"
  return lacks(requestsOf(pod.spec), used, allocatable) === undefined ? undefined : "NodeResourcesFit"
}

const noSums: Sums = new Map()

const judged = (snapshot: Snapshot, pod: Pod): Cycle => {
  const feasible: Array<Candidate> = []
  const refused = new Map<string, number>()
  for (const [name, { allocatable, node }] of snapshot.nodes) {
    const used = snapshot.used.get(name) ?? noSums
    const plugin = refusing(pod, node, used, allocatable)
    if (plugin !== undefined) {
      refused.set(plugin, (refused.get(plugin) ?? 0) + 1)
      continue
    }
    const scored = snapshot.scored.get(name) ?? { cpu: 0, memory: 0 }
    // The sums go on; what the cycle saw of them stays.
    const sums = { cpu: used.get("cpu") ?? 0, memory: used.get("memory") ?? 0 }
    feasible.push({ name, node, allocatable, used: sums, scored })
  }
  return { uid: pod.metadata.uid, pod, nodes: snapshot.nodes.size, feasible, refused }
}

/** Every scheduler's cycle under way, as it should end. */
class Cycles {
  readonly snapshots = new Snapshots()
  private readonly byActor = new Map<string, Cycle>()

  /** The cycle that the line ends. */
  line(line: Line): Cycle | undefined {
    const { actor, event } = line
    this.snapshots.line(line)
    switch (event.type) {
      case "scheduling.began": {
        const pod = this.snapshots.pods.get(event.uid)
        const snapshot = this.snapshots.of(actor)
        if (pod === undefined || snapshot.nodes.size >= allAreLookedAt) this.byActor.delete(actor)
        else this.byActor.set(actor, judged(snapshot, pod))
        return undefined
      }
      case "scheduling.placed":
      case "scheduling.failed":
      case "scheduling.skipped": {
        const cycle = this.byActor.get(actor)
        this.byActor.delete(actor)
        return cycle?.uid === event.uid ? cycle : undefined
      }
      case "process.crashed":
      case "process.stopped":
        this.byActor.delete(event.process)
        return undefined
      default:
        return undefined
    }
  }
}

const told = (refused: ReadonlyMap<string, number>): string =>
  [...refused].map(([plugin, count]) => `${count} ${plugin}`).sort().join(", ")

/** 65, the other way round: who finds no node was refused by each, and who finds one has seen them all. */
export const verdictIsTrue = (): (line: Line) => string | undefined => {
  const cycles = new Cycles()
  return (line) => {
    const { actor, event } = line
    const cycle = cycles.line(line)
    if (cycle === undefined) return undefined
    const name = cycle.pod.metadata.name
    if (event.type === "scheduling.failed") {
      const said = told(new Map(Object.entries(event.refused)))
      const were = told(cycle.refused)
      const isTrue = event.nodes === cycle.nodes && cycle.feasible.length === 0 && said === were
      return isTrue ? undefined : `${actor} finds none of ${event.nodes} nodes for ${name}, refused by ${said}; ` +
        `they were ${cycle.nodes}, refused by ${were}, and ${cycle.feasible.length} would do`
    }
    if (event.type !== "scheduling.placed") return undefined
    if (event.evaluated !== cycle.nodes || event.feasible !== cycle.feasible.length) {
      return `${actor} finds ${event.feasible} of ${event.evaluated} nodes for ${name}; ` +
        `${cycle.feasible.length} of ${cycle.nodes} would do`
    }
    return undefined
  }
}

/** A node with a higher score is not passed over; of equals any one may be chosen. */
export const choosesWell = (): (line: Line) => string | undefined => {
  const cycles = new Cycles()
  return (line) => {
    const cycle = cycles.line(line)
    const { actor, event } = line
    if (event.type !== "scheduling.placed" || cycle === undefined || cycle.feasible.length < 2) return undefined
    const scores = scoresOf(cycle.pod, cycle.feasible)
    const chosen = scores.get(event.node)
    if (chosen === undefined) return undefined
    const better = [...scores].find(([, score]) => score > chosen)
    return better === undefined ? undefined : `${actor} chose ${event.node} with score ${chosen} for ` +
      `${cycle.pod.metadata.name}; ${better[0]} has ${better[1]}`
  }
}

/** What stands in the condition was found by some cycle. */
export const conditionIsTrue = (): (line: Line) => string | undefined => {
  /** By pod: nodes and plugins of its failed cycles, as the message begins. */
  const failed = new Map<string, Array<{ readonly begin: string; readonly plugins: ReadonlyArray<string> }>>()
  return ({ entity, event }) => {
    if (event.type === "scheduling.failed") {
      const all = failed.get(event.uid) ?? []
      const begin = event.nodes === 0 ? "no nodes available" : `0/${event.nodes} nodes are available: `
      const plugins = Object.entries(event.refused).map(([plugin, count]) => `${count} ${plugin}`)
      failed.set(event.uid, all.concat({ begin, plugins }))
    } else if (event.type === "object.deleted") failed.delete(entity)
    else if (event.type === "object.updated" && event.resource === "pods") {
      const of = (pod: Pod) => pod.status.conditions?.find(({ type }) => type === "PodScheduled")
      const now = of(event.object as Pod)
      const before = of(event.previous as Pod)
      if (now === before || now?.status !== "False" || now.message === before?.message) return undefined
      const isTrue = now.reason === "Unschedulable" && failed.get(entity)?.some(({ begin, plugins }) =>
        now.message?.startsWith(begin) === true && plugins.every((plugin) => now.message!.includes(plugin)))
      return isTrue === true ? undefined : `${event.key} is said to be ${now.reason}: ${now.message}`
    }
    return undefined
  }
}

/** A pod that lies among the unschedulable says so; a message that was lost is written with the next attempt. */
const tellWithin_ms = 400_000 // ASSUMED: 5 min 30 s until the flush, a cycle, a request.
export const userIsTold = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const untold = new Map<string, Obligation>()
  const pods = new Map<string, Pod>()
  const isTold = (pod: Pod) => pod.status.conditions?.some(({ status, type }) =>
    type === "PodScheduled" && status === "False") === true
  /** Bound by another scheduler, or on its way out: whoever has not seen that yet may fail with it. */
  const isNobodys = ({ metadata, spec }: Pod) => (spec.nodeName ?? "") === "" && metadata.deletionTimestamp === undefined
  return {
    line: ({ at_ms, entity, event }) => {
      if (event.type === "scheduling.failed") {
        const pod = pods.get(event.uid)
        if (pod === undefined || isTold(pod) || !isNobodys(pod) || untold.has(event.uid)) return
        untold.set(event.uid, { entity: pod.metadata.name, since_ms: at_ms, within_ms: tellWithin_ms })
      } else if (event.type === "object.deleted") {
        pods.delete(entity)
        untold.delete(entity)
      } else if ((event.type === "object.created" || event.type === "object.updated") && event.resource === "pods") {
        const pod = event.object as Pod
        pods.set(entity, pod)
        if (isTold(pod) || !isNobodys(pod)) untold.delete(entity)
      }
    },
    open: () => untold.values()
  }
}
