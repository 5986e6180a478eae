/**
 * The write-ahead log: what raft promised, on the disk, with a chain of checksums. Spec: model/etcd.ts, chart
 * etcd.member.
 *
 * One record is one batch and one sync, so at most the last record can be torn: nobody was told of it, and it is left
 * out. Damage anywhere else means that promises are lost, and the member must not take part again.
 */
import { Effect } from "effect"
import { recordHeader_bytes, valueSize_bytes } from "#model/limits/etcd.ts"
import type { Disk, DiskFailed, DiskRecord } from "#impl/ports.ts"
import type { Entry, HardState } from "#impl/etcd/messages.ts"

export const file = "etcd/wal"

export type WalRecord =
  | { readonly type: "metadata"; readonly member: string; readonly members: ReadonlyArray<string> }
  | { readonly type: "save"; readonly hardState: HardState; readonly entries: ReadonlyArray<Entry> }

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193) >>> 0

const mixText = (hash: number, text: string): number => {
  let mixed = mix(hash, text.length)
  for (let i = 0; i < text.length; i++) mixed = mix(mixed, text.charCodeAt(i))
  return mixed
}

/** A proposal's name is unique for ever, so it stands for its command. */
const mixEntry = (hash: number, entry: Entry): number =>
  mixText(mix(mix(hash, entry.index), entry.term), entry.proposal)

/** FNV-1a over the record, begun with the checksum of the record before: a lost record breaks the chain. */
export const checksum = (previous: number, record: WalRecord): number => {
  if (record.type === "metadata") return record.members.reduce(mixText, mixText(previous, record.member))
  const { commit, term, vote } = record.hardState
  return record.entries.reduce(mixEntry, mixText(mix(mix(previous, term), commit), vote))
}

/** 2166136261 is FNV's offset basis. */
export const seed = 2_166_136_261

export interface Replay {
  /** Those that count. */
  readonly records: ReadonlyArray<DiskRecord>
  /** A torn end was left out: so many records. */
  readonly torn: number
  readonly isCorrupt: boolean
  readonly lastChecksum: number
}

/** A torn record lacks its tail: one that has its last field is whole. */
const isComplete = (data: unknown): data is WalRecord => {
  const { entries, members } = (data ?? {}) as { readonly entries?: unknown; readonly members?: unknown }
  return entries !== undefined || members !== undefined
}

const matches = (previous: number, { checksum: stored, data }: DiskRecord): boolean =>
  isComplete(data) && checksum(previous, data) === stored

/**
 * A torn record stays where it is: the next one is chained to what stands before it, which proves that its writer had
 * left the torn one out. Any other record that does not fit is damage, unless it is the very last.
 */
export const verify = (records: ReadonlyArray<DiskRecord>): Replay => {
  const fitting: Array<DiskRecord> = []
  let lastChecksum = seed
  let torn = 0
  for (const [i, record] of records.entries()) {
    if (matches(lastChecksum, record)) {
      fitting.push(record)
      lastChecksum = record.checksum
      torn = 0
      continue
    }
    const isEnd = torn === 0 && i === records.length - 1
    const previous = lastChecksum
    if (isComplete(record.data) && !isEnd && !records.slice(i + 1).some((later) => matches(previous, later))) {
      return { records: fitting, torn: 0, isCorrupt: true, lastChecksum }
    }
    torn++
  }
  return { records: fitting, torn, isCorrupt: false, lastChecksum }
}

export interface Replayed {
  readonly hardState: HardState
  readonly entries: ReadonlyArray<Entry>
}

/** Later records win: an entry replaces the one of its index and everything after it. */
export const replay = (records: ReadonlyArray<DiskRecord>): Replayed => {
  let hardState: HardState = { term: 0, vote: "", commit: 0 }
  const entries: Array<Entry> = []
  for (const { data } of records) {
    const record = data as WalRecord
    if (record.type !== "save") continue
    hardState = record.hardState
    for (const entry of record.entries) {
      entries.length = Math.min(entries.length, entry.index - 1)
      entries.push(entry)
    }
  }
  return { hardState, entries }
}

export interface Wal {
  /** Appends one record and makes it durable. */
  readonly save: (record: WalRecord) => Effect.Effect<void, DiskFailed>
}

const size_bytes = (record: WalRecord): number =>
  recordHeader_bytes + (record.type === "save" ? record.entries.length * valueSize_bytes : 0)

export const open = (disk: Disk["Service"], lastChecksum: number): Wal => {
  let previous = lastChecksum
  return {
    save: (record) => Effect.suspend(() => {
      previous = checksum(previous, record)
      const append = disk.append(file, { data: record, checksum: previous }, size_bytes(record))
      return Effect.andThen(append, disk.sync(file))
    })
  }
}
