/** The store against a naive one that keeps a copy of everything at each revision. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Mvcc from "#impl/etcd/mvcc.ts"
import type { KeyValue, Operation } from "#impl/ports/etcd.ts"

const names = ["/a/1", "/a/2", "/ab", "/b/1", "/b"]
const key = fc.constantFrom(...names)
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ type: fc.constant("put" as const), key, value: fc.record({ v: fc.nat(9) }) }),
  fc.record({ type: fc.constant("delete" as const), key }),
  fc.record({ type: fc.constant("range" as const), key: fc.constantFrom("/a", "/b/", "/"), prefix: fc.boolean() }))
const operations = fc.uniqueArray(operation, { maxLength: 3, selector: (op) => op.type === "range" ? op : op.key })
const txn = fc.record({ type: fc.constant("txn" as const), success: operations, failure: operations,
  compare: fc.array(fc.record({ key, target: fc.constantFrom("mod" as const, "create" as const, "version" as const),
    equals: fc.nat(4) }), { maxLength: 2 }) })

type State = ReadonlyMap<string, KeyValue>
const select = (state: State, prefix: string, isPrefix: boolean): ReadonlyArray<KeyValue> =>
  [...state.values()].filter((kv) => isPrefix ? kv.key.startsWith(prefix) : kv.key === prefix)
    .sort((a, b) => a.key < b.key ? -1 : 1)

const step = (state: State, revision: number, request: typeof txn extends fc.Arbitrary<infer T> ? T : never) => {
  const field = { mod: "modRevision", create: "createRevision", version: "version" } as const
  const succeeded = request.compare.every((c) => (state.get(c.key)?.[field[c.target]] ?? 0) === c.equals)
  const next = new Map(state)
  const ranges: Array<ReadonlyArray<KeyValue>> = []
  const changed: Array<string> = []
  for (const op of succeeded ? request.success : request.failure) {
    const old = next.get(op.key)
    if (op.type === "range") ranges.push(select(next, op.key, op.prefix === true))
    else if (op.type === "put") {
      next.set(op.key, { key: op.key, value: op.value, createRevision: old?.createRevision ?? revision + 1,
        modRevision: revision + 1, version: (old?.version ?? 0) + 1 })
      changed.push(op.key)
    } else if (next.delete(op.key)) changed.push(op.key)
  }
  return { next, succeeded, ranges, changed }
}

describe("store", () => {
  it("is the naive store, at every revision, for reads, transactions and changes", () => {
    fc.assert(fc.property(fc.array(txn, { maxLength: 40, size: "max" }), (requests) => {
      const store = Mvcc.make()
      const states: Array<State> = [new Map(), new Map()]
      for (const request of requests) {
        const revision = states.length - 1
        const expected = step(states[revision]!, revision, request)
        const response = Mvcc.txn(store, request)
        if (expected.changed.length > 0) states.push(expected.next)
        expect(response.succeeded).toBe(expected.succeeded)
        expect(response.revision).toBe(states.length - 1)
        expect(response.results.flatMap((result) => result.type === "range" ? [result.kvs] : []))
          .toEqual(expected.ranges)
        if (expected.changed.length > 0) {
          expect(Mvcc.since(store, store.revision)[0]!.events.map((event) => event.kv.key)).toEqual(expected.changed)
        }
      }
      for (let revision = 1; revision < states.length; revision++) {
        for (const prefix of [true, false]) {
          for (const name of ["/", "/a", "/b"]) {
            expect(Mvcc.range(store, { type: "range", key: name, prefix, revision }))
              .toMatchObject({ kvs: select(states[revision]!, name, prefix), revision: states.length - 1, more: false })
          }
        }
      }
    }), { numRuns: 150, seed: 3 })
  })

  const filled = (history_max: number, count: number): Mvcc.Store => {
    const store = Mvcc.make(history_max)
    for (let i = 0; i < count; i++) {
      Mvcc.txn(store, { type: "txn", compare: [], failure: [], success: [i % 5 === 4
        ? { type: "delete", key: `/k/${(i - 1) % 3}` } : { type: "put", key: `/k/${i % 3}`, value: { i } }] })
    }
    return store
  }
  it("forgets old revisions and keeps what reads and watches from the rest need", () => {
    const whole = filled(1_000, 57)
    const bounded = filled(10, 57)
    expect(bounded.revision).toBe(whole.revision)
    expect(bounded.compactRevision).toBeGreaterThan(1)
    const read = (store: Mvcc.Store, revision: number) =>
      Mvcc.range(store, { type: "range", key: "/k/", prefix: true, revision })
    expect(read(bounded, bounded.compactRevision - 1)).toEqual({ type: "error", code: "compacted" })
    for (let revision = bounded.compactRevision; revision <= whole.revision; revision++) {
      expect(read(bounded, revision)).toEqual(read(whole, revision))
      expect(Mvcc.since(bounded, revision)).toEqual(Mvcc.since(whole, revision))
    }
  })
  it("refuses the future, limits, and says that there is more", () => {
    const store = filled(1_000, 4)
    expect(Mvcc.range(store, { type: "range", key: "/k/0", revision: 99 }))
      .toEqual({ type: "error", code: "futureRevision" })
    expect(Mvcc.range(store, { type: "range", key: "/k/", prefix: true, limit: 2 }))
      .toMatchObject({ kvs: [{ key: "/k/0" }, { key: "/k/1" }], more: true })
  })
  it("tells the judge what changed, from what", () => {
    const store = Mvcc.make()
    const [first, second] = [{ n: 1 }, { n: 2 }]
    const put = (value: object) => Mvcc.txn(store, { type: "txn", compare: [], failure: [],
      success: [{ type: "put", key: "/x", value }] })
    put(first)
    put(second)
    Mvcc.txn(store, { type: "txn", compare: [], failure: [], success: [{ type: "delete", key: "/x" }] })
    expect(store.revisions.map(Mvcc.changes)).toEqual([
      [{ key: "/x", value: first, previous: undefined }], [{ key: "/x", value: second, previous: first }],
      [{ key: "/x", value: undefined, previous: second }]])
  })
})
