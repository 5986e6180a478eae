/**
 * Hunts one planted bug: draws runs until one breaks, shrinks it, names what broke, and runs the same inputs without
 * the bug, where nothing may break.
 */
import { drawRun } from "#properties/arbitraries.ts"
import type { Bug } from "#properties/bugs/bug.ts"
import { run, type Broken, type Options } from "#properties/harness.ts"
import type { RunInput } from "#properties/run-input.ts"
import { reduce } from "#properties/harness/reduce.ts"

export interface Budget {
  readonly find_ms: number
  readonly shrink_ms: number
}

export interface Catch {
  readonly bug: string
  /** Undefined: not found within the budget. */
  readonly found: {
    readonly runs: number
    readonly seconds: number
    readonly broken: Omit<Broken, "line">
    /** Whether the guarantee that broke is one of those that the catalogue names. */
    readonly isNamed: boolean
    readonly input: RunInput
    readonly shrunk: RunInput
    readonly shrinkSeconds: number
  } | undefined
  readonly runs: number
  readonly seconds: number
  /** What broke in the same runs with nothing planted: a defect of the harness. */
  readonly falseAlarms: ReadonlyArray<string>
}

const isNamed = ({ names }: Bug, broken: Broken): boolean =>
  names.some((name) => typeof name === "number" ? broken.invariants.includes(name) : broken.property.startsWith(name))

const keyOf = (broken: Broken): string => `${broken.kind} ${broken.property}`

const withoutLine = ({ line: _, ...rest }: Broken): Omit<Broken, "line"> => ({ ...rest, message: rest.message.split("\n")[0]! })

/** `options` are those of the healthy cluster; the bug's parts are added for the hunt. */
export const hunt = (bug: Bug, seed: number, options: Options, budget: Budget): Catch => {
  const planted: Options = { ...options, parts: bug.parts }
  const began = performance.now()
  const elapsed = (): number => performance.now() - began
  const inputs: Array<RunInput> = []
  let broken: Broken | undefined
  while (broken === undefined && elapsed() < budget.find_ms) {
    const input = drawRun(seed, inputs.length)
    inputs.push(input)
    broken = run(input, planted).broken
  }
  const seconds = elapsed() / 1000
  let found: Catch["found"]
  if (broken !== undefined) {
    const input = inputs.at(-1)!
    const shrinkBegan = performance.now()
    const small = reduce(input, broken, planted, budget.shrink_ms)
    found = {
      runs: inputs.length, seconds, broken: withoutLine(broken), isNamed: isNamed(bug, broken), input, shrunk: small.input,
      shrinkSeconds: (performance.now() - shrinkBegan) / 1000
    }
  }
  const falseAlarms = inputs.flatMap((input) => {
    const alarm = run(input, options).broken
    return alarm === undefined ? [] : [keyOf(alarm)]
  })
  return { bug: bug.id, found, runs: inputs.length, seconds, falseAlarms }
}
