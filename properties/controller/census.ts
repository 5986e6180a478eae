/**
 * controller/census: a controller's objects and what they own, from committed objects, with what is not as it should
 * be. Figures are kept as they change: O(1) a change of what is owned.
 */
import type { Line } from "#model/events.ts"
import type { Objects, Resource } from "#model/kinds.ts"
import { changeOf, identityOf, isGoing, ownerOf, type Ruled } from "#properties/controller/ruled.ts"

export interface Known<R extends Resource, W extends Resource> {
  /** Absent: it is not there yet, or gone. */
  object: Objects[R] | undefined
  readonly owned: Map<string, Objects[W]>
  /** Those that count. */
  active: number
  /** Those that count and are not selected. */
  strangers: number
  /** In the order of the figures. */
  readonly sums: Array<number>
}

export class Census<R extends Resource, W extends Resource> {
  /** By identity: their uid, or their key where what they own names no uid. */
  readonly known = new Map<string, Known<R, W>>()
  /** What counts and has no controller, by uid. */
  readonly orphans = new Map<string, Objects[W]>()
  readonly #ruled: Ruled<R, W>
  readonly #owners = new Map<string, string>()

  constructor(ruled: Ruled<R, W>) {
    this.#ruled = ruled
  }

  /** The identities of the objects that the line concerns. */
  line(line: Line): ReadonlyArray<string> {
    const change = changeOf(line)
    if (change === undefined) return []
    if (change.resource === this.#ruled.of) {
      return this.#object(identityOf(this.#ruled, (change.object ?? change.previous)!),
        change.object as Objects[R] | undefined)
    }
    return change.resource === this.#ruled.owns
      ? this.#own(line.entity, change.object as Objects[W] | undefined) : []
  }

  /**
   * What is wrong with an object that stands; undefined when all is right. `isSettled`: also what takes time.
   * `isEnding`: its namespace takes nothing new, so that it need not have as many as it wants.
   */
  wrong({ active, object, strangers, sums }: Known<R, W>, isSettled: boolean, isEnding: boolean): string | undefined {
    if (object === undefined || isGoing(object)) return undefined
    const wanted = this.#ruled.wants(object)
    if (active !== wanted && !(isEnding && active < wanted)) return `wants ${wanted} and has ${active}`
    if (strangers > 0) return `keeps ${strangers} that it does not select`
    const { metadata: { generation }, status = {} } = object as Reported
    const { observedGeneration } = status
    if (this.#ruled.status.length > 0 && generation !== undefined && observedGeneration !== generation) {
      return `has not looked at generation ${generation}`
    }
    for (let i = 0; i < sums.length; i++) {
      const { isSlow, name, said } = this.#ruled.status[i]!
      const figure = said(object)
      if (figure === sums[i] || (!isSettled && isSlow?.(object) === true)) continue
      return `reports ${figure} ${name} of ${sums[i]}`
    }
    return undefined
  }

  #of(uid: string): Known<R, W> {
    let known = this.known.get(uid)
    if (known === undefined) {
      known = { object: undefined, owned: new Map(), active: 0, strangers: 0, sums: this.#ruled.status.map(() => 0) }
      this.known.set(uid, known)
    }
    return known
  }

  #object(uid: string, object: Objects[R] | undefined): ReadonlyArray<string> {
    const known = this.#of(uid)
    const hadSpec = known.object === undefined ? undefined : specOf(known.object)
    known.object = object
    if (object === undefined) {
      if (known.owned.size === 0) this.known.delete(uid)
    } else if (hadSpec === undefined || hadSpec !== specOf(object)) {
      known.active = 0
      known.strangers = 0
      known.sums.fill(0)
      for (const owned of known.owned.values()) this.#count(known, owned, 1)
    }
    return [uid]
  }

  #own(uid: string, owned: Objects[W] | undefined): ReadonlyArray<string> {
    const before = this.#owners.get(uid)
    const owner = owned === undefined ? undefined : ownerOf(this.#ruled, owned)
    if (before !== undefined) {
      const known = this.known.get(before)!
      this.#count(known, known.owned.get(uid)!, -1)
      known.owned.delete(uid)
      if (known.owned.size === 0 && known.object === undefined) this.known.delete(before)
    }
    if (owner === undefined) this.#owners.delete(uid)
    else {
      const known = this.#of(owner)
      this.#owners.set(uid, owner)
      known.owned.set(uid, owned!)
      this.#count(known, owned!, 1)
    }
    if (owned === undefined || owner !== undefined || !this.#ruled.counts(owned)) this.orphans.delete(uid)
    else this.orphans.set(uid, owned)
    return before === undefined ? owner === undefined ? [] : [owner]
      : owner === undefined || owner === before ? [before] : [before, owner]
  }

  #count(known: Known<R, W>, owned: Objects[W], sign: 1 | -1): void {
    const { object, sums } = known
    if (object === undefined) return
    const { counts, selects, status } = this.#ruled
    if (counts(owned)) {
      known.active += sign
      if (selects?.(object, owned) === false) known.strangers += sign
    }
    for (let i = 0; i < sums.length; i++) if (status[i]!.counts(owned, object)) sums[i]! += sign
  }
}

interface Reported {
  readonly metadata: { readonly generation?: number }
  readonly status?: { readonly observedGeneration?: number }
}
const specOf = (object: object): unknown => (object as { readonly spec?: unknown }).spec ?? "none"
