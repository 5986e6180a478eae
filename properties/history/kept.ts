/**
 * history/kept: things with versions (stored objects, containers that run), as of a line and as of a revision.
 *
 * Promises hear lines in batches, so that what is kept here is ahead of the line that is being heard: each version says
 * at which line it came, and whoever asks is answered as of a moment. An index finds those that share a key; whoever
 * leaves a key stays among its former members, for questions about the past.
 */

/** As of when questions are answered: a line, and a revision if the question is about the past. */
export interface Moment {
  seq: number
  revision: number
}

/** As of all that was heard. */
export const latest: Moment = { seq: Infinity, revision: Infinity }

export interface Version<T> {
  readonly seq: number
  readonly at_ms: number
  readonly revision: number
  /** Absent: it is gone. */
  readonly object: T | undefined
}

/** All versions of one thing, the oldest first. */
export class Life<T> {
  readonly uid: string
  /** "<namespace>/<name>", or "<name>": it may be another's after this one. */
  readonly key: string
  readonly versions: Array<Version<T>> = []
  /** What it stands under in each index now. */
  readonly keys: Array<string | undefined> = []

  constructor(uid: string, key: string) {
    this.uid = uid
    this.key = key
  }

  /** Where the version of that moment stands; -1: it had none. */
  placeAt({ revision, seq }: Moment): number {
    const { versions } = this
    let place = versions.length - 1
    while (place >= 0 && (versions[place]!.seq > seq || versions[place]!.revision > revision)) place--
    return place
  }
  at(moment: Moment): T | undefined {
    return this.versions[this.placeAt(moment)]?.object
  }
  get newest(): T | undefined {
    return this.versions[this.versions.length - 1]?.object
  }
}

type KeyOf<T> = (object: T) => string | undefined

interface Members<T> {
  /** Whoever has the key now, or had it when the batch began. */
  readonly present: Set<Life<T>>
  readonly former: Set<Life<T>>
}

class Index<T> {
  readonly #place: number
  readonly #keyOf: KeyOf<T>
  readonly #members = new Map<string, Members<T>>()
  #left: Array<readonly [key: string, life: Life<T>]> = []

  constructor(place: number, keyOf: KeyOf<T>) {
    this.#place = place
    this.#keyOf = keyOf
  }

  changed(life: Life<T>, object: T | undefined): void {
    const was = life.keys[this.#place]
    const is = object === undefined ? undefined : this.#keyOf(object)
    if (was === is) return
    life.keys[this.#place] = is
    if (was !== undefined) this.#left.push([was, life])
    if (is === undefined) return
    let members = this.#members.get(is)
    if (members === undefined) this.#members.set(is, members = { present: new Set(), former: new Set() })
    members.present.add(life)
    members.former.delete(life)
  }

  /** A batch has been heard: nobody asks any more about the lines in it. */
  settle(): void {
    if (this.#left.length === 0) return
    for (const [key, life] of this.#left) {
      if (life.keys[this.#place] === key) continue
      const { former, present } = this.#members.get(key)!
      if (present.delete(life)) former.add(life)
    }
    this.#left = []
  }

  forget(life: Life<T>): void {
    for (const [key, { former, present }] of this.#members) {
      former.delete(life)
      present.delete(life)
      if (former.size + present.size === 0) this.#members.delete(key)
    }
  }

  of(key: string, moment: Moment): ReadonlyArray<T> {
    const members = this.#members.get(key)
    if (members === undefined) return none
    const found: Array<T> = []
    const collect = (life: Life<T>): void => {
      const object = life.at(moment)
      if (object !== undefined && this.#keyOf(object) === key) found.push(object)
    }
    members.present.forEach(collect)
    if (moment.revision !== Infinity) members.former.forEach(collect)
    return found
  }
}
const none: ReadonlyArray<never> = []

export class Kept<T, By extends string = never> {
  readonly lives = new Map<string, Life<T>>()
  readonly everyone: Index<T> = new Index<T>(0, () => "")
  /** By key: those who had it, one after the other. */
  readonly holders = new Map<string, Array<Life<T>>>()
  readonly by: Readonly<Record<By, Index<T>>>
  readonly #indexes: ReadonlyArray<Index<T>>
  readonly #isForgetful: boolean

  /** `isForgetful`: nobody asks what such things were before the batch. */
  constructor(keys: Readonly<Record<By, KeyOf<T>>>, isForgetful = false) {
    const indexes = Object.entries<KeyOf<T>>(keys).map(([name, keyOf], i) => [name, new Index(i + 1, keyOf)])
    this.by = Object.fromEntries(indexes) as Record<By, Index<T>>
    this.#indexes = [this.everyone, ...Object.values<Index<T>>(this.by)]
    this.#isForgetful = isForgetful
  }

  put(uid: string, key: string, version: Version<T>): void {
    let life = this.lives.get(uid)
    if (life === undefined) {
      this.lives.set(uid, life = new Life(uid, key))
      const holders = this.holders.get(key)
      if (holders === undefined) this.holders.set(key, [life])
      else holders.push(life)
    }
    const { versions } = life
    versions.push(version)
    for (const index of this.#indexes) index.changed(life, version.object)
    if (this.#isForgetful && versions.length > remembered_max) versions.splice(0, versions.length - remembered_min)
  }

  settle(): void {
    for (const index of this.#indexes) index.settle()
  }

  /**
   * What was over by then is forgotten: who is gone since, and what who is there was before, but for how it began. What
   * is as it was then may have been so for longer.
   */
  forget(before_ms: number): void {
    for (const life of this.lives.values()) {
      const { versions } = life
      let place = versions.length - 1
      while (place > 0 && versions[place]!.at_ms > before_ms) place--
      if (place > 1) versions.splice(1, place - 1)
      if (versions.at(-1)!.object === undefined && versions.at(-1)!.at_ms <= before_ms) this.#bury(life)
    }
  }
  #bury(life: Life<T>): void {
    this.lives.delete(life.uid)
    const left = this.holders.get(life.key)!.filter((other) => other !== life)
    if (left.length === 0) this.holders.delete(life.key)
    else this.holders.set(life.key, left)
    for (const index of this.#indexes) index.forget(life)
  }
}
/** More versions than one batch can bring of one thing, and how many are left when the older ones go. */
const remembered_max = 2_000
const remembered_min = 1_000

/** The same things as of a moment. */
export class View<T, By extends string = never> {
  readonly #kept: Kept<T, By>
  readonly #moment: Moment

  constructor(kept: Kept<T, By>, moment: Moment) {
    this.#kept = kept
    this.#moment = moment
  }

  /** Undefined: it is not there, be it that it never was or is gone. */
  get(uid: string): T | undefined {
    return this.#kept.lives.get(uid)?.at(this.#moment)
  }
  /** Also of one that is gone: as it was last. */
  known(uid: string): T | undefined {
    const life = this.#kept.lives.get(uid)
    if (life === undefined) return undefined
    for (let place = life.placeAt(this.#moment); place >= 0; place--) {
      const { object } = life.versions[place]!
      if (object !== undefined) return object
    }
    return undefined
  }
  named(key: string): T | undefined {
    const holders = this.#kept.holders.get(key)
    for (let i = (holders?.length ?? 0) - 1; i >= 0; i--) {
      const object = holders![i]!.at(this.#moment)
      if (object !== undefined) return object
    }
    return undefined
  }
  all(): ReadonlyArray<T> {
    return this.#kept.everyone.of("", this.#moment)
  }
  by(index: By, key: string): ReadonlyArray<T> {
    return this.#kept.by[index].of(key, this.#moment)
  }
  /** Its first version. */
  first(uid: string): Version<T> | undefined {
    return this.#kept.lives.get(uid)?.versions[0]
  }
  /** What it was until the line that told of its change. */
  before({ entity, seq }: { readonly entity: string; readonly seq: number }): Version<T> | undefined {
    const life = this.#kept.lives.get(entity)
    return life?.versions[life.placeAt({ seq: seq - 1, revision: this.#moment.revision })]
  }
  /** The versions that it has had until then, its removal included, the oldest first. */
  versions(uid: string): ReadonlyArray<Version<T>> {
    const life = this.#kept.lives.get(uid)
    return life === undefined ? none : life.versions.slice(0, life.placeAt(this.#moment) + 1)
  }
  /** What was written of it at just that revision, if that was so. */
  written(uid: string, revision: number): Version<T> | undefined {
    const life = this.#kept.lives.get(uid)
    const { versions } = life ?? { versions: none }
    for (let place = life?.placeAt(this.#moment) ?? -1; place >= 0; place--) {
      const version = versions[place]!
      if (version.revision === revision) return version
      if (version.revision < revision) return undefined
    }
    return undefined
  }
  /** The versions of all who have had the key until then, removals included, the newest first. */
  *history(key: string): Generator<Version<T>> {
    for (const life of this.#kept.holders.get(key)?.toReversed() ?? []) {
      for (let place = life.placeAt(this.#moment); place >= 0; place--) yield life.versions[place]!
    }
  }
  /** Since when it has been as it is, in the eyes of `isSame`. */
  since(uid: string, isSame: (a: T, b: T) => boolean): Version<T> | undefined {
    const life = this.#kept.lives.get(uid)
    if (life === undefined) return undefined
    let place = life.placeAt(this.#moment)
    const now = life.versions[place]?.object
    if (now === undefined) return undefined
    for (; place > 0; place--) {
      const before = life.versions[place - 1]!.object
      if (before === undefined || !isSame(before, now)) break
    }
    return life.versions[place]
  }
}
