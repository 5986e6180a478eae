/** kubelet/forced: the pods that a user has deleted by force (grace 0), by "<namespace>/<name>", once and for all. */
import type { Line } from "#model/events.ts"
import type { Moment } from "#properties/history/kept.ts"

const prefix = "/registry/pods/"

export class Forced {
  readonly hears = ["write.requested"] as const
  readonly #moment: Moment
  /** By name: the first line. */
  readonly #since = new Map<string, number>()

  constructor(moment: Moment) {
    this.#moment = moment
  }

  hear({ event, seq }: Line): void {
    if (event.type !== "write.requested" || event.verb !== "delete" || event.resource !== "pods") return
    if (event.grace !== 0 || event.agent === "kubelet" || event.agent.startsWith("kube-")) return
    const name = event.key.slice(prefix.length)
    if (!this.#since.has(name)) this.#since.set(name, seq)
  }

  has(name: string): boolean {
    return (this.#since.get(name) ?? Infinity) <= this.#moment.seq
  }
}
