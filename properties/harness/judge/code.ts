/**
 * A chart's guards and actions as plain closures over one reused record, so that a step allocates nothing but the
 * context it changes. Guards and actions have names; a guard is a function, an action assigns or emits or is a lawful
 * nothing. The rest is refused when the chart is compiled.
 */
import type { AnyStateMachine } from "xstate"

/** What a running step holds. One per compiled chart, reused. */
export interface Run {
  /** What guards and actions receive. `context` is the latest. */
  readonly args: { context: any; event: any }
  readonly outputs: Array<any>
}
export type Guard = (run: Run) => boolean
export type Action = (run: Run) => void

export class UnsupportedChart extends Error {
  override readonly name = "UnsupportedChart"
}

/** The name as `setup` knows it: what is written inline or takes parameters vanishes from drawings and messages. */
const nameOf = (machine: AnyStateMachine, what: "guard" | "action", given: unknown): string => {
  if (typeof given === "string") return given
  throw new UnsupportedChart(`${machine.id}: ${what} ${JSON.stringify(given) ?? "as a function"} ` +
    "stands inline or has parameters; give it a name in setup")
}

export const compileGuard = (machine: AnyStateMachine, guard: unknown): Guard | undefined => {
  if (guard === undefined) return undefined
  const name = nameOf(machine, "guard", guard)
  const implementation = (machine.implementations as any).guards[name]
  if (implementation === undefined) throw new UnsupportedChart(`${machine.id}: guard "${name}" is not implemented`)
  if (typeof implementation !== "function" || "check" in implementation) {
    throw new UnsupportedChart(`${machine.id}: guard "${name}" combines others; write it as one function`)
  }
  return (run) => Boolean(implementation(run.args))
}

export const compileActions = (machine: AnyStateMachine, actions: ReadonlyArray<unknown>): Array<Action> =>
  actions.flatMap((action) => compileAction(machine, nameOf(machine, "action", action)) ?? [])

const compileAction = (machine: AnyStateMachine, name: string): Action | undefined => {
  const implementation = (machine.implementations as any).actions[name]
  if (implementation === undefined) throw new UnsupportedChart(`${machine.id}: action "${name}" is not implemented`)
  // A plain function is a side effect, which a pure step does not execute: it only makes a lawful nothing.
  if (!("resolve" in implementation)) return undefined
  switch (implementation.type) {
    case "xstate.assign": return compileAssign(implementation.assignment)
    case "xstate.emit": {
      const event = implementation.event
      return (run) => void run.outputs.push(typeof event === "function" ? event(run.args) : event)
    }
    default: throw new UnsupportedChart(`${machine.id}: action "${name}" is ${implementation.type}; ` +
      "a chart is pure: it assigns and emits")
  }
}

const compileAssign = (assignment: any): Action => {
  if (typeof assignment === "function") {
    return (run) => {
      run.args.context = { ...run.args.context, ...assignment(run.args) }
    }
  }
  const keys = Object.keys(assignment)
  const values = keys.map((key) => assignment[key])
  return (run) => {
    const context = { ...run.args.context }
    for (let i = 0; i < keys.length; i++) {
      const value = values[i]
      context[keys[i]!] = typeof value === "function" ? value(run.args) : value
    }
    run.args.context = context
  }
}
