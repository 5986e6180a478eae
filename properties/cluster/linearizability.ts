/**
 * Operations on keys, as etcd's client saw them, are linearizable: each appears to happen at one moment between its
 * beginning and its answer, on the state that the ones before it left. Operations without an answer may happen at any
 * later moment, or never. Serializable reads promise none of this and are left out.
 */
import type { Line } from "#model/events.ts"
import { ByActor } from "#properties/by-actor.ts"
import {
  beginning, search, type Configuration, type Known, type Unknown
} from "#properties/cluster/linearizability/search.ts"
import { always, sometimes, type Always, type GiveUp, type Property } from "#properties/property.ts"

/** Configurations of one window beyond which the key is given up: nothing is claimed about it any more. */
const budget = 100_000

type Invoked = Extract<Line["event"], { readonly type: "kv.invoked" }>
type Returned = Extract<Line["event"], { readonly type: "kv.returned" }>

interface Pending {
  readonly op: Invoked
  readonly seq: number
}
interface Key {
  configurations: ReadonlyArray<Configuration>
  window: Array<Known>
  under_way: number
  /** The highest revision answered in closed windows. */
  floor: number
  isGivenUp: boolean
  unknown: Array<Unknown>
}

const makeKey = (): Key => ({ configurations: [beginning], window: [], under_way: 0, floor: 0,
  isGivenUp: false, unknown: [] })

const isWrite = (op: Invoked): boolean => op.kind === "put" || op.kind === "txn" || op.kind === "delete"

const kindOf = (op: Invoked, outcome: "ok" | "failed"): Known["kind"] => outcome === "failed" ? "failed"
  : op.kind === "delete" ? "delete" : isWrite(op) ? "write" : "read"

/** Follows the pending operations; `done` gets each with its answer, undefined when there will be none. */
const follow = (
  begun: (pending: Pending) => void,
  done: (pending: Pending, answer: Returned | undefined, seq: number) => string | undefined
) => {
  const pending = new ByActor<Pending>()
  return (line: Line): string | undefined => {
    const { event } = line
    if (event.type === "kv.invoked") {
      if (!event.linearizable) return undefined
      const one = { op: event, seq: line.seq }
      pending.set(line.actor, event.id, one)
      begun(one)
    } else if (event.type === "kv.returned") {
      const one = pending.take(line.actor, event.id)
      return one === undefined ? undefined : done(one, event.outcome === "unknown" ? undefined : event, line.seq)
    } else if (event.type === "process.crashed" || event.type === "process.stopped") {
      for (const [name, one] of pending.of(event.process)) {
        pending.take(event.process, name)
        const wrong = done(one, undefined, line.seq)
        if (wrong !== undefined) return wrong
      }
    }
    return undefined
  }
}

const heardByFollow = ["kv.", "process.crashed", "process.stopped"]

const close = (
  name: string, key: Key, known: ReadonlySet<number>, configurations_max: number, giveUp: GiveUp | undefined
): string | undefined => {
  if (key.window.length === 0) return undefined
  const unknown = key.unknown
  const start = unknown.length === 0 ? key.configurations
    : key.configurations.map((one) => ({ ...one, unknown: [...one.unknown, ...unknown] }))
  const verdict = search(start, key.window, key.floor, known, configurations_max)
  if (verdict.type === "violation") return `${name}: ${verdict.reason}`
  if (verdict.type === "outOfBudget") {
    key.isGivenUp = true
    giveUp?.(`${name}: ${configurations_max} configurations do not decide its history`)
  } else key.configurations = verdict.configurations
  for (const { revision } of key.window) key.floor = Math.max(key.floor, revision)
  key.window = []
  key.unknown = []
  return undefined
}

const answered = (
  key: Key, known: Set<number>, { op, seq: invoked }: Pending, answer: Returned, returned: number
): void => {
  const outcome = answer.outcome === "failed" ? "failed" : "ok"
  const kind = kindOf(op, outcome)
  if (kind === "write" || (kind === "delete" && (op.expected ?? 0) > 0)) known.add(answer.revision)
  key.window.push({ kind, expected: op.expected, modRevision: answer.modRevision, revision: answer.revision, invoked,
    returned })
}

/** `configurations_max`: beyond so many of one window a key is given up, and said to be. */
export const linearizable = (configurations_max: number): Always =>
  always("operations on a key are linearizable", [2], (_history, giveUp) => {
    const keys = new Map<string, Key>()
    /** The revisions of all known changes, of any key: each changes one. */
    const known = new Set<number>()
    let ids = 0
    return follow(
      ({ op }) => {
        const key = keys.get(op.key)
        if (key === undefined) keys.set(op.key, { ...makeKey(), under_way: 1 })
        else key.under_way++
      },
      (pending, answer, seq) => {
        const { op } = pending
        const key = keys.get(op.key)!
        key.under_way--
        if (key.isGivenUp) return undefined
        if (answer !== undefined) answered(key, known, pending, answer, seq)
        else if (isWrite(op)) {
          key.unknown.push({ id: ids++, kind: op.kind === "delete" ? "delete" : "write", expected: op.expected,
            invoked: pending.seq })
        }
        return key.under_way > 0 ? undefined : close(op.key, key, known, configurations_max, giveUp)
      }
    )
  }, heardByFollow)

export const properties: ReadonlyArray<Property> = [
  linearizable(budget),
  always("no operation sees the store earlier than an operation that was answered before it began", [2], () => {
    let latest = 0
    let latestOf = ""
    const floors = new Map<Invoked, { readonly revision: number; readonly of: string }>()
    return follow(
      ({ op }) => void floors.set(op, { revision: latest, of: latestOf }),
      ({ op }, answer) => {
        const floor = floors.get(op)!
        floors.delete(op)
        if (answer === undefined) return undefined
        const isNew = isWrite(op) && answer.outcome === "ok" && op.kind !== "delete"
        if (answer.revision > latest) {
          latest = answer.revision
          latestOf = op.id
        }
        return answer.revision < floor.revision || (isNew && answer.revision === floor.revision)
          ? `${op.kind} ${op.key} (${op.id}) saw revision ${answer.revision}, after ${floor.of} saw ${floor.revision}`
          : undefined
      }
    )
  }, heardByFollow),

  sometimes("the outcome of a write is unknown", () => {
    const writing = new ByActor<true>()
    return ({ actor, event }) => {
      if (event.type === "kv.invoked" && isWrite(event)) writing.set(actor, event.id, true)
      return event.type === "kv.returned" && writing.take(actor, event.id) === true && event.outcome === "unknown"
    }
  }, ["kv."]),
  sometimes("a conditional write fails", () =>
    ({ event }) => event.type === "kv.returned" && event.outcome === "failed", ["kv.returned"])
]
