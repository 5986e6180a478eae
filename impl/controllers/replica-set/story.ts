/** What the controller journals of each ReplicaSet, and the chart's state that goes with it. */
import type { Expectations } from "#impl/controllers/replica-set/expectations.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { EventOf } from "#model/events.ts"
import type { charts } from "#model/controllers/replica-set.ts"

type State = StateOf<typeof charts["replica-set.replicaSet"]>

export class Story {
  readonly #journal: typeof Journal.Service
  readonly #expectations: Expectations
  /** Absent: idle. */
  readonly #states = new Map<string, State>()
  readonly #syncing = new Set<string>()
  readonly #goneWhileSyncing = new Set<string>()

  constructor(journal: typeof Journal.Service, expectations: Expectations) {
    this.#journal = journal
    this.#expectations = expectations
  }

  /** Something happened that leaves the state as it is. */
  told(uid: string, event: EventOf<"replicaSet">): void {
    this.#journal.wrote("replica-set.replicaSet", uid, event, this.#states.get(uid) ?? "idle")
  }

  entered(uid: string, event: EventOf<"replicaSet">, state: State): void {
    if (state === "idle" || state === "gone") this.#states.delete(uid)
    else this.#states.set(uid, state)
    this.#journal.wrote("replica-set.replicaSet", uid, event, state)
  }

  /** The informer showed one of the writes. */
  observed(uid: string): void {
    if (this.#states.get(uid) === "expecting" && this.#expectations.outstanding(uid) === 0) {
      this.entered(uid, { type: "replicaSet.expectationsMet" }, "idle")
    }
  }

  /** Acting although something is still expected. */
  gaveUp(uid: string): void {
    if (this.#states.get(uid) === "expecting" && this.#expectations.isExpired(uid)) {
      this.entered(uid, { type: "replicaSet.expectationsExpired" }, "idle")
    }
  }

  /** The set is gone. A sync under way finishes its sentence first. */
  gone(uid: string): void {
    if (this.#syncing.has(uid)) this.#goneWhileSyncing.add(uid)
    else this.entered(uid, { type: "replicaSet.deleted" }, "gone")
  }

  syncBegan(uid: string): void {
    this.#syncing.add(uid)
  }

  syncEnded(uid: string): void {
    this.#syncing.delete(uid)
    if (this.#goneWhileSyncing.delete(uid)) this.entered(uid, { type: "replicaSet.deleted" }, "gone")
  }
}
