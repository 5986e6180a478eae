/**
 * How much of the charts a campaign has walked: (chart, state, event) triples, and single transitions (a triple may
 * have several, one per guard). Counts of several runs, also of several processes, are added.
 */
import type { CompiledChart, Plan } from "#properties/harness/judge/compile.ts"
import type { Transition } from "#properties/harness/judge/structure.ts"

/** What only a trace that begins in the midst has: no run of ours comes to it, so it is not counted. */
const onlyForeign: ReadonlySet<string> = new Set(["object.seen"])
const isOwn = ({ descriptor }: { readonly descriptor: string }): boolean => !onlyForeign.has(descriptor)

export interface ChartCoverage {
  readonly triples: Uint32Array
  readonly transitions: Uint32Array
}
/** Counts by chart, as plain arrays: what crosses between processes. */
export type CoverageCounts = Readonly<Record<string,
  { readonly triples: ReadonlyArray<number>; readonly transitions: ReadonlyArray<number> }>>

export class Coverage {
  readonly #charts = new Map<string, CompiledChart>()
  readonly #counts = new Map<string, ChartCoverage>()
  /** By chart: the counts at the last asking for rarity, and at how many a transition had come. */
  readonly #asked = new Map<string, { readonly before: Uint32Array; readonly times: Uint32Array }>()

  /** Makes the chart's triples part of what is reachable. */
  register(name: string, chart: CompiledChart): ChartCoverage {
    let counts = this.#counts.get(name)
    if (counts === undefined) {
      counts = { triples: new Uint32Array(chart.structure.triples.length),
        transitions: new Uint32Array(chart.structure.transitions.length) }
      this.#counts.set(name, counts)
      this.#charts.set(name, chart)
    }
    return counts
  }

  get reachable(): number {
    return sum(this.#charts, (chart) => chart.structure.triples.filter(isOwn).length)
  }
  get reached(): number {
    return sum(this.#counts, (counts) => counts.triples.filter((n) => n > 0).length)
  }
  get transitions(): { readonly reached: number; readonly reachable: number } {
    return { reached: sum(this.#counts, (counts) => counts.transitions.filter((n) => n > 0).length),
      reachable: sum(this.#charts, (chart) => chart.structure.transitions.filter(isOwn).length) }
  }

  /** "chart  state  event" of each triple never reached, in the charts' order. */
  unreached(): ReadonlyArray<string> {
    return [...this.#counts].flatMap(([name, { triples }]) =>
      this.#charts.get(name)!.structure.triples.flatMap(({ leaf, descriptor }, i) =>
        triples[i] === 0 && isOwn({ descriptor }) ? `${name}  ${leaf.path}  ${descriptor}` : []))
  }

  /** "chart  state --event [guard]--> target" of each transition, and how often it was taken, in the charts' order. */
  taken(): ReadonlyArray<{ readonly name: string; readonly count: number }> {
    return [...this.#counts].flatMap(([name, { transitions }]) =>
      this.#charts.get(name)!.structure.transitions.flatMap((transition, i) => isOwn(transition)
        ? [{ name: `${name}  ${drawn(transition)}`, count: transitions[i]! }] : []))
  }

  /** Over the transitions that were taken since the last asking: the sum of 1 / the askings that found each taken. */
  rarity(): number {
    let sum = 0
    for (const [name, { transitions }] of this.#counts) {
      let asked = this.#asked.get(name)
      if (asked === undefined) {
        asked = { before: new Uint32Array(transitions.length), times: new Uint32Array(transitions.length) }
        this.#asked.set(name, asked)
      }
      for (let i = 0; i < transitions.length; i++) {
        if (transitions[i] === asked.before[i]) continue
        asked.before[i] = transitions[i]!
        sum += 1 / ++asked.times[i]!
      }
    }
    return sum
  }

  untaken(): ReadonlyArray<string> {
    return this.taken().filter(({ count }) => count === 0).map(({ name }) => name)
  }

  counts(): CoverageCounts {
    return Object.fromEntries([...this.#counts].map(([name, { triples, transitions }]) =>
      [name, { triples: [...triples], transitions: [...transitions] }]))
  }
  add(counts: CoverageCounts): void {
    for (const [name, theirs] of Object.entries(counts)) {
      const ours = this.#counts.get(name)
      if (ours === undefined) throw new Error(`coverage of a chart that is not registered: ${name}`)
      for (const [i, n] of theirs.triples.entries()) ours.triples[i]! += n
      for (const [i, n] of theirs.transitions.entries()) ours.transitions[i]! += n
    }
  }
}

export const mark = (counts: ChartCoverage, plan: Plan): void => {
  for (const triple of plan.triples) counts.triples[triple]!++
  for (const transition of plan.transitions) counts.transitions[transition.index]!++
}

const drawn = ({ source, descriptor, target, guard }: Transition): string =>
  `${source.path || "(root)"} --${descriptor}${guard === undefined ? "" : ` [${String(guard)}]`}--> ` +
    ((target ?? source).path || "(root)")

const sum = <A>(all: ReadonlyMap<string, A>, of: (one: A) => number): number => {
  let total = 0
  for (const one of all.values()) total += of(one)
  return total
}
