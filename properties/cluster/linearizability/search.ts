/**
 * Linearizability of one key, as a search (Wing and Gong; Lowe's memory of visited configurations).
 *
 * A configuration is what the key holds and which operations of unknown outcome may still take effect. Answers carry
 * the store's revision, which orders the known operations, so the search branches only where an unknown one may have
 * slipped in. What an unknown one wrote has a revision that nobody saw: between the one before it and that of the next
 * answer, and none that a known change has. Of unknown operations that demand the same and could happen now, one is
 * tried, since what could happen now can happen later as well; and a configuration with fewer of them left is no use
 * beside one with more. A budget bounds the rest: beyond it the key is undecided.
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
export interface Configuration {
  /** 0: absent; -1: written by an unknown operation, at a revision from `from` to `until` that nobody has seen yet. */
  readonly mod: number
  readonly from: number
  readonly until: number
  /** And none of these: a condition that demanded one of them failed. */
  readonly isnt: ReadonlyArray<number>
  /** The store's revision is at least this one. */
  readonly least: number
  readonly unknown: ReadonlyArray<Unknown>
}
export const beginning: Configuration = {
  mod: 0, from: 0, until: 0, isnt: [], least: 0, unknown: []
}

export type Verdict =
  | { readonly type: "linearizable"; readonly configurations: ReadonlyArray<Configuration> }
  | { readonly type: "violation"; readonly reason: string }
  | { readonly type: "outOfBudget" }

const unseen = -1
const describe = (op: Known): string => {
  const condition = op.expected === undefined ? "" : ` if mod revision is ${op.expected}`
  const found = op.modRevision === undefined ? "" : ` with mod revision ${op.modRevision}`
  return `${op.kind}${condition} answered${found} at revision ${op.revision}`
}

/** The revisions of all known changes: an unseen one is none of them. */
type Revisions = ReadonlySet<number>

const mayBe = ({ mod, from, until, isnt }: Configuration, seen: number, known: Revisions): boolean =>
  mod === seen || (mod === unseen && seen >= from && seen <= until && !known.has(seen) && !isnt.includes(seen))

/** The least revision after this one that no known change has. */
const freeAfter = (revision: number, known: Revisions): number => {
  let free = revision + 1
  while (known.has(free)) free++
  return free
}

/** After an answer at `revision`: what was unseen has no later one. `seen`: what the key turned out to hold. */
const after = (
  { mod, from, until, isnt, least, unknown }: Configuration, known: Revisions, revision: number, seen = mod, own = false
): Configuration | undefined => {
  if (least > (own ? revision - 1 : revision)) return undefined
  if (seen !== unseen) return { mod: seen, from: 0, until: 0, isnt: [], least: revision, unknown }
  const left = { mod, from, until: Math.min(until, revision), isnt, least: revision, unknown }
  for (let one = from; one <= left.until; one++) if (mayBe(left, one, known)) return left
  return undefined
}

/** A condition that demanded `expected` failed, and nobody said what it found. */
const not = (now: Configuration, expected: number, revision: number, known: Revisions): Configuration | undefined => {
  if (now.mod === expected) return undefined
  return after(mayBe(now, expected, known) ? { ...now, isnt: [...now.isnt, expected] } : now, known, revision)
}

const holdsNow = (now: Configuration, expected: number | undefined, known: Revisions): boolean =>
  expected === undefined || mayBe(now, expected, known)

/** What the operation leaves, or undefined when it cannot happen here. */
const apply = (now: Configuration, op: Known, known: Revisions): Configuration | undefined => {
  const { expected, modRevision, revision } = op
  // What it found is older than what it made; what it found at its own revision is what made that.
  const isMet = holdsNow(now, expected, known) && (expected === undefined || expected < revision)
  switch (op.kind) {
    case "write":
      return isMet ? after(now, known, revision, revision, true) : undefined
    case "delete":
      return isMet ? after(now, known, revision, 0, now.mod !== 0) : undefined
    case "read":
      if (modRevision === undefined) return after(now, known, revision)
      if (modRevision > revision || !mayBe(now, modRevision, known)) return undefined
      return after(now, known, revision, modRevision)
    case "failed":
      if (modRevision === undefined) return not(now, expected!, revision, known)
      if (modRevision === expected || modRevision > revision) return undefined
      return mayBe(now, modRevision, known) ? after(now, known, revision, modRevision) : undefined
  }
}

/** The unknown operation takes effect now; one that demands an unseen revision shows what that was. */
const happened = (now: Configuration, op: Unknown, known: Revisions): Configuration | undefined => {
  if (!holdsNow(now, op.expected, known)) return undefined
  const unknown = now.unknown.filter((other) => other !== op)
  const least = Math.max(now.least, op.expected ?? 0)
  // A delete of nothing changes nothing: it may as well never happen.
  if (op.kind === "delete" && now.mod === 0) return undefined
  const own = freeAfter(least, known)
  return op.kind === "delete" ? { mod: 0, from: 0, until: 0, isnt: [], least: own, unknown }
    : { mod: unseen, from: own, until: Infinity, isnt: [], least: own, unknown }
}

/** Revisions never come back: what demands one that has passed is dead. */
const stillPossible = (now: Configuration): Configuration => {
  const isDead = ({ expected }: Unknown): boolean => expected !== undefined && expected > 0 &&
    expected <= now.least && expected !== now.mod && !(now.mod === unseen && expected >= now.from)
  return now.unknown.some(isDead) ? { ...now, unknown: now.unknown.filter((op) => !isDead(op)) } : now
}

const demandOf = ({ kind, expected }: Unknown): string => `${kind[0]!}${expected ?? ""}`

/**
 * By revision. What made a revision goes before what only looked at it, or found nothing to delete: of the deletes
 * answered with a revision that no write has, one may have made it, unless another answer of it came before it began.
 */
const inOrder = (window: ReadonlyArray<Known>): ReadonlyArray<Known> => {
  const sorted = [...window].sort((a, b) => a.revision - b.revision || a.invoked - b.invoked)
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (to < sorted.length && sorted[to]!.revision === sorted[from]!.revision) to++
    if (to - from === 1) continue
    const group = sorted.slice(from, to)
    const maker = group.find(({ kind }) => kind === "write") ??
      group.find(({ kind, expected }) => kind === "delete" && expected !== undefined && expected > 0) ??
      group.find((op) => op.kind === "delete" && op.expected === undefined &&
        group.every(({ returned }) => returned >= op.invoked))
    if (maker !== undefined) sorted.splice(from, to - from, maker, ...group.filter((op) => op !== maker))
  }
  return sorted
}

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

/** Configurations that were visited, and the best of each kind: those with the most unknown operations left. */
class Visited {
  size = 0
  readonly #left = new Map<string, Array<ReadonlyArray<number>>>()

  /** False when one that can do all that this one can was there before. */
  isNew(at: number, { mod, from, until, isnt, least, unknown }: Configuration): boolean {
    const key = `${at}|${mod}|${from}|${until}|${isnt.join()}|${least}`
    const ids = unknown.map(({ id }) => id)
    const before = this.#left.get(key)
    this.size++
    if (before === undefined) this.#left.set(key, [ids])
    else if (before.some((other) => ids.every((id) => other.includes(id)))) return false
    else before.push(ids)
    return true
  }
}

/** The usual case, without a search: one operation, and nothing unknown. Undefined: it does not fit, say why. */
const oneByOne = (start: Configuration, op: Known, floor: number, known: Revisions): Verdict | undefined => {
  if (op.revision < floor || (op.kind === "write" && op.revision === floor)) return undefined
  const left = apply(start, op, known)
  return left === undefined ? undefined : { type: "linearizable", configurations: [left] }
}

/**
 * Checks a window of operations that begins and ends with none (of known outcome) under way. `start`: all that the
 * key may hold; `floor`: the highest revision answered before; `known`: revisions of all known changes.
 */
export const search = (
  start: ReadonlyArray<Configuration>, window: ReadonlyArray<Known>, floor: number, known: Revisions, budget: number
): Verdict => {
  if (window.length === 1 && start.length === 1 && start[0]!.unknown.length === 0) {
    const alone = oneByOne(start[0]!, window[0]!, floor, known)
    if (alone !== undefined) return alone
  }
  const sorted = inOrder(window)
  const wrong = disorder(sorted, floor)
  if (wrong !== undefined) return { type: "violation", reason: wrong }
  /** The first answer from here on: what began after it cannot take effect here. */
  const firstAnswer: Array<number> = Array.from({ length: sorted.length + 1 }, () => Infinity)
  for (let i = sorted.length - 1; i >= 0; i--) firstAnswer[i] = Math.min(firstAnswer[i + 1]!, sorted[i]!.returned)
  const ends: Array<Configuration> = []
  const visited = new Visited()
  const stack: Array<{ readonly at: number; readonly now: Configuration }> = []
  let furthest = 0
  const visit = (at: number, raw: Configuration): void => {
    const now = stillPossible(raw)
    if (visited.isNew(at, now)) stack.push({ at, now })
  }
  for (const now of start) visit(0, now)
  while (stack.length > 0) {
    if (visited.size > budget) return { type: "outOfBudget" }
    const { at, now } = stack.pop()!
    furthest = Math.max(furthest, at)
    if (at === sorted.length) {
      // What has not happened by now can happen later: no need to try it before anything shows it.
      ends.push(now)
      continue
    }
    const tried = new Set<string>()
    for (const op of now.unknown) {
      if (op.invoked > firstAnswer[at]! || tried.has(demandOf(op))) continue
      tried.add(demandOf(op))
      const next = happened(now, op, known)
      if (next !== undefined && next.least <= sorted[at]!.revision) visit(at, next)
    }
    const left = apply(now, sorted[at]!, known)
    if (left !== undefined) visit(at + 1, left)
  }
  if (ends.length > 0) return { type: "linearizable", configurations: ends }
  const holds = [...new Set(start.map(({ mod }) => mod === unseen ? "an unseen revision" : `mod revision ${mod}`))]
  return { type: "violation", reason: `${describe(sorted[furthest]!)}, but the key held ${
    furthest === 0 ? holds.join(" or ") : `what this left: ${describe(sorted[furthest - 1]!)}`}` }
}
