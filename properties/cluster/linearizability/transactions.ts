/**
 * A model for any-model.ts: an object of some keys, each a register or a list that grows; an operation is a transaction
 * of reads, writes, compare-and-swaps and appends that happens at one moment. One key and one step make the plain
 * register.
 *
 * What a list held at each moment is told by the longest that anybody read: every list that was read is a beginning of
 * it, so an element in it was appended at its place, and one that is not in it came after all that is. What a list
 * holds is thus a number, how many of the longest it has, and appends need not be tried in every order.
 */
import type { Model } from "#properties/cluster/linearizability/any-model.ts"

/** Values are text, alike if and only if they are equal. Absent: a key that nobody wrote. */
export type Step =
  | { readonly type: "read"; readonly key: string; readonly holds: string | undefined }
  | { readonly type: "readList"; readonly key: string; readonly holds: ReadonlyArray<string> }
  | { readonly type: "write"; readonly key: string; readonly value: string | undefined }
  | { readonly type: "cas"; readonly key: string; readonly from: string | undefined; readonly to: string | undefined }
  | { readonly type: "append"; readonly key: string; readonly element: string }

/** Of what nobody wrote, and of the empty list. */
const nothing = 0
/** Of a list that is no beginning of the longest. */
const never = -1

/** A step, with the key's place and numbers for what keys hold. */
type Compiled =
  | { readonly type: "read" | "write"; readonly at: number; readonly held: number }
  | { readonly type: "cas"; readonly at: number; readonly from: number; readonly to: number }
  | { readonly type: "append"; readonly at: number; readonly element: string; readonly longest: ReadonlyArray<string> }

const longestOf = (all: ReadonlyArray<ReadonlyArray<Step>>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const longest = new Map<string, ReadonlyArray<string>>()
  for (const step of all.flat()) {
    const holds = step.type === "readList" ? step.holds : step.type === "append" ? [] : undefined
    if (holds !== undefined && holds.length >= (longest.get(step.key)?.length ?? 0)) longest.set(step.key, holds)
  }
  return longest
}

export class Transactions implements Model {
  readonly initial = 0
  readonly #keys: ReadonlyArray<string>
  readonly #longest: ReadonlyMap<string, ReadonlyArray<string>>
  /** What a register may hold, as text. */
  readonly #held: Array<string> = ["nil"]
  readonly #heldBy = new Map<string, number>()
  readonly #states: Array<ReadonlyArray<number>>
  readonly #stateBy = new Map<string, number>()
  readonly #whats: Array<ReadonlyArray<Compiled>> = []
  readonly #whatBy = new Map<string, number>()
  readonly #left = new Map<string, number | undefined>()

  /** `all`: what every operation of the history does. `initial`: what every register holds at first. */
  constructor(all: ReadonlyArray<ReadonlyArray<Step>>, initial?: string) {
    this.#longest = longestOf(all)
    this.#keys = [...new Set(all.flat().map(({ key }) => key))].sort()
    const first = this.#keys.map((key) => this.#longest.has(key) ? nothing : this.#value(initial))
    this.#states = [first]
    this.#stateBy.set(first.join(), 0)
  }

  /** The number of what these steps do. */
  whatOf(steps: ReadonlyArray<Step>): number {
    const key = JSON.stringify(steps)
    const before = this.#whatBy.get(key)
    if (before !== undefined) return before
    this.#whatBy.set(key, this.#whats.length)
    return this.#whats.push(steps.map((step) => this.#compile(step))) - 1
  }

  isRead(what: number): boolean {
    return this.#whats[what]!.every(({ type }) => type === "read")
  }

  step(state: number, what: number): number | undefined {
    const key = `${state}|${what}`
    const before = this.#left.get(key)
    if (before !== undefined || this.#left.has(key)) return before
    const left = this.#apply(state, this.#whats[what]!)
    this.#left.set(key, left)
    return left
  }

  /** "nil", or "x 1, y [1 2]" of several keys. */
  text(state: number): string {
    const held = this.#states[state]!.map((one, i) => {
      const longest = this.#longest.get(this.#keys[i]!)
      if (longest === undefined) return this.#held[one]!
      return one > longest.length ? `[${[...longest, "…"].join(" ")}]` : `[${longest.slice(0, one).join(" ")}]`
    })
    return held.length === 1 ? held[0]! : held.map((one, i) => `${this.#keys[i]!} ${one}`).join(", ")
  }

  #value(text: string | undefined): number {
    if (text === undefined) return nothing
    const known = this.#heldBy.get(text)
    if (known !== undefined) return known
    this.#heldBy.set(text, this.#held.length)
    return this.#held.push(text) - 1
  }

  #compile(step: Step): Compiled {
    const at = this.#keys.indexOf(step.key)
    const longest = this.#longest.get(step.key) ?? []
    switch (step.type) {
      case "read": return { type: "read", at, held: this.#value(step.holds) }
      case "readList": {
        const isBeginning = step.holds.every((element, i) => longest[i] === element)
        return { type: "read", at, held: isBeginning ? step.holds.length : never }
      }
      case "write": return { type: "write", at, held: this.#value(step.value) }
      case "cas": return { type: "cas", at, from: this.#value(step.from), to: this.#value(step.to) }
      case "append": return { type: "append", at, element: step.element, longest }
    }
  }

  #apply(state: number, steps: ReadonlyArray<Compiled>): number | undefined {
    const held = [...this.#states[state]!]
    for (const step of steps) {
      const now = held[step.at]!
      switch (step.type) {
        case "read":
          if (now !== step.held) return undefined
          break
        case "write":
          held[step.at] = step.held
          break
        case "cas":
          if (now !== step.from) return undefined
          held[step.at] = step.to
          break
        case "append":
          if (now < step.longest.length && step.longest[now] !== step.element) return undefined
          // What comes after all that was read is seen by nobody: it does not matter what and how much.
          held[step.at] = Math.min(now, step.longest.length) + 1
      }
    }
    const key = held.join()
    const before = this.#stateBy.get(key)
    if (before !== undefined) return before
    this.#stateBy.set(key, this.#states.length)
    return this.#states.push(held) - 1
  }
}
