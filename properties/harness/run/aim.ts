/**
 * Aims an input by events: what strikes at a time of the world is made to wait for a line of the run instead, so that
 * the situation comes about again when names, chances and the length of steps have changed.
 *
 * What is kept of a failure must outlive the next change of the cluster. Nobody knows that change, but other seeds are
 * a stand-in for it: they draw other names, latencies and places. Of the lines shortly before an instant that one is
 * taken with which the situation comes about for most seeds.
 */
import type { Line } from "#model/events.ts"
import type { Moment } from "#model/events/moment.ts"
import { run, type Options } from "#properties/harness/run.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"
import { Names } from "#traces/names.ts"

type Waits = RunInput["faults"][number] | RunInput["operations"][number]
/** Whether the situation comes about in the run of this input. */
export type Comes = (input: RunInput) => boolean

export interface Aimed {
  readonly input: RunInput
  /** Of so many seeds, in how many the situation came about before and after. */
  readonly seeds: number
  readonly before: number
  readonly after: number
}

const seeds = 8 // ASSUMED: tells an aim that seldom fails from one that does half of the time.
const lines_max = 16 // ASSUMED: a cause further back has a nearer consequence.
const back_ms = 60_000 // ASSUMED
/** Whichever of its processes leads, or is asked. Nodes have names of their own. */
const interchangeable: ReadonlySet<string> = new Set(["scheduler", "controller-manager", "api-server"])
/** Too many, about nothing that is found again, or told at a time and not when something happened. */
const noise: ReadonlySet<string> = new Set(["etcd.request", "etcd.watch", "api-server.watch", "leader-election.lease",
  "run.phase"])
const isNoise = ({ chart, event }: Line): boolean =>
  noise.has(chart) || event.type === "entry.applied" || event.type === "reflector.reported"

/** Moments that the instant of `id` could be called, the nearest first. */
const momentsBefore = (input: RunInput, id: number, options: Options): ReadonlyArray<Moment> => {
  const names = new Names()
  const counts = new Map<string, number>()
  const last = new Map<string, { readonly moment: Omit<Moment, "delay_ms">; readonly at_ms: number }>()
  let at_ms: number | undefined
  run(input, { ...options, record: (line) => {
    if (at_ms !== undefined) return
    names.hear(line)
    const { type } = line.event
    if ((type === "fault.injected" || type === "operation.invoked") && line.entity === String(id)) {
      at_ms = line.at_ms
      return
    }
    if (isNoise(line)) return
    const component = line.actor.split("/")[0]!
    const actor = interchangeable.has(component) ? component : line.actor
    const of = names.about(line)
    const key = `${actor} ${type} ${of}`
    const nth = 1 + (counts.get(key) ?? 0)
    counts.set(key, nth)
    last.delete(key)
    last.set(key, { moment: { actor, event: type, of, nth }, at_ms: line.at_ms })
  } })
  if (at_ms === undefined) return []
  const struck_ms = at_ms
  return [...last.values()].reverse().filter((one) => struck_ms - one.at_ms <= back_ms).slice(0, lines_max)
    .map((one) => ({ ...one.moment, delay_ms: struck_ms - one.at_ms }))
}

const aimedAt = (one: Waits, upon: Moment): Waits => {
  const self = "process" in one && one.process.startsWith(`${upon.actor}/`) ? { process: upon.actor } : {}
  return { ...one, ...self, at_ms: 0, upon } as Waits
}

const replaced = (input: RunInput, old: Waits, by: Waits): RunInput => ({
  ...input, operations: input.operations.map((one) => one === old ? by as typeof one : one),
  faults: input.faults.map((one) => one === old ? by as typeof one : one)
})

/** `comes` must hold for the input itself; `isOver` ends the search with the best so far. */
export const aim = (input: RunInput, comes: Comes, options: Options, isOver: () => boolean): Aimed => {
  const score = (one: RunInput, least: number): number => {
    if (!comes(one)) return -1
    let hits = 0
    for (let i = 1; i <= seeds && hits + seeds - i + 1 >= least; i++) {
      if (comes({ ...one, seed: (input.seed + i) % 0x7fff_ffff })) hits++
    }
    return hits
  }
  const before = score(input, 0)
  if (before < 0) throw new Error("the situation does not come about in the input that is to be aimed")
  let best = input
  let most = before
  for (const one of [...input.operations, ...input.faults]) {
    if (one.upon?.of !== undefined) continue
    const start = best
    for (const moment of momentsBefore(start, one.id, options)) {
      // What comes about for all of them needs no aim: a time of the world depends on nothing else.
      if (isOver() || most === seeds) break
      const candidate = replaced(start, one, aimedAt(one, moment))
      const hits = score(candidate, most + 1)
      if (hits <= most) continue
      most = hits
      best = candidate
    }
  }
  return { input: best, seeds, before, after: most }
}
