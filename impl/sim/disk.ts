/**
 * A machine's disk: files of records behind a page cache. Writes go to the cache; a sync makes what was written when
 * it began durable. Losing memory loses an unsynced suffix, and may tear the record that was being written. A file is
 * replaced as a whole (a new file, synced and renamed). Faults: slow, full, readonly, io, lost.
 */
import { Effect } from "effect"
import { DiskFailed, type DiskRecord } from "#impl/ports.ts"
import type { Chance } from "#impl/sim/draws.ts"
import type { ProcessScheduler } from "#impl/sim/scheduler.ts"
import * as limits from "#model/limits/hardware.ts"

export type DiskState = "ok" | "slow" | "full" | "readonly" | "io"

interface File {
  records: Array<DiskRecord>
  size_bytes: number
  /** How many of the records are durable. */
  synced: number
  /** The durable content that `records` replaces, until they are synced: the rename may not be durable either. */
  replaced: ReadonlyArray<DiskRecord> | undefined
  /** How many of the records came with the rename: they survive all together or not at all. */
  renamed: number
}

export class MachineDisk {
  state: DiskState = "ok"
  readonly #machine: string
  readonly #chance: Chance
  #files = new Map<string, File>()
  #used_bytes = 0
  /** Counts the losses of the cache: a sync that began before one makes nothing durable. */
  #era = 0

  constructor(machine: string, chance: Chance) {
    this.#machine = machine
    this.#chance = chance
  }

  /** The port, as one process sees it. */
  port(owner: ProcessScheduler) {
    return {
      append: (file: string, record: DiskRecord, size_bytes: number) => this.#append(file, record, size_bytes),
      replace: (file: string, records: ReadonlyArray<DiskRecord>, size_bytes: number) =>
        this.#replace(file, records, size_bytes),
      sync: (file: string) => this.#sync(file, owner),
      read: (file: string) => this.#read(file),
      remove: (file: string) => this.#remove(file)
    }
  }

  #append(name: string, record: DiskRecord, size_bytes: number): Effect.Effect<void, DiskFailed> {
    return Effect.suspend(() => {
      const failure = this.#refusal(name, size_bytes)
      if (failure !== undefined) return Effect.fail(failure)
      const file = this.#open(name)
      file.records.push(record)
      file.size_bytes += size_bytes
      this.#used_bytes += size_bytes
      return Effect.void
    })
  }

  #replace(
    name: string, records: ReadonlyArray<DiskRecord>, size_bytes: number
  ): Effect.Effect<void, DiskFailed> {
    return Effect.suspend(() => {
      const failure = this.#refusal(name, size_bytes)
      if (failure !== undefined) return Effect.fail(failure)
      const file = this.#open(name)
      this.#used_bytes += size_bytes - file.size_bytes
      file.replaced ??= file.records.slice(0, file.synced)
      file.records = [...records]
      file.size_bytes = size_bytes
      file.synced = 0
      file.renamed = records.length
      return Effect.void
    })
  }

  #sync(name: string, owner: ProcessScheduler): Effect.Effect<void, DiskFailed> {
    return Effect.callback<void, DiskFailed>((resume) => {
      const file = this.#open(name)
      const era = this.#era
      const { records } = file
      const written = records.length
      const draws = this.#chance.stream("disk/sync", `${this.#machine} ${name}`)
      const [min, max] = this.state === "slow" ? [limits.slowSync_us_min, limits.slowSync_us_max]
        : [limits.sync_us_min, limits.sync_us_max]
      const u = draws.unit()
      const latency_us = min + Math.floor((max - min) * u * u * u)
      owner.kernel.at(owner.kernel.now_us + latency_us, () => {
        // The kernel goes on writing when the process that asked is gone; not when its memory is.
        if (era !== this.#era) return
        if (this.state === "io") {
          return owner.schedule(() => resume(Effect.fail(new DiskFailed({ reason: "io", file: name }))))
        }
        if (file.records === records) {
          file.synced = Math.max(file.synced, written)
          file.replaced = undefined
        }
        owner.schedule(() => resume(Effect.void))
      })
    })
  }

  #read(name: string): Effect.Effect<ReadonlyArray<DiskRecord>, DiskFailed> {
    return Effect.suspend(() => this.state === "io" ? Effect.fail(new DiskFailed({ reason: "io", file: name }))
      : Effect.succeed(this.#files.get(name)?.records.slice() ?? []))
  }

  #remove(name: string): Effect.Effect<void, DiskFailed> {
    return Effect.suspend(() => {
      const failure = this.#refusal(name, 0)
      if (failure !== undefined) return Effect.fail(failure)
      this.#used_bytes -= this.#files.get(name)?.size_bytes ?? 0
      this.#files.delete(name)
      return Effect.void
    })
  }

  /** Memory is gone, and with it what was not durable. */
  loseCache(): void {
    this.#era++
    for (const [name, file] of this.#files) {
      if (file.replaced === undefined && file.synced === file.records.length) continue
      const draws = this.#chance.stream("disk/powerLoss", `${this.#machine} ${name}`)
      if (file.replaced !== undefined && draws.unit() < 0.5) {
        file.records = [...file.replaced]
      } else {
        const durable = file.replaced === undefined ? file.synced : file.renamed
        const survives = durable + draws.below(file.records.length - durable + 1)
        const torn = survives < file.records.length && draws.unit() < limits.tornProbability
        file.records = [...file.records.slice(0, survives), ...(torn ? [tear(file.records[survives]!)] : [])]
      }
      file.replaced = undefined
      file.synced = file.records.length
    }
  }

  /** An empty disk takes its place. */
  replaceByEmpty(): void {
    this.#era++
    this.#files = new Map()
    this.#used_bytes = 0
  }

  #open(name: string): File {
    let file = this.#files.get(name)
    if (file === undefined) {
      this.#files.set(name, file = { records: [], size_bytes: 0, synced: 0, replaced: undefined, renamed: 0 })
    }
    return file
  }

  #refusal(file: string, size_bytes: number): DiskFailed | undefined {
    if (this.state === "full" || this.state === "readonly" || this.state === "io") {
      // An unlink needs no space.
      if (this.state !== "full" || size_bytes > 0) return new DiskFailed({ reason: this.state, file })
    }
    if (this.#used_bytes + size_bytes > limits.diskCapacity_bytes) return new DiskFailed({ reason: "full", file })
    return undefined
  }
}

/** The tail of the data never reached the disk; the checksum no longer matches whatever it covers. */
const tear = (record: DiskRecord): DiskRecord => ({ data: truncated(record.data), checksum: ~record.checksum })

const truncated = (data: unknown): unknown => {
  if (Array.isArray(data)) return data.slice(0, data.length >> 1)
  if (typeof data === "string") return data.slice(0, data.length >> 1)
  if (typeof data !== "object" || data === null) return undefined
  const fields = Object.entries(data)
  return Object.fromEntries(fields.slice(0, fields.length >> 1))
}
