/**
 * What a scheduler decides on the snapshot of its cycle's beginning, and what it tells the user about it.
 *
 * Judged on the picture that its own lines paint: nodes as it last read them, pods as it counts them.
 */
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { History } from "#properties/history.ts"
import type { Sums } from "#properties/scheduler/fit.ts"
import { refusing } from "#properties/scheduler/plugins.ts"
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

const noSums: Sums = new Map()

const judged = (snapshot: Snapshot, pod: Pod): Cycle => {
  const feasible: Array<Candidate> = []
  const refused = new Map<string, number>()
  for (const [name, { allocatable, node }] of snapshot.nodes) {
    const used = snapshot.used.get(name) ?? noSums
    const plugin = refusing(pod, { node, allocatable }, used)
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
  readonly #now: History["now"]
  readonly #snapshots: Snapshots
  readonly #byActor = new Map<string, Cycle>()

  constructor(history: History) {
    this.#now = history.now
    this.#snapshots = new Snapshots(history)
  }

  /** The cycle that the line ends. */
  line(line: Line): Cycle | undefined {
    const { actor, event } = line
    this.#snapshots.line(line)
    switch (event.type) {
      case "scheduling.began": {
        const pod = this.#now.pods.get(event.uid)
        const snapshot = this.#snapshots.of(actor)
        if (pod === undefined || snapshot.nodes.size >= allAreLookedAt) this.#byActor.delete(actor)
        else this.#byActor.set(actor, judged(snapshot, pod))
        return undefined
      }
      case "scheduling.placed":
      case "scheduling.failed":
      case "scheduling.skipped": {
        const cycle = this.#byActor.get(actor)
        this.#byActor.delete(actor)
        return cycle?.uid === event.uid ? cycle : undefined
      }
      case "process.crashed":
      case "process.stopped":
        this.#byActor.delete(event.process)
        return undefined
      default:
        return undefined
    }
  }
}

const told = (refused: ReadonlyMap<string, number>): string =>
  [...refused].map(([plugin, count]) => `${count} ${plugin}`).sort().join(", ")

/** 65, the other way round: who finds no node was refused by each, and who finds one has seen them all. */
export const verdictIsTrue = (history: History): (line: Line) => string | undefined => {
  const cycles = new Cycles(history)
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
export const choosesWell = (history: History): (line: Line) => string | undefined => {
  const cycles = new Cycles(history)
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

/** Of many nodes so many feasible ones are enough. Source: numFeasibleNodesToFind in schedule_one.go, v1.36. */
const enoughOf = (nodes: number): number => nodes < allAreLookedAt ? nodes
  : Math.max(allAreLookedAt, Math.floor(nodes * Math.max(5, 50 - Math.floor(nodes / 125)) / 100))

/** 65 for clusters in which not every node is looked at: it goes on until it has found enough, or seen them all. */
export const looksAtEnough = (): (line: Line) => string | undefined => {
  const nodes = new Map<string, Set<string>>()
  const begun = new Map<string, number>()
  const countOf = (actor: string): number => nodes.get(actor)?.size ?? 0
  return ({ actor, entity, event }) => {
    switch (event.type) {
      case "schedulerNode.changed":
        nodes.set(actor, (nodes.get(actor) ?? new Set()).add(entity))
        return undefined
      case "schedulerNode.removed":
        nodes.get(actor)?.delete(entity)
        return undefined
      case "scheduling.began":
        begun.set(actor, countOf(actor))
        return undefined
      case "scheduling.placed": {
        const count = begun.get(actor) ?? 0
        const enough = enoughOf(count)
        return event.feasible === enough || event.feasible < enough && event.evaluated === count ? undefined
          : `${actor} looked at ${event.evaluated} of ${count} nodes, found ${event.feasible} and was content`
      }
      case "scheduling.failed":
        return event.nodes === (begun.get(actor) ?? 0) ? undefined
          : `${actor} speaks of ${event.nodes} nodes and knows ${begun.get(actor)}`
      case "process.crashed":
      case "process.stopped":
        nodes.delete(event.process)
        return undefined
      default:
        return undefined
    }
  }
}
