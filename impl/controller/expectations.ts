/**
 * controller/expectations: what a controller has asked for and its informers have not yet shown, by key.
 * Source: pkg/controller/controller_utils.go ControllerExpectations and UIDTrackingControllerExpectations, v1.36.
 */
import type { Journal, StateOf } from "#impl/journal.ts"
import type { charts } from "#model/controller.ts"
import type { EventOf } from "#model/events.ts"
import * as limits from "#model/limits/controller.ts"

interface Expectation {
  /** Below zero when more was seen than expected: also satisfied. */
  creates: number
  /** Uids. */
  readonly deletes: Set<string>
  readonly since_ms: number
}

export class Expectations {
  readonly #known = new Map<string, Expectation>()
  /** Those of which it was told that something is outstanding. */
  readonly #told = new Set<string>()
  readonly #journal: Journal["Service"]
  readonly #queue: string
  readonly #now_ms: () => number

  constructor(journal: Journal["Service"], queue: string, now_ms: () => number) {
    this.#journal = journal
    this.#queue = queue
    this.#now_ms = now_ms
  }

  set(key: string, creates: number, deletes: ReadonlyArray<string>): void {
    if (this.isExpired(key) && this.#told.has(key)) this.#tell(key, { type: "expectations.expired" }, "met")
    this.#known.set(key, { creates, deletes: new Set(deletes), since_ms: this.#now_ms() })
    this.#tell(key, { type: "expectations.set", creates, deletes: deletes.length }, "outstanding")
  }

  creationObserved(key: string): void {
    const expectation = this.#known.get(key)
    if (expectation === undefined) return
    expectation.creates--
    this.#observed(key)
  }

  deletionObserved(key: string, uid: string): void {
    if (this.#known.get(key)?.deletes.delete(uid) === true) this.#observed(key)
  }

  forget(key: string): void {
    this.#known.delete(key)
    if (this.#told.has(key)) this.#tell(key, { type: "expectations.forgotten" }, "met")
  }

  outstanding(key: string): number {
    const expectation = this.#known.get(key)
    return expectation === undefined ? 0 : Math.max(0, expectation.creates) + expectation.deletes.size
  }

  /** Undefined when nothing is outstanding, or no longer waited for. */
  expiresIn_ms(key: string): number | undefined {
    if (this.outstanding(key) === 0 || this.isExpired(key)) return undefined
    return this.#known.get(key)!.since_ms + limits.expectationsTimeout_ms - this.#now_ms()
  }

  isExpired(key: string): boolean {
    const expectation = this.#known.get(key)
    return expectation !== undefined && this.#now_ms() - expectation.since_ms > limits.expectationsTimeout_ms
  }

  #observed(key: string): void {
    if (this.#told.has(key) && this.outstanding(key) === 0) this.#tell(key, { type: "expectations.met" }, "met")
  }

  #tell(
    key: string, event: EventOf<"expectations">, state: StateOf<(typeof charts)["controller.expectations"]>
  ): void {
    if (state === "outstanding") this.#told.add(key)
    else this.#told.delete(key)
    this.#journal.wrote("controller.expectations", `${this.#queue}:${key}`, event, state)
  }
}
