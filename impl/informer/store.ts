/**
 * informer/store: objects by key, with indexes and a digest, all kept up to date by each change.
 * Spec: model/informer.ts.
 */
import type { ApiObject } from "#model/kinds.ts"
import { digestMinus, digestPlus } from "#model/objects/digest.ts"

type IndexFunction<O> = (object: O) => ReadonlyArray<string>

interface Bucket<O> {
  readonly objects: Map<string, O>
  /** The same as an array, made when it is asked for. */
  list: ReadonlyArray<O> | undefined
}
interface Index<O> {
  readonly valuesOf: IndexFunction<O>
  readonly buckets: Map<string, Bucket<O>>
}

const revisionOf = (object: ApiObject): number => Number(object.metadata.resourceVersion)
const isSame = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i])

export class Store<O extends ApiObject> {
  readonly #objects = new Map<string, O>()
  readonly #indexes = new Map<string, Index<O>>()
  #digest = 0

  get size(): number {
    return this.#objects.size
  }
  /** Of the resourceVersions of all objects, see model/objects/digest.ts. */
  get digest(): number {
    return this.#digest
  }

  get(key: string): O | undefined {
    return this.#objects.get(key)
  }

  keys(): Iterable<string> {
    return this.#objects.keys()
  }

  values(): Iterable<O> {
    return this.#objects.values()
  }

  hasIndex(name: string): boolean {
    return this.#indexes.has(name)
  }

  addIndex(name: string, valuesOf: IndexFunction<O>): void {
    const index: Index<O> = { valuesOf, buckets: new Map() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) insert(index, key, object, valuesOf(object))
  }

  indexed(name: string, value: string): ReadonlyArray<O> {
    const bucket = this.#indexes.get(name)?.buckets.get(value)
    if (bucket === undefined) return []
    bucket.list ??= [...bucket.objects.values()]
    return bucket.list
  }

  /** Returns what stood there before. */
  set(key: string, object: O): O | undefined {
    const before = this.#objects.get(key)
    this.#objects.set(key, object)
    if (before !== undefined) this.#digest = digestMinus(this.#digest, revisionOf(before))
    this.#digest = digestPlus(this.#digest, revisionOf(object))
    for (const index of this.#indexes.values()) {
      const values = index.valuesOf(object)
      if (before !== undefined) {
        const old = index.valuesOf(before)
        if (!isSame(old, values)) remove(index, key, old)
      }
      insert(index, key, object, values)
    }
    return before
  }

  delete(key: string): O | undefined {
    const before = this.#objects.get(key)
    if (before === undefined) return undefined
    this.#objects.delete(key)
    this.#digest = digestMinus(this.#digest, revisionOf(before))
    for (const index of this.#indexes.values()) remove(index, key, index.valuesOf(before))
    return before
  }
}

const insert = <O>(index: Index<O>, key: string, object: O, values: ReadonlyArray<string>): void => {
  for (const value of values) {
    let bucket = index.buckets.get(value)
    if (bucket === undefined) index.buckets.set(value, bucket = { objects: new Map(), list: undefined })
    bucket.objects.set(key, object)
    bucket.list = undefined
  }
}

const remove = <O>(index: Index<O>, key: string, values: ReadonlyArray<string>): void => {
  for (const value of values) {
    const bucket = index.buckets.get(value)
    if (bucket === undefined) continue
    bucket.objects.delete(key)
    bucket.list = undefined
    if (bucket.objects.size === 0) index.buckets.delete(value)
  }
}
