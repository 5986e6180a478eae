/**
 * A chart's guards and actions as plain closures over one reused record, so that a step allocates nothing but the
 * context it changes. Only what a pure chart may contain is accepted; the rest is refused when the chart is compiled.
 */
import type { AnyStateMachine } from "xstate"

/** What a running step holds. One per compiled chart, reused. */
export interface Run {
  /** What guards and actions receive. `context` is the latest. */
  readonly args: { context: any; event: any }
  /** Is this node part of the state that the step began in? For stateIn. */
  isIn: (stateValue: unknown) => boolean
  readonly outputs: Array<any>
  readonly queue: Array<any>
  /** Whether an assignment ran: XState looks again for eventless transitions only when the snapshot changed. */
  assigned: boolean
}
export type Guard = (run: Run) => boolean
export type Action = (run: Run) => void

export class UnsupportedChart extends Error {
  override readonly name = "UnsupportedChart"
}

export const compileGuard = (machine: AnyStateMachine, guard: any): Guard | undefined => {
  if (guard === undefined) return undefined
  const name = typeof guard === "string" ? guard : guard.type
  const implementation = typeof guard === "function" ? guard : (machine.implementations as any).guards[name]
  if (implementation === undefined) throw new UnsupportedChart(`${machine.id}: guard "${name}" is not implemented`)
  if (typeof implementation !== "function") return compileGuard(machine, implementation)
  if ("check" in implementation) return compileCombinator(machine, implementation)
  const params = typeof guard === "object" ? guard.params : undefined
  if (typeof params === "function") return (run) => Boolean(implementation(run.args, params(run.args)))
  return (run) => Boolean(implementation(run.args, params))
}

/** and, or, not, stateIn: functions that carry what they combine. */
const compileCombinator = (machine: AnyStateMachine, guard: any): Guard => {
  if ("stateValue" in guard) return (run) => run.isIn(guard.stateValue)
  const parts: Array<Guard> = guard.guards.map((g: unknown) => compileGuard(machine, g))
  if (guard.name === "not") return (run) => !parts[0]!(run)
  if (guard.name === "and") return (run) => parts.every((part) => part(run))
  if (guard.name === "or") return (run) => parts.some((part) => part(run))
  throw new UnsupportedChart(`${machine.id}: a guard of the kind "${guard.name}" cannot be judged`)
}

/** A guard's name for people: `expired`, `not(mine)`, `atLeast({"n":2})`. */
export const guardName = (guard: any): string => {
  if (guard === undefined) return ""
  if (typeof guard === "string") return guard
  if (typeof guard === "object") {
    return guard.params === undefined || typeof guard.params === "function" ? guard.type
      : `${guard.type}(${JSON.stringify(guard.params)})`
  }
  if ("stateValue" in guard) return `in ${JSON.stringify(guard.stateValue)}`
  return "guards" in guard ? `${guard.name}(${guard.guards.map(guardName).join(", ")})` : guard.name || "<inline>"
}

export const compileActions = (machine: AnyStateMachine, actions: ReadonlyArray<any>): Array<Action> =>
  actions.flatMap((action) => compileAction(machine, action) ?? [])

const compileAction = (machine: AnyStateMachine, action: any): Action | undefined => {
  const name = typeof action === "string" ? action : action.type
  const implementation = typeof action === "function" ? action : (machine.implementations as any).actions[name]
  if (implementation === undefined) throw new UnsupportedChart(`${machine.id}: action "${name}" is not implemented`)
  // A plain function is a side effect, which a pure step does not execute: it only makes a lawful nothing.
  if (!("resolve" in implementation)) return undefined
  const given = typeof action === "object" ? action.params : undefined
  const params: (run: Run) => any = typeof given === "function" ? (run) => given(run.args) : () => given
  switch (implementation.type) {
    case "xstate.assign": return compileAssign(implementation.assignment, params)
    case "xstate.emit": {
      const event = implementation.event
      return (run) => void run.outputs.push(typeof event === "function" ? event(run.args, params(run)) : event)
    }
    case "xstate.raise": {
      if (implementation.delay !== undefined) throw new UnsupportedChart(`${machine.id}: "${name}" raises with a delay`)
      const event = implementation.event
      return (run) => void run.queue.push(typeof event === "function" ? event(run.args, params(run)) : event)
    }
    case "xstate.enqueueActions": return compileEnqueue(machine, implementation.collect, params)
    case "xstate.log": return undefined
    default: throw new UnsupportedChart(`${machine.id}: action "${name}" is ${implementation.type}; a chart is pure`)
  }
}

const compileAssign = (assignment: any, params: (run: Run) => any): Action => {
  if (typeof assignment === "function") {
    return (run) => assigned(run, { ...run.args.context, ...assignment(run.args, params(run)) })
  }
  const keys = Object.keys(assignment)
  const values = keys.map((key) => assignment[key])
  return (run) => {
    const given = params(run)
    const context = { ...run.args.context }
    for (let i = 0; i < keys.length; i++) {
      const value = values[i]
      context[keys[i]!] = typeof value === "function" ? value(run.args, given) : value
    }
    assigned(run, context)
  }
}

const assigned = (run: Run, context: unknown): void => {
  run.args.context = context
  run.assigned = true
}

/** The actions that it collects are resolved afterwards, in order, each on the context of the one before. */
const compileEnqueue = (machine: AnyStateMachine, collect: any, params: (run: Run) => any): Action => {
  const known = new Map<unknown, Action | undefined>()
  const compiled = (action: any): Action | undefined => {
    if (typeof action !== "string") return compileAction(machine, action)
    if (!known.has(action)) known.set(action, compileAction(machine, action))
    return known.get(action)
  }
  return (run) => {
    const queued: Array<Action> = []
    const enqueue = (action: any): void => {
      const code = compiled(action)
      if (code !== undefined) queued.push(code)
    }
    enqueue.assign = (assignment: any) => void queued.push(compileAssign(assignment, () => undefined))
    enqueue.emit = (event: any) =>
      void queued.push((r) => void r.outputs.push(typeof event === "function" ? event(r.args) : event))
    enqueue.raise = (event: any) =>
      void queued.push((r) => void r.queue.push(typeof event === "function" ? event(r.args) : event))
    const check = (guard: any): boolean => compileGuard(machine, guard)!(run)
    collect({ ...run.args, enqueue, check, self: undefined, system: undefined }, params(run))
    for (const action of queued) action(run)
  }
}
