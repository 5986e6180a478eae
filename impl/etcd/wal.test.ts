import { describe, expect, it } from "vitest"
import type { DiskRecord } from "#impl/ports.ts"
import type { Entry } from "#impl/etcd/messages.ts"
import { checksum, replay, seed, verify, type WalRecord } from "#impl/etcd/wal.ts"

const entry = (index: number, term: number): Entry =>
  ({ index, term, proposal: `p${index}.${term}`, command: undefined })
const save = (term: number, entries: ReadonlyArray<Entry>): WalRecord =>
  ({ type: "save", hardState: { term, vote: "etcd/1", commit: 1 }, entries })
const chain = (records: ReadonlyArray<WalRecord>): ReadonlyArray<DiskRecord> => {
  let previous = seed
  return records.map((data) => ({ data, checksum: previous = checksum(previous, data) }))
}
const records = chain([{ type: "metadata", member: "etcd/0", members: ["etcd/0", "etcd/1", "etcd/2"] },
  save(1, [entry(1, 1), entry(2, 1)]), save(1, [entry(3, 1)]), save(2, [entry(2, 2)])])

describe("write-ahead log", () => {
  it("replays: a later entry replaces the one of its index and all behind it", () => {
    const found = verify(records)
    expect(found).toMatchObject({ torn: 0, isCorrupt: false, records: { length: 4 } })
    expect(replay(found.records)).toEqual({ hardState: { term: 2, vote: "etcd/1", commit: 1 },
      entries: [entry(1, 1), entry(2, 2)] })
  })
  it.each([["its data", { ...records[3]!, data: undefined }], ["its checksum", { ...records[3]!, checksum: 7 }],
    ["an entry", { ...records[3]!, data: save(2, [entry(2, 3)]) }]])("cuts a last record torn in %s", (_, torn) => {
    const found = verify([...records.slice(0, 3), torn])
    expect(found).toMatchObject({ torn: 1, isCorrupt: false, records: { length: 3 } })
    expect(found.lastChecksum).toBe(records[2]!.checksum)
  })
  it("leaves torn records where they are, and goes on behind them", () => {
    const torn = { data: { type: "save", hardState: { term: 2 } }, checksum: 9 }
    expect(verify([...records.slice(0, 3), torn, torn])).toMatchObject({ torn: 2, isCorrupt: false })
    expect(verify([torn, ...records.slice(0, 3), torn, torn, records[3]!]))
      .toMatchObject({ torn: 0, isCorrupt: false, records: { length: 4 } })
    expect(verify([torn])).toMatchObject({ torn: 1, isCorrupt: false, records: [] })
  })
  const changed = { ...records[1]!, data: save(1, [entry(1, 1)]) }
  it.each([["damaged", [records[0]!, changed, ...records.slice(2)]],
    ["missing", [records[0]!, ...records.slice(2)]],
    ["cut short", [records[0]!, { data: { type: "save" }, checksum: 1 }, ...records.slice(2)]],
    ["of another log", [records[0]!, ...records.slice(1).map((one) => ({ ...one, checksum: one.checksum ^ 1 }))]]])(
    "does not live with a record %s in the middle", (_, damaged) => {
      expect(verify(damaged)).toMatchObject({ isCorrupt: true })
    })
  it("notices a changed vote, term or commit", () => {
    const base = save(1, [])
    const sums = [base, save(2, []), { ...base, hardState: { term: 1, vote: "etcd/2", commit: 1 } },
      { ...base, hardState: { term: 1, vote: "etcd/1", commit: 2 } }]
    expect(new Set(sums.map((record) => checksum(seed, record as WalRecord))).size).toBe(4)
  })
})
