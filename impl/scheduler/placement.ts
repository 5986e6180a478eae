/**
 * One pod against a snapshot: which node, or why none. Pure but for the draw among equals.
 * Source: pkg/scheduler/schedule_one.go findNodesThatPassFilters, numFeasibleNodesToFind, selectHost, v1.36.
 */
import type { Filter } from "#impl/scheduler/filters.ts"
import type { NodeInfo, PodInfo } from "#impl/scheduler/node-info.ts"
import * as limits from "#model/limits/scheduler.ts"

export type Placement =
  | { readonly node: string; readonly feasible: number; readonly evaluated: number }
  | { readonly node: undefined; readonly nodes: number; readonly refusedBy: ReadonlyArray<Filter>
      readonly refused: Readonly<Record<string, number>> }

/** How many feasible nodes are enough to choose from. Small clusters look at all. */
export const enough = (nodes: number): number => {
  if (nodes < limits.feasibleNodes_min) return nodes
  const percent = Math.max(limits.feasibleNodesPercent_min,
    limits.feasibleNodesPercent_base - Math.floor(nodes / limits.nodesPerPercent))
  return Math.max(limits.feasibleNodes_min, Math.floor(nodes * percent / 100))
}

export class Placer {
  readonly #filters: ReadonlyArray<Filter>
  readonly #best: (pod: PodInfo, nodes: ReadonlyArray<NodeInfo>) => ReadonlyArray<NodeInfo>
  readonly #tieBreak: (pod: PodInfo, nodes: ReadonlyArray<NodeInfo>) => NodeInfo
  /** Where the next search begins, so that all nodes get their turn. */
  #start = 0

  constructor(
    filters: ReadonlyArray<Filter>, best: (pod: PodInfo, nodes: ReadonlyArray<NodeInfo>) => ReadonlyArray<NodeInfo>,
    tieBreak: (pod: PodInfo, nodes: ReadonlyArray<NodeInfo>) => NodeInfo
  ) {
    this.#filters = filters
    this.#best = best
    this.#tieBreak = tieBreak
  }

  place(pod: PodInfo, nodes: ReadonlyArray<NodeInfo>): Placement {
    const count = nodes.length
    const wanted = enough(count)
    const feasible: Array<NodeInfo> = []
    const refusals = new Map<Filter, number>()
    let evaluated = 0
    while (evaluated < count && feasible.length < wanted) {
      const node = nodes[(this.#start + evaluated) % count]!
      evaluated++
      const refusing = this.#refusing(pod, node)
      if (refusing === undefined) feasible.push(node)
      else refusals.set(refusing, (refusals.get(refusing) ?? 0) + 1)
    }
    this.#start = count === 0 ? 0 : (this.#start + evaluated) % count
    if (feasible.length > 0) {
      const best = this.#best(pod, feasible)
      const node = best.length === 1 ? best[0]! : this.#tieBreak(pod, best)
      return { node: node.name, feasible: feasible.length, evaluated }
    }
    // In the filters' own order, whichever node came first.
    const refusedBy = this.#filters.filter((filter) => refusals.has(filter))
    const refused: Record<string, number> = {}
    for (const filter of refusedBy) refused[filter.name] = refusals.get(filter)!
    return { node: undefined, nodes: count, refusedBy, refused }
  }

  #refusing(pod: PodInfo, node: NodeInfo): Filter | undefined {
    for (const filter of this.#filters) if (!filter.passes(pod, node)) return filter
    return undefined
  }
}
