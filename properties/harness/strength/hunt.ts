/**
 * Hunts one planted bug: draws runs until one breaks a guarantee that fits the bug, shrinks it, and runs the same
 * inputs without the bug, where nothing may break. Several processes share a hunt: each takes every n-th run.
 */
import { drawRun } from "#properties/harness/draw.ts"
import type { Bug } from "#properties/harness/strength/bugs/bug.ts"
import { run, type Broken, type Options } from "#properties/harness/run.ts"
import { reduce } from "#properties/harness/run/reduce.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"

/** Index of the first run and distance to the next. */
export interface Share {
  readonly first: number
  readonly every: number
}
export const alone: Share = { first: 0, every: 1 }

export interface Sighting {
  /** Number of the run, from 1, as one process alone would count. */
  readonly run: number
  readonly input: RunInput
  readonly broken: Broken
  /** Whether the guarantee that broke is one of those that the catalogue names. */
  readonly isNamed: boolean
}
export interface Search {
  readonly found: Sighting | undefined
  readonly runs: number
  readonly seconds: number
}

/** Whether the guarantee that broke is one that the catalogue names for the bug. */
export const isNamed = ({ names }: Bug, broken: Broken): boolean =>
  names.some((name) => typeof name === "number" ? broken.invariants.includes(name) : broken.property.startsWith(name))

/**
 * Until the time is over. What breaks first in a run may be a consequence far from the cause: then the run goes on, and
 * when nothing that fits breaks in it either, so does the hunt. Such a run is the catch only when there is no better.
 */
export const search = (bug: Bug, seed: number, options: Options, find_ms: number, share: Share = alone): Search => {
  const planted: Options = { ...options, parts: bug.parts }
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  let runs = 0
  let other: Sighting | undefined
  for (let index = share.first; seconds() * 1000 < find_ms; index += share.every) {
    const input = drawRun(seed, index)
    runs++
    const { broken } = run(input, planted)
    if (broken === undefined) continue
    const all = isNamed(bug, broken) ? [broken] : run(input, { ...planted, collect: true }).all
    const fitting = all.find((one) => isNamed(bug, one))
    if (fitting !== undefined) {
      return { found: { run: index + 1, input, broken: fitting, isNamed: true }, runs, seconds: seconds() }
    }
    // Without the bug it may break as well: no catch, but a false alarm, which is looked for afterwards.
    if (other === undefined && run(input, options).broken === undefined) {
      other = { run: index + 1, input, broken, isNamed: false }
    }
  }
  return { found: other, runs, seconds: seconds() }
}

export const shrunk = (bug: Bug, { broken, input }: Sighting, options: Options, shrink_ms: number): RunInput =>
  reduce(input, broken, { ...options, parts: bug.parts }, shrink_ms).input

/** What breaks in the first `runs` runs of the seed with nothing planted: a defect of Plimsoll. */
export const alarms = (seed: number, options: Options, runs: number, share: Share = alone): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (let index = share.first; index < runs; index += share.every) {
    const { broken } = run(drawRun(seed, index), options)
    if (broken !== undefined) found.push(`run ${index + 1}: ${broken.kind} ${broken.property}`)
  }
  return found
}
