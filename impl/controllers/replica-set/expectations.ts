/**
 * What the controller has written and its informer has not yet shown, by uid of the ReplicaSet.
 * Source: pkg/controller/controller_utils.go ControllerExpectations and UIDTrackingControllerExpectations, v1.36.
 */
import * as limits from "#model/limits/controllers/replica-set.ts"

interface Expectation {
  /** Below zero when more was seen than expected: also satisfied. */
  creates: number
  readonly deletes: Set<string>
  readonly since_ms: number
}

export class Expectations {
  readonly #known = new Map<string, Expectation>()
  readonly #now_ms: () => number

  constructor(now_ms: () => number) {
    this.#now_ms = now_ms
  }

  expectCreations(owner: string, count: number): void {
    this.#known.set(owner, { creates: count, deletes: new Set(), since_ms: this.#now_ms() })
  }

  expectDeletions(owner: string, pods: ReadonlyArray<string>): void {
    this.#known.set(owner, { creates: 0, deletes: new Set(pods), since_ms: this.#now_ms() })
  }

  creationObserved(owner: string): void {
    const expectation = this.#known.get(owner)
    if (expectation !== undefined) expectation.creates--
  }

  deletionObserved(owner: string, pod: string): void {
    this.#known.get(owner)?.deletes.delete(pod)
  }

  forget(owner: string): void {
    this.#known.delete(owner)
  }

  outstanding(owner: string): number {
    const expectation = this.#known.get(owner)
    return expectation === undefined ? 0 : Math.max(0, expectation.creates) + expectation.deletes.size
  }

  /** Undefined when nothing is outstanding, or no longer waited for. */
  expiresIn_ms(owner: string): number | undefined {
    if (this.outstanding(owner) === 0 || this.isExpired(owner)) return undefined
    return this.#known.get(owner)!.since_ms + limits.expectationsTimeout_ms - this.#now_ms()
  }

  isExpired(owner: string): boolean {
    const expectation = this.#known.get(owner)
    return expectation !== undefined && this.#now_ms() - expectation.since_ms > limits.expectationsTimeout_ms
  }
}
