/**
 * The raft log in memory, with the mark up to which it is on disk. Spec: model/etcd.ts.
 *
 * It is kept whole: snapshots, which let its beginning go, come with `firstIndex` later.
 */
import type { Entry } from "#impl/etcd/messages.ts"

export interface Log {
  /** entries[i] has index i + 1. */
  readonly entries: Array<Entry>
  /** Everything up to here is durable. */
  persisted: number
  /** The first entry that was not yet handed to the disk. */
  unstableFrom: number
  /** The member's term: what is appended now is accepted in it. */
  term: number
  /** The terms in which the entries from `unstableFrom` on were accepted. */
  acceptedIn: Array<number>
}

export const make = (entries: ReadonlyArray<Entry>, term = 0): Log =>
  ({ entries: [...entries], persisted: entries.length, unstableFrom: entries.length + 1, term, acceptedIn: [] })

export const lastIndex = (log: Log): number => log.entries.length

/** The term of an entry: 0 before the first, -1 beyond the last. */
export const termAt = (log: Log, index: number): number =>
  index === 0 ? 0 : index > log.entries.length ? -1 : log.entries[index - 1]!.term

export const lastTerm = (log: Log): number => termAt(log, log.entries.length)

export const slice = (log: Log, from: number, count: number): ReadonlyArray<Entry> =>
  log.entries.slice(from - 1, from - 1 + count)

/** Raft §5.4.1: the log whose last entry has the later term, or else the longer log, is the more up to date. */
export const isUpToDate = (log: Log, index: number, term: number): boolean => {
  const mine = lastTerm(log)
  return term > mine || (term === mine && index >= lastIndex(log))
}

export const append = (log: Log, entry: Entry): void => {
  log.entries.push(entry)
  log.acceptedIn.push(log.term)
}

/** Drops every entry from `index` on. */
export const truncateFrom = (log: Log, index: number): void => {
  log.entries.length = index - 1
  log.persisted = Math.min(log.persisted, index - 1)
  log.acceptedIn.length = Math.max(0, index - log.unstableFrom)
  log.unstableFrom = Math.min(log.unstableFrom, index)
}

/**
 * Takes a leader's entries after `prevIndex`, which is known to match. Only a real conflict truncates: an old
 * message that covers a shorter prefix must leave what came after it alone.
 */
export const accept = (log: Log, entries: ReadonlyArray<Entry>): void => {
  for (const entry of entries) {
    const term = termAt(log, entry.index)
    if (term === entry.term) continue
    if (term !== -1) truncateFrom(log, entry.index)
    append(log, entry)
  }
}

/** The largest index up to `index` whose term is at most `term`: where a rejected leader should try next. */
export const conflictHint = (log: Log, index: number, term: number): number => {
  let at = Math.min(index, lastIndex(log))
  while (at > 0 && termAt(log, at) > term) at--
  return at
}

export interface Unstable {
  readonly entries: ReadonlyArray<Entry>
  readonly acceptedIn: ReadonlyArray<number>
}

/** Takes what the disk must write next. */
export const takeUnstable = (log: Log): Unstable => {
  const { acceptedIn } = log
  const entries = log.entries.slice(log.unstableFrom - 1)
  log.unstableFrom = log.entries.length + 1
  log.acceptedIn = []
  return { entries, acceptedIn }
}

/** The disk holds everything up to this entry, unless it was truncated away while the disk was busy. */
export const persistedTo = (log: Log, index: number, term: number): void => {
  if (termAt(log, index) === term) log.persisted = index
}
