/**
 * When is a mutated trace no lie? The rule, by kind of mutation; everything else counts as a lie.
 *
 * swap       Neither line happened before the other (Lamport: by cause, and by the order of each chart instance's own
 *            lines): the other order is the same execution, seen otherwise. Or they are independent (Mazurkiewicz): of
 *            one actor in one instant, of two instances, with nothing in common: no name, uid, key or node that both
 *            speak of, and neither about the process as a whole. The cause is then only the place in the program, such
 *            as the turns of a loop, and either order is a lawful one. Or they tell two watchers one and the same
 *            thing: who is told first is nobody's promise.
 * drop       The line is the last of its instance and the cause of none: the trace of a run in which it had not yet
 *            happened.
 * move       The order among the lines of its instance and to its cause and effects stays, and so does, for each limit
 *            that the chart knows, on which side of it the time to each neighbour lies: the same region of the timed
 *            automaton.
 * others     Never.
 */
import { initialTransition, type AnyStateMachine } from "xstate"
import type { Line } from "#model/events.ts"
import { equal } from "#model/objects/equality.ts"
import type { Mutant } from "#properties/harness/strength/teeth/mutate.ts"

const instanceOf = (line: Line): string => `${line.actor} ${line.chart} ${line.entity}`

export interface Order {
  /** seq of the line before and after it in its instance. */
  readonly previous: ReadonlyArray<number | undefined>
  readonly next: ReadonlyArray<number | undefined>
  readonly effects: ReadonlyArray<ReadonlyArray<number>>
}
export const orderOf = (lines: ReadonlyArray<Line>): Order => {
  const last = new Map<string, number>()
  const previous: Array<number | undefined> = []
  const next: Array<number | undefined> = lines.map(() => undefined)
  const effects: Array<Array<number>> = lines.map(() => [])
  for (const line of lines) {
    const before = last.get(instanceOf(line))
    previous.push(before)
    if (before !== undefined) next[before] = line.seq
    if (line.cause !== undefined) effects[line.cause]!.push(line.seq)
    last.set(instanceOf(line), line.seq)
  }
  return { previous, next, effects }
}

/** Whether line a, the earlier, happened before line b. */
const happenedBefore = (lines: ReadonlyArray<Line>, order: Order, a: number, b: number): boolean => {
  const todo = [b]
  const seen = new Set<number>()
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (at === a) return true
    if (at < a || seen.has(at)) continue
    seen.add(at)
    for (const before of [lines[at]!.cause, order.previous[at]]) if (before !== undefined) todo.push(before)
  }
  return false
}

/** Charts whose instance is the process itself: whatever else the process says depends on them. */
const ofWholeProcess: ReadonlySet<string> = new Set([
  "api-server.instance", "api-server.watchCache", "controller-manager.process", "scheduler.process", "scheduler.cycle",
  "kubelet.process", "etcd.raft", "etcd.member", "leader-election.elector", "hardware.machine", "hardware.process"
])

/** Charts whose instances are receivers of news. */
const tellsReceivers: ReadonlySet<string> = new Set(["etcd.watch", "api-server.watch"])

/** Every name in the line: its entity and the strings of its event, whole and in parts. */
const namesIn = (value: unknown, found: Set<string>): Set<string> => {
  if (typeof value === "string") for (const part of [value, ...value.split(/[/:?=,]/)]) found.add(part)
  else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) namesIn(inner, found)
  return found
}
/** Parts of keys that name no thing: every line about a pod or in a namespace has them. */
const commonNames: ReadonlySet<string> = new Set(["", "registry", "pods", "nodes", "replicasets", "leases", "default",
  "kube-system", "status", "binding"])
const namesOf = ({ entity, event }: Line): ReadonlySet<string> => {
  const { type: _type, ...said } = event
  return namesIn(said, namesIn(entity, new Set()))
}

const areIndependent = (a: Line, b: Line): boolean => {
  if (a.at_ms !== b.at_ms || a.actor !== b.actor || instanceOf(a) === instanceOf(b)) return false
  if (ofWholeProcess.has(a.chart) || ofWholeProcess.has(b.chart)) return false
  if (a.chart === b.chart && tellsReceivers.has(a.chart) && equal(a.event, b.event)) return true
  const names = namesOf(a)
  for (const name of namesOf(b)) if (names.has(name) && !commonNames.has(name)) return false
  return true
}

const numbersIn = (value: unknown, found: Set<number>): Set<number> => {
  if (typeof value === "number" && value > 0) found.add(value)
  else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) numbersIn(inner, found)
  }
  return found
}
/** Every number that the chart's memory begins with: its limits, in ms. */
const limitsOf = (chart: AnyStateMachine): ReadonlyArray<number> =>
  [...numbersIn((initialTransition(chart, {})[0] as { context: unknown }).context, new Set())]

export class Equivalence {
  readonly #lines: ReadonlyArray<Line>
  readonly #order: Order
  readonly #charts: Readonly<Record<string, AnyStateMachine>>
  readonly #limits = new Map<string, ReadonlyArray<number>>()

  constructor(lines: ReadonlyArray<Line>, charts: Readonly<Record<string, AnyStateMachine>>) {
    this.#lines = lines
    this.#order = orderOf(lines)
    this.#charts = charts
  }

  isEquivalent({ kind, seq, swappedWith, movedBy_ms }: Mutant): boolean {
    if (kind === "swap") {
      return !happenedBefore(this.#lines, this.#order, seq, swappedWith!)
        || areIndependent(this.#lines[seq]!, this.#lines[swappedWith!]!)
    }
    if (kind === "drop") return this.#order.next[seq] === undefined && this.#order.effects[seq]!.length === 0
    if (kind === "move") return this.#isSameRegion(seq, movedBy_ms!)
    return false
  }

  #limitsOf(chart: string): ReadonlyArray<number> {
    let limits = this.#limits.get(chart)
    if (limits === undefined) {
      const machine = this.#charts[chart]
      this.#limits.set(chart, limits = machine === undefined ? [] : limitsOf(machine))
    }
    return limits
  }

  #isSameRegion(seq: number, by_ms: number): boolean {
    const line = this.#lines[seq]!
    const limits = this.#limitsOf(line.chart)
    const { previous, next, effects } = this.#order
    const now_ms = line.at_ms + by_ms
    const at_ms = (other: number): number => this.#lines[other]!.at_ms
    const before = [line.cause, previous[seq]].filter((one) => one !== undefined)
    const after = [...effects[seq]!, ...(next[seq] === undefined ? [] : [next[seq]])]
    if (before.some((one) => at_ms(one) > now_ms) || after.some((one) => at_ms(one) < now_ms)) return false
    const neighbours = [previous[seq], next[seq], line.cause].filter((one) => one !== undefined)
    return neighbours.every((one) => {
      const was = Math.abs(line.at_ms - at_ms(one))
      const is = Math.abs(now_ms - at_ms(one))
      return limits.every((limit) => (was >= limit) === (is >= limit))
    })
  }
}
