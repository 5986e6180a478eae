/**
 * Linearizability of one object whose answers carry no revision, whatever the object is: its states are numbers, and a
 * model says what an operation leaves of each. (search.ts has the case where revisions order what was answered.)
 *
 * As Lowe's just-in-time search: the answers are gone through in their order; an operation takes effect no sooner than
 * an answer demands it. A configuration is what the object holds, which operations have taken effect before their
 * answer came, and which of unknown outcome ever did. Of those that do the same one is tried: the one whose answer
 * comes first, and one of unknown outcome only after these. A read takes effect as soon as it can. And a configuration
 * in which fewer of unknown outcome were used up makes one with more of them needless.
 */

export interface Operation {
  /** What it does and what it answered, as the model's number: two with the same one are interchangeable. */
  readonly what: number
  readonly invoked: number
  /** Undefined: no answer came. It took effect at some moment after `invoked`, or will, or never. */
  readonly answered: number | undefined
}
export interface Model {
  readonly initial: number
  /** What it leaves; undefined: it cannot have happened here. */
  readonly step: (state: number, what: number) => number | undefined
  /** It changes nothing, wherever it happens. (A write of what is there already may be needed for later.) */
  readonly isRead: (what: number) => boolean
}

export type Verdict<O extends Operation> =
  | { readonly type: "linearizable"; readonly configurations: number }
  | { readonly type: "violation"
    /** The first answer that nothing explains: the history up to it is the shortest that is not linearizable. */
    readonly answer: O
    /** What the object can have held since the answers before it. */
    readonly states: ReadonlyArray<number>
    readonly configurations: number }
  | { readonly type: "outOfBudget"; readonly answered: number }

interface Configuration {
  readonly at: number
  readonly state: number
  /** Slots of those that took effect and are not answered yet. */
  readonly done: bigint
  /** How many of each kind of unknown outcome took effect. */
  readonly used: ReadonlyArray<number>
}

interface Answered<O extends Operation> {
  readonly op: O
  readonly slot: bigint
}

/** The answers in their order, each with all that is under way at it, earliest answer first. */
const answersOf = <O extends Operation>(operations: ReadonlyArray<O>) => {
  const known = operations.filter(({ answered }) => answered !== undefined).sort((a, b) => a.answered! - b.answered!)
  const begun = [...known].sort((a, b) => a.invoked - b.invoked)
  const free: Array<bigint> = []
  let slots = 0
  let next = 0
  const open: Array<Answered<O>> = []
  return known.map((op) => {
    for (; next < begun.length && begun[next]!.invoked < op.answered!; next++) {
      const one = { op: begun[next]!, slot: free.pop() ?? 1n << BigInt(slots++) }
      const place = open.findIndex((other) => other.op.answered! > one.op.answered!)
      open.splice(place === -1 ? open.length : place, 0, one)
    }
    const underWay = [...open]
    const own = open.shift()!
    free.push(own.slot)
    return { own, underWay }
  })
}

/** Those of unknown outcome, by what they do. */
const unknownOf = (operations: ReadonlyArray<Operation>) =>
  [...Map.groupBy(operations.filter(({ answered }) => answered === undefined), ({ what }) => what)]
    .map(([what, all]) => ({ what, invoked: all.map(({ invoked }) => invoked).sort((a, b) => a - b) }))

class Visited {
  size = 0
  readonly #used = new Map<string, Array<ReadonlyArray<number>>>()

  isNew({ at, done, state, used }: Configuration): boolean {
    this.size++
    const key = `${at}|${state}|${done.toString(36)}`
    const before = this.#used.get(key)
    if (before === undefined) this.#used.set(key, [used])
    else if (before.some((other) => other.every((count, i) => count <= used[i]!))) return false
    else before.push(used)
    return true
  }
}

export const search = <O extends Operation>(
  model: Model, operations: ReadonlyArray<O>, budget: number
): Verdict<O> => {
  const answers = answersOf(operations)
  const unknown = unknownOf(operations)
  const visited = new Visited()
  const stack: Array<Configuration> = []
  let furthest = 0
  let states = new Set<number>()
  const visit = (now: Configuration): void => {
    if (!visited.isNew(now)) return
    stack.push(now)
    if (now.at > furthest) states = new Set()
    furthest = Math.max(furthest, now.at)
    if (now.at === furthest) states.add(now.state)
  }
  visit({ at: 0, state: model.initial, done: 0n, used: unknown.map(() => 0) })
  while (stack.length > 0) {
    if (visited.size > budget) return { type: "outOfBudget", answered: furthest }
    const now = stack.pop()!
    if (now.at === answers.length) return { type: "linearizable", configurations: visited.size }
    const { own, underWay } = answers[now.at]!
    let { done } = now
    const changing = new Map<number, { readonly slot: bigint; readonly state: number }>()
    const open = new Set<number>()
    for (const { op, slot } of underWay) {
      if ((done & slot) !== 0n) continue
      const state = model.step(now.state, op.what)
      if (model.isRead(op.what)) done |= state === undefined ? 0n : slot
      else {
        if (state !== undefined && !changing.has(op.what)) changing.set(op.what, { slot, state })
        open.add(op.what)
      }
    }
    if ((done & own.slot) !== 0n) {
      visit({ ...now, at: now.at + 1, done: done & ~own.slot })
      continue
    }
    // The last that is put there is tried first: the answer itself, then the others, then what is unknown.
    unknown.forEach(({ invoked, what }, i) => {
      const count = now.used[i]!
      if (open.has(what) || !(invoked[count]! < own.op.answered!)) return
      const state = model.step(now.state, what)
      if (state === undefined || state === now.state) return
      visit({ ...now, state, done, used: now.used.with(i, count + 1) })
    })
    for (const { slot, state } of [...changing.values()].reverse()) visit({ ...now, state, done: done | slot })
  }
  return { type: "violation", answer: answers[furthest]!.own.op, states: [...states],
    configurations: visited.size }
}
