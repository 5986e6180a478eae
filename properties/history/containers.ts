/** history/containers: what really runs on the machines, by the word of the container runtimes. */
import type { Line } from "#model/events.ts"
import { Kept, type Moment, View } from "#properties/history/kept.ts"

export interface Running {
  readonly id: string
  readonly uid: string
  /** "<namespace>/<name>" of its pod. */
  readonly pod: string
  readonly node: string
}

/** "worker-1" of "kubelet/worker-1". */
const nodeOf = (actor: string): string => actor.slice(actor.indexOf("/") + 1)

export class Containers {
  readonly hears = ["container.started", "container.exited", "machine.powerLost", "machine.panicked",
    "machine.reset"] as const
  readonly #kept = new Kept<Running, "uid" | "pod" | "node">({
    uid: ({ uid }) => uid, pod: ({ pod }) => pod, node: ({ node }) => node
  })
  readonly #view: View<Running, "uid" | "pod" | "node">

  constructor(moment: Moment) {
    this.#view = new View(this.#kept, moment)
  }

  hear(line: Line): void {
    const { actor, entity, event } = line
    switch (event.type) {
      case "container.started":
        return this.#put(line, {
          id: entity, uid: event.podUid, pod: `${event.namespace}/${event.pod}`, node: nodeOf(actor)
        })
      case "container.exited": {
        const running = this.#kept.lives.get(entity)?.newest
        return running === undefined ? undefined : this.#put(line, running, true)
      }
      // Nothing that was in the memory of a machine is left.
      case "machine.powerLost":
      case "machine.panicked":
      case "machine.reset":
        for (const running of this.#kept.by.node.of(nodeOf(actor), { seq: line.seq, revision: Infinity })) {
          this.#put(line, running, true)
        }
    }
  }
  #put({ at_ms, seq }: Line, running: Running, isOver = false): void {
    this.#kept.put(running.id, running.id, { seq, at_ms, revision: 0, object: isOver ? undefined : running })
  }
  settle(): void {
    this.#kept.settle()
  }

  all(): ReadonlyArray<Running> {
    return this.#view.all()
  }
  ofUid(uid: string): ReadonlyArray<Running> {
    return this.#view.by("uid", uid)
  }
  /** Of whatever pod has, or had, that "<namespace>/<name>". */
  ofPod(name: string): ReadonlyArray<Running> {
    return this.#view.by("pod", name)
  }
  onNode(node: string): ReadonlyArray<Running> {
    return this.#view.by("node", node)
  }
}
