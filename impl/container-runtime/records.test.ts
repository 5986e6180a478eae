import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import * as records from "#impl/container-runtime/records.ts"
import { Disk, type DiskRecord } from "#impl/ports.ts"
import { compactionRecords_min } from "#model/limits/container-runtime.ts"

/** A disk of one file that fails in nothing. */
const makeDisk = () => {
  let stored: ReadonlyArray<DiskRecord> = []
  const service = Disk.of({
    append: (_file, record) => Effect.sync(() => void (stored = [...stored, record])),
    replace: (_file, all) => Effect.sync(() => void (stored = all)),
    sync: () => Effect.void,
    read: () => Effect.sync(() => stored),
    remove: () => Effect.void
  })
  const tear = (data: unknown): void => {
    stored = stored.map((record, i) => i < stored.length - 1 ? record : { data, checksum: ~record.checksum })
  }
  return { service, tear }
}

describe("records", () => {
  it("are read back, but for the one that the disk holds in part", () => {
    const { service, tear } = makeDisk()
    const run = <A, E>(effect: Effect.Effect<A, E, Disk>): A =>
      Effect.runSync(Effect.provideService(effect, Disk, service) as Effect.Effect<A>)
    const store = run(records.make)
    for (const image of ["a", "b"]) run(store.append({ kind: "image", image }))
    expect([...run(store.load).images]).toEqual(["a", "b"])
    for (const torn of [{ kind: "image" }, { kind: "container" }, { kind: "image", image: "b" }, {}, undefined]) {
      tear(torn)
      expect([...run(store.load).images]).toEqual(["a"])
    }
  })

  it("are rewritten from what the file says: what is removed there does not come back", () => {
    const { service } = makeDisk()
    const run = <A, E>(effect: Effect.Effect<A, E, Disk>): A =>
      Effect.runSync(Effect.provideService(effect, Disk, service) as Effect.Effect<A>)
    const store = run(records.make)
    const pod = { uid: "u", namespace: "n", name: "p" }
    const sandbox = { id: "s", pod, attempt: 0, ip: "10.0.0.1", state: "ready" } as const
    run(store.append({ kind: "image", image: "a" }))
    for (let i = 0; i < compactionRecords_min; i++) run(store.append({ kind: "sandbox", sandbox }))
    run(store.append({ kind: "removed", id: "s" }))
    run(store.compact)
    const { images, sandboxes } = run(run(records.make).load)
    expect([images.size, sandboxes.size]).toEqual([1, 0])
  })
})
