/**
 * kubelet/forced: the pods that somebody else than their kubelet has deleted at once (grace 0), by uid: a user, or the
 * garbage collector, whose right to it is promised apart. By the word of the API servers that took the request.
 */
import type { Line } from "#model/events.ts"
import { ByActor } from "#properties/by-actor.ts"
import type { Moment } from "#properties/history/kept.ts"


export class Forced {
  readonly hears = ["write.requested", "write.done", "write.refused", "write.outcomeUnknown", "object.created",
    "object.deleted", "process.crashed", "process.stopped"] as const
  readonly #moment: Moment
  readonly #present = new Map<string, string>()
  /** Keys of the requests that are under way: they strike whoever bears the name then. */
  readonly #open = new ByActor<string>()
  /** By uid: the first line. */
  readonly #since = new Map<string, number>()

  constructor(moment: Moment) {
    this.#moment = moment
  }

  hear({ actor, entity, event, seq }: Line): void {
    switch (event.type) {
      case "write.requested": {
        if (event.verb !== "delete" || event.resource !== "pods") return
        if (event.grace !== 0 || event.agent === "kubelet") return
        const uid = this.#present.get(event.key)
        if (event.uid === "") this.#open.set(actor, entity, event.key)
        return uid === undefined || (event.uid !== "" && event.uid !== uid) ? undefined : this.#strike(uid, seq)
      }
      case "object.created":
        if (event.resource !== "pods") return
        this.#present.set(event.key, entity)
        for (const [, , key] of this.#open) if (key === event.key) this.#strike(entity, seq)
        return
      case "object.deleted":
        if (this.#present.get(event.key) === entity) this.#present.delete(event.key)
        return
      case "process.crashed":
      case "process.stopped":
        return this.#open.forget(event.process)
      default:
        this.#open.take(actor, entity)
    }
  }
  #strike(uid: string, seq: number): void {
    if (!this.#since.has(uid)) this.#since.set(uid, seq)
  }

  has(uid: string): boolean {
    return (this.#since.get(uid) ?? Infinity) <= this.#moment.seq
  }
}
