/**
 * What a monitor remembers under a name that is one of an actor's own: a call, a watch, a request. Two lookups cost a
 * fraction of making one key of both, which most lines would have to do several times over.
 */
export class ByActor<Value> {
  readonly #actors = new Map<string, Map<string, Value>>()

  get(actor: string, name: string): Value | undefined {
    return this.#actors.get(actor)?.get(name)
  }
  set(actor: string, name: string, value: Value): void {
    let own = this.#actors.get(actor)
    if (own === undefined) this.#actors.set(actor, own = new Map())
    own.set(name, value)
  }
  /** What stood there; it is forgotten. */
  take(actor: string, name: string): Value | undefined {
    const own = this.#actors.get(actor)
    const value = own?.get(name)
    if (value !== undefined) own!.delete(name)
    return value
  }
  of(actor: string): Iterable<readonly [name: string, Value]> {
    return this.#actors.get(actor) ?? []
  }
  forget(actor: string): void {
    this.#actors.delete(actor)
  }
  *[Symbol.iterator](): Generator<readonly [actor: string, name: string, value: Value]> {
    for (const [actor, own] of this.#actors) for (const [name, value] of own) yield [actor, name, value]
  }
}
