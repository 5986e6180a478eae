/**
 * For tests: histories of a store that works, of one with an answer bent, and an oracle that tries every order. It
 * shares nothing with the search and its models but the words for steps.
 */
import type { Operation } from "#properties/cluster/linearizability/any-model.ts"
import type { Step } from "#properties/cluster/linearizability/transactions.ts"

export type Done = Omit<Operation, "what"> & { readonly steps: ReadonlyArray<Step> }
export type Play = ReadonlyArray<Done>

/** A small generator of our own, so that a history is its seed's. */
export const dice = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor(state / 0x1_0000_0000 * below)
  }
}

/** Applies the steps to what is there, as a store does; undefined: a read saw something else. */
const applied = (store: ReadonlyMap<string, ReadonlyArray<string>>, steps: ReadonlyArray<Step>) => {
  const next = new Map(store)
  for (const step of steps) {
    const held = next.get(step.key) ?? []
    if (step.type === "read" && held[0] !== step.holds) return undefined
    if (step.type === "readList" && held.join() !== step.holds.join()) return undefined
    if (step.type === "cas" && held[0] !== step.from) return undefined
    if (step.type === "append") next.set(step.key, [...held, step.element])
    if (step.type === "write") next.set(step.key, [step.value!])
    if (step.type === "cas") next.set(step.key, [step.to!])
  }
  return next
}

/** Every order that time allows; of those without an answer every choice of which happened. */
export const isLegal = (operations: Play): boolean => {
  const go = (left: Play, store: ReadonlyMap<string, ReadonlyArray<string>>): boolean => {
    const known = left.filter(({ answered }) => answered !== undefined)
    if (known.length === 0) return true
    const first = Math.min(...known.map(({ answered }) => answered!))
    return left.some((op) => {
      const next = op.invoked < first ? applied(store, op.steps) : undefined
      return next !== undefined && go(left.filter((one) => one !== op), next)
    })
  }
  return go(operations, new Map())
}

export type Kind = "register" | "list" | "transactions"
/** What is asked for; an answer is what the store held when it was served. */
const asked = (kind: Kind, roll: (below: number) => number, id: number): ReadonlyArray<Step> => {
  const one = (key: string): Step => {
    if (kind === "register") {
      const value = () => String(1 + roll(3))
      return [{ type: "read", key, holds: undefined }, { type: "write", key, value: value() },
        { type: "cas", key, from: value(), to: value() }][roll(3)] as Step
    }
    return roll(2) === 0 ? { type: "append", key, element: `e${id}` } : { type: "readList", key, holds: [] }
  }
  return kind !== "transactions" ? [one("x")]
    : Array.from({ length: 1 + roll(2) }, (_, i) => one(["x", "y"][(i + roll(2)) % 2]!))
}

/** A store that works, served at one moment of each operation; `width` of them under way. One of `lost` answers is. */
export const served = (kind: Kind, seed: number, size: number, width: number, lost = 8): Play => {
  const roll = dice(seed)
  const store = new Map<string, ReadonlyArray<string>>()
  interface Open { readonly steps: ReadonlyArray<Step>; readonly invoked: number
    answer: ReadonlyArray<Step> | undefined; isRefused: boolean }
  const serve = (open: Open): void => {
    const before = new Map(store)
    open.answer = open.steps.map((step): Step => {
      const held = store.get(step.key) ?? []
      if (step.type === "read") return { ...step, holds: held[0] }
      if (step.type === "readList") return { ...step, holds: held }
      if (step.type === "write") store.set(step.key, [step.value!])
      if (step.type === "append") store.set(step.key, [...held, step.element])
      if (step.type === "cas") {
        if (held[0] === step.from) store.set(step.key, [step.to!])
        else open.isRefused = true
      }
      return step
    })
    if (open.isRefused) for (const [key, held] of before) store.set(key, held)
  }
  const done: Array<Done> = []
  const open: Array<Open> = []
  let [time, begun] = [0, 0]
  const end = (one: Open, isKnown: boolean): void => {
    open.splice(open.indexOf(one), 1)
    if (one.isRefused && isKnown) return
    const steps = isKnown ? one.answer! : one.steps.filter(({ type }) => !type.startsWith("read"))
    if (steps.length > 0) done.push({ steps, invoked: one.invoked, answered: isKnown ? time : undefined })
  }
  while (begun < size || open.length > 0) {
    time++
    const which = roll(3)
    const one = open[roll(open.length || 1)]
    if (which === 0 && begun < size && open.length < width) {
      open.push({ steps: asked(kind, roll, begun++), invoked: time, answer: undefined, isRefused: false })
    } else if (one !== undefined && one.answer === undefined && which === 1) serve(one)
    else if (one !== undefined && one.answer !== undefined) end(one, roll(lost) > 0)
    else if (one !== undefined && roll(12) === 0) end(one, false)
  }
  return done
}

/** One read saw something else. */
export const bent = (play: Play, seed: number): Play => {
  const roll = dice(seed)
  const reads = play.filter(({ answered, steps }) =>
    answered !== undefined && steps.some(({ type }) => type.startsWith("read")))
  const one = reads[roll(reads.length || 1)]
  const bend = (step: Step): Step => step.type === "read" ? { ...step, holds: [undefined, "1", "2", "3"][roll(4)] }
    : step.type !== "readList" ? step
    : { ...step, holds: roll(2) === 0 ? step.holds.slice(0, -1) : [...step.holds].reverse() }
  return play.map((op) => op === one ? { ...op, steps: op.steps.map(bend) } : op)
}
