/**
 * The write-ahead log: what raft promised, on the disk, with a chain of checksums. Spec: model/etcd.ts, chart
 * etcd.member.
 *
 * One record is one batch and one sync, so at most the last record can be torn: nobody was told of it, and it is cut
 * off. Damage anywhere else means that promises are lost, and the member must not take part again.
 */
import { Effect } from "effect"
import { recordHeader_bytes, valueSize_bytes } from "#model/limits/etcd.ts"
import type { Disk, DiskFailed, DiskRecord } from "#impl/ports.ts"
import type { Entry, HardState } from "#impl/etcd/messages.ts"

export const file = "etcd/wal"

export type WalRecord =
  | { readonly type: "metadata"; readonly member: string; readonly members: ReadonlyArray<string> }
  /** `heard`: peers that have ever taken part, as far as this member knows. */
  | { readonly type: "save"; readonly hardState: HardState; readonly entries: ReadonlyArray<Entry>
      readonly heard: ReadonlyArray<string> }

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193) >>> 0

const mixText = (hash: number, text: string): number => {
  let mixed = mix(hash, text.length)
  for (let i = 0; i < text.length; i++) mixed = mix(mixed, text.charCodeAt(i))
  return mixed
}

const mixEntry = (hash: number, entry: Entry): number => {
  let mixed = mixText(mix(mix(hash, entry.index), entry.term), entry.proposal)
  for (const operation of entry.command?.success ?? []) mixed = mixText(mixText(mixed, operation.type), operation.key)
  for (const operation of entry.command?.failure ?? []) mixed = mixText(mixText(mixed, operation.type), operation.key)
  return mixed
}

/** FNV-1a over the record, begun with the checksum of the record before: a lost record breaks the chain. */
export const checksum = (previous: number, record: WalRecord): number => {
  if (record.type === "metadata") return record.members.reduce(mixText, mixText(previous, record.member))
  const { commit, term, vote } = record.hardState
  const hashed = mixText(mix(mix(previous, term), commit), vote)
  return record.heard.reduce(mixText, record.entries.reduce(mixEntry, hashed))
}

/** 2166136261 is FNV's offset basis. */
export const seed = 2_166_136_261

export interface Replay {
  readonly records: ReadonlyArray<DiskRecord>
  /** A torn record at the end was left out. */
  readonly isTorn: boolean
  readonly isCorrupt: boolean
  readonly lastChecksum: number
}

const matches = (previous: number, record: DiskRecord): boolean => {
  const data = record.data as WalRecord | undefined | null
  if (typeof data !== "object" || data === null || (data.type !== "metadata" && data.type !== "save")) return false
  return checksum(previous, data) === record.checksum
}

export const verify = (records: ReadonlyArray<DiskRecord>): Replay => {
  let lastChecksum = seed
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!
    if (!matches(lastChecksum, record)) {
      const isTorn = i === records.length - 1
      return { records: records.slice(0, i), isTorn, isCorrupt: !isTorn, lastChecksum }
    }
    lastChecksum = record.checksum
  }
  return { records, isTorn: false, isCorrupt: false, lastChecksum }
}

export interface Replayed {
  readonly hardState: HardState
  readonly entries: ReadonlyArray<Entry>
  readonly heard: ReadonlyArray<string>
}

/** Later records win: an entry replaces the one of its index and everything after it. */
export const replay = (records: ReadonlyArray<DiskRecord>): Replayed => {
  let hardState: HardState = { term: 0, vote: "", commit: 0 }
  let heard: ReadonlyArray<string> = []
  const entries: Array<Entry> = []
  for (const { data } of records) {
    const record = data as WalRecord
    if (record.type !== "save") continue
    hardState = record.hardState
    heard = record.heard
    for (const entry of record.entries) {
      entries.length = Math.min(entries.length, entry.index - 1)
      entries.push(entry)
    }
  }
  return { hardState, entries, heard }
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

/** Cuts a torn end off and makes the rest durable: what is replayed must not be lost again after it was acted upon. */
export const repair = (disk: Disk["Service"], found: Replay): Effect.Effect<void, DiskFailed> => {
  const size = found.records.reduce((sum, record) => sum + size_bytes(record.data as WalRecord), 0)
  return found.isTorn ? Effect.andThen(disk.replace(file, found.records, size), disk.sync(file)) : disk.sync(file)
}
