/**
 * controller/store: objects of two kinds by revision: what a controller saw is known to the judge, since its informers
 * say up to which revision they show. A deleted object is forgotten after a while; versions are shared with the lines.
 */
import type { Line } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import { changeOf } from "#properties/controller/ruled.ts"

interface Version {
  readonly revision: number
  readonly at_ms: number
  /** Absent: deleted. */
  readonly object: ApiObject | undefined
}

/** Longer than any informer may be behind. */
const remembered_ms = 900_000 // ASSUMED
const sweepEvery = 64

export class Store {
  readonly #resources: ReadonlyArray<string>
  readonly #ownerOf: (object: ApiObject) => string | undefined
  readonly #versions = new Map<string, Array<Version>>()
  /** By owner: what was ever its own. */
  readonly #owned = new Map<string, Set<string>>()
  #deletions = 0

  constructor(resources: ReadonlyArray<string>, ownerOf: (object: ApiObject) => string | undefined) {
    this.#resources = resources
    this.#ownerOf = ownerOf
  }

  line(line: Line): void {
    const change = changeOf(line)
    if (change === undefined || !this.#resources.includes(change.resource)) return
    const { object, resource, revision } = change
    const uid = line.entity
    const versions = this.#versions.get(uid) ?? []
    if (versions.length === 0) this.#versions.set(uid, versions)
    versions.push({ revision, at_ms: line.at_ms, object })
    if (object === undefined) {
      if (++this.#deletions % sweepEvery === 0) this.#sweep(line.at_ms)
      return
    }
    const owner = resource === this.#resources[1] ? this.#ownerOf(object) : undefined
    if (owner !== undefined) this.#owned.set(owner, (this.#owned.get(owner) ?? new Set()).add(uid))
  }

  /** As of the revision; undefined: it was not there. */
  at(uid: string, revision: number): ApiObject | undefined {
    return this.#versions.get(uid)?.findLast((version) => version.revision <= revision)?.object
  }

  /** The version that this very revision made, and what stood before it. */
  madeAt(uid: string, revision: number): readonly [object: ApiObject, previous: ApiObject | undefined] | undefined {
    const versions = this.#versions.get(uid) ?? []
    const i = versions.findLastIndex((version) => version.revision === revision)
    const object = versions[i]?.object
    return object === undefined ? undefined : [object, versions[i - 1]?.object]
  }

  ownedAt(owner: string, revision: number): Array<ApiObject> {
    const owned: Array<ApiObject> = []
    for (const uid of this.#owned.get(owner) ?? []) {
      const object = this.at(uid, revision)
      if (object !== undefined && this.#ownerOf(object) === owner) owned.push(object)
    }
    return owned
  }

  #sweep(now_ms: number): void {
    for (const [uid, versions] of this.#versions) {
      const last = versions.at(-1)!
      if (last.object === undefined && now_ms - last.at_ms > remembered_ms) this.#versions.delete(uid)
    }
    for (const [owner, all] of this.#owned) {
      for (const uid of all) if (!this.#versions.has(uid)) all.delete(uid)
      if (all.size === 0) this.#owned.delete(owner)
    }
  }
}
