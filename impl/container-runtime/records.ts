/**
 * What the runtime keeps on disk: one record per change of a sandbox, container or image, replayed at its start.
 * A torn record at the end is a change that never happened.
 */
import { Effect } from "effect"
import { Disk, type DiskFailed, type DiskRecord } from "#impl/ports.ts"
import type { ContainerState, SandboxStatus } from "#impl/ports/runtime.ts"
import { compactionLiveFactor, compactionRecords_min, recordBytes } from "#model/limits/container-runtime.ts"

export type Record =
  | { readonly kind: "sandbox"; readonly sandbox: SandboxStatus }
  | { readonly kind: "container"; readonly container: ContainerState }
  | { readonly kind: "image"; readonly image: string }
  | { readonly kind: "removed"; readonly id: string }

export interface Content {
  readonly sandboxes: Map<string, SandboxStatus>
  readonly containers: Map<string, ContainerState>
  readonly images: Set<string>
}

const empty = (): Content => ({ sandboxes: new Map(), containers: new Map(), images: new Set() })

const file = "container-runtime/records"

const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
const checksumOf = (record: Record): number => {
  switch (record.kind) {
    case "sandbox": return hash(`s${record.sandbox.id}${record.sandbox.state}`)
    case "container": return hash(`c${record.container.id}${record.container.state}`)
    case "image": return hash(`i${record.image}`)
    case "removed": return hash(`r${record.id}`)
  }
}
/** A torn record may have lost what its kind stands for. */
const isWhole = (data: object): data is Record => Object.keys(data).length === 2

const sealed = (record: Record): DiskRecord => ({ data: record, checksum: checksumOf(record) })

/** The record, unless it is torn. */
const opened = (stored: DiskRecord): Record | undefined => {
  const record = stored.data
  if (typeof record !== "object" || record === null || !isWhole(record)) return undefined
  return checksumOf(record) === stored.checksum ? record : undefined
}

const replay = (content: Content, record: Record): void => {
  switch (record.kind) {
    case "sandbox": content.sandboxes.set(record.sandbox.id, record.sandbox); break
    case "container": content.containers.set(record.container.id, record.container); break
    case "image": content.images.add(record.image); break
    case "removed":
      content.sandboxes.delete(record.id)
      content.containers.delete(record.id)
  }
}

export interface Records {
  readonly load: Effect.Effect<Content, DiskFailed>
  readonly append: (record: Record) => Effect.Effect<void, DiskFailed>
  readonly sync: Effect.Effect<void, DiskFailed>
  /** Rewrites the file when most of it is dead. */
  readonly compact: Effect.Effect<void, DiskFailed>
}

export const make: Effect.Effect<Records, never, Disk> = Effect.gen(function*() {
  const disk = yield* Disk
  let length = 0
  /** What the file says, which is not what runs: a removal stands in it before the container is gone. */
  const live = empty()
  const load = Effect.map(disk.read(file), (stored) => {
    const content = empty()
    for (const one of stored) {
      const record = opened(one)
      if (record === undefined) continue
      replay(content, record)
      replay(live, record)
    }
    length = stored.length
    return content
  })
  const append = (record: Record) => Effect.map(disk.append(file, sealed(record), recordBytes), () => {
    length += 1
    replay(live, record)
  })
  const sync = disk.sync(file)
  const compact = Effect.suspend(() => {
    const count = live.sandboxes.size + live.containers.size + live.images.size
    if (length < compactionRecords_min || length < count * compactionLiveFactor) return Effect.void
    const kept: Array<DiskRecord> = []
    for (const sandbox of live.sandboxes.values()) kept.push(sealed({ kind: "sandbox", sandbox }))
    for (const container of live.containers.values()) kept.push(sealed({ kind: "container", container }))
    for (const image of live.images) kept.push(sealed({ kind: "image", image }))
    length = kept.length
    return Effect.andThen(disk.replace(file, kept, kept.length * recordBytes), sync)
  })
  return { load, append, sync, compact }
})
