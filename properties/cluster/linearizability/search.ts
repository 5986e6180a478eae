/**
 * Linearizability of one key, as a search (Wing and Gong; Lowe's memory of visited configurations).
 *
 * A configuration is what the key holds and which operations of unknown outcome may still take effect. Answers carry
 * the store's revision, which orders the known operations, so the search branches only where an unknown one may have
 * slipped in: near-linear in practice. A budget bounds the rest, and beyond it nothing is claimed.
 */

export interface Known {
  readonly kind: "write" | "delete" | "read" | "failed"
  /** The mod revision that it demands (absent: none), e.g. of a compare-and-swap; 0: the key is absent. */
  readonly expected: number | undefined
  /** What it read, or what the failed condition found; undefined: not told. */
  readonly modRevision: number | undefined
  /** The store's revision at its answer: its own one for what changed the store. */
  readonly revision: number
  readonly invoked: number
  readonly returned: number
}
/** No answer came: it took effect at some moment after `invoked`, or will, or never. */
export interface Unknown {
  readonly id: number
  readonly kind: "write" | "delete"
  readonly expected: number | undefined
  readonly invoked: number
}
/** `mod`: 0 absent; negative: written by an unknown operation, at a revision that nobody has seen yet. */
export interface Configuration {
  readonly mod: number
  readonly unknown: ReadonlyArray<Unknown>
}
export type Verdict =
  | { readonly type: "linearizable"; readonly configurations: ReadonlyArray<Configuration> }
  | { readonly type: "violation"; readonly reason: string }
  | { readonly type: "outOfBudget" }

const unseen = -1
/** At one revision: the write that made it, a delete that found nothing any more, then what only looked. */
const rank = { write: 0, delete: 1, read: 2, failed: 2 } as const

const describe = (op: Known): string => {
  const condition = op.expected === undefined ? "" : ` if mod revision is ${op.expected}`
  const found = op.modRevision === undefined ? "" : ` with mod revision ${op.modRevision}`
  return `${op.kind}${condition} answered${found} at revision ${op.revision}`
}

/** Whether a key that holds `mod` may be seen as `seen`; an unseen revision can only be one that no known write has. */
const mayBe = (mod: number, seen: number, known: ReadonlySet<number>): boolean =>
  mod === seen || (mod === unseen && seen > 0 && !known.has(seen))

/** What the key holds after the operation, or undefined when it cannot happen here. */
const apply = (mod: number, op: Known, known: ReadonlySet<number>): number | undefined => {
  switch (op.kind) {
    case "write":
      return op.expected === undefined || mayBe(mod, op.expected, known) ? op.revision : undefined
    case "delete":
      return op.expected === undefined || mayBe(mod, op.expected, known) ? 0 : undefined
    case "read":
      return op.modRevision === undefined ? mod : mayBe(mod, op.modRevision, known) ? op.modRevision : undefined
    case "failed":
      if (op.modRevision === undefined) return mod === op.expected ? undefined : mod
      return mayBe(mod, op.modRevision, known) ? op.modRevision : undefined
  }
}

/** Revisions never come back: what demands one that has passed is dead. */
const stillPossible = (mod: number, unknown: ReadonlyArray<Unknown>): ReadonlyArray<Unknown> =>
  mod <= 0 ? unknown : unknown.filter(({ expected }) => expected === undefined || expected === 0 || expected >= mod)

const keyOf = (at: number, { mod, unknown }: Configuration): string =>
  `${at}|${mod}|${unknown.map(({ id }) => id).join(",")}`

/** Revision order is the only order possible; returns what contradicts it. */
const disorder = (sorted: ReadonlyArray<Known>, floor: number): string | undefined => {
  let before: Known | undefined
  for (const op of sorted) {
    const least = before?.revision ?? floor
    if (op.revision < least || (op.kind === "write" && op.revision === least)) {
      return `${describe(op)}, but ${before === undefined ? `revision ${floor} was answered before` : describe(before)}`
    }
    before = op
  }
  let earliest: Known | undefined
  for (let i = sorted.length - 1; i >= 0; i--) {
    const op = sorted[i]!
    if (earliest !== undefined && earliest.returned < op.invoked) {
      return `${describe(op)} although it began after this was answered: ${describe(earliest)}`
    }
    if (earliest === undefined || op.returned < earliest.returned) earliest = op
  }
  return undefined
}

/** The usual case, without a search: one operation, and nothing unknown. Undefined: it does not fit, say why. */
const oneByOne = (start: Configuration, op: Known, floor: number, known: ReadonlySet<number>): Verdict | undefined => {
  if (op.revision < floor || (op.kind === "write" && op.revision === floor)) return undefined
  const mod = apply(start.mod, op, known)
  if (mod === undefined) return undefined
  return { type: "linearizable", configurations: [mod === start.mod ? start : { mod, unknown: [] }] }
}

/**
 * Checks a window of operations that begins and ends with none (of known outcome) under way. `start`: all that the
 * key may hold; `floor`: the highest revision answered before; `known`: revisions of all known writes of this key.
 */
export const search = (
  start: ReadonlyArray<Configuration>, window: ReadonlyArray<Known>, floor: number, known: ReadonlySet<number>,
  budget: number
): Verdict => {
  if (window.length === 1 && start.length === 1 && start[0]!.unknown.length === 0) {
    const alone = oneByOne(start[0]!, window[0]!, floor, known)
    if (alone !== undefined) return alone
  }
  const sorted = [...window].sort((a, b) => a.revision - b.revision || rank[a.kind] - rank[b.kind] ||
    a.invoked - b.invoked)
  const wrong = disorder(sorted, floor)
  if (wrong !== undefined) return { type: "violation", reason: wrong }
  /** The first answer from here on: what began after it cannot take effect here. */
  const firstAnswer: Array<number> = Array.from({ length: sorted.length + 1 }, () => Infinity)
  for (let i = sorted.length - 1; i >= 0; i--) firstAnswer[i] = Math.min(firstAnswer[i + 1]!, sorted[i]!.returned)
  const ends: Array<Configuration> = []
  const visited = new Set<string>()
  const stack: Array<{ readonly at: number; readonly configuration: Configuration }> = []
  let furthest = 0
  const visit = (at: number, configuration: Configuration): void => {
    const key = keyOf(at, configuration)
    if (visited.has(key)) return
    visited.add(key)
    stack.push({ at, configuration })
  }
  for (const configuration of start) visit(0, configuration)
  while (stack.length > 0) {
    if (visited.size > budget) return { type: "outOfBudget" }
    const { at, configuration } = stack.pop()!
    furthest = Math.max(furthest, at)
    if (at === sorted.length) ends.push(configuration)
    for (const op of configuration.unknown) {
      const fits = op.expected === undefined || mayBe(configuration.mod, op.expected, known)
      if (!fits || op.invoked > firstAnswer[at]!) continue
      const rest = configuration.unknown.filter((other) => other !== op)
      visit(at, { mod: op.kind === "delete" ? 0 : unseen, unknown: rest })
    }
    if (at === sorted.length) continue
    const mod = apply(configuration.mod, sorted[at]!, known)
    if (mod !== undefined) visit(at + 1, { mod, unknown: stillPossible(mod, configuration.unknown) })
  }
  if (ends.length > 0) return { type: "linearizable", configurations: ends }
  const holds = [...new Set(start.map(({ mod }) => mod === unseen ? "an unseen revision" : `mod revision ${mod}`))]
  return { type: "violation", reason: `${describe(sorted[furthest]!)}, but the key held ${
    furthest === 0 ? holds.join(" or ") : `what this left: ${describe(sorted[furthest - 1]!)}`}` }
}
