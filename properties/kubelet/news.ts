/**
 * kubelet/news: whatever excuses a container that still runs, none starts whose pod its kubelet has been shown to have
 * ended: in a terminal phase, being deleted, or gone. What a kubelet was shown is told by its informer, whose copies
 * are held against the history. A new incarnation lists before it works: it has no excuse at all.
 */
import { runtimeRequestTimeout_ms } from "#model/limits/kubelet.ts"
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { History } from "#properties/history.ts"
import { isTerminal, machineOf } from "#properties/kubelet/facts.ts"
import { always } from "#properties/property.ts"

/** A call to the runtime that was under way when the news came, at its longest. */
const underWay_ms = runtimeRequestTimeout_ms

const hasEnded = (pod: Pod | undefined): boolean =>
  pod === undefined || pod.metadata.deletionTimestamp !== undefined || isTerminal(pod.status.phase)

interface News {
  readonly revision: number
  readonly at_ms: number
  readonly isFirst: boolean
}

/** What each node's kubelet has been shown, in this incarnation. */
class Shown {
  readonly #byNode = new Map<string, Array<News>>()

  hear({ actor, at_ms, entity, event }: Line): void {
    if (event.type === "process.started") {
      if (event.process.startsWith("kubelet/")) this.#byNode.set(machineOf(event.process), [])
    } else if (event.type === "reflector.listed" || event.type === "reflector.reported") {
      if (!entity.startsWith("pods?")) return
      const all = this.#byNode.get(machineOf(actor))
      if (all === undefined || event.resourceVersion <= (all.at(-1)?.revision ?? -1)) return
      all.push({ revision: event.resourceVersion, at_ms, isFirst: all.length === 0 })
    }
  }
  /** When it was first shown that revision or a later one. */
  since(node: string, revision: number): News | undefined {
    return this.#byNode.get(node)?.find((news) => news.revision >= revision)
  }
}

const startsAfterNews = (history: History): (line: Line) => string | undefined => {
  const shown = new Shown()
  const created_ms = new Map<string, number>()
  const frozenUntil_ms = new Map<string, number>()
  return (line) => {
    const { actor, at_ms, entity, event } = line
    shown.hear(line)
    if (event.type === "process.paused") frozenUntil_ms.set(event.process, Infinity)
    else if (event.type === "process.resumed") frozenUntil_ms.set(event.process, at_ms)
    else if (event.type === "container.created") created_ms.set(entity, at_ms)
    if (event.type !== "container.started") return undefined
    const node = machineOf(actor)
    const made_ms = created_ms.get(entity) ?? at_ms
    created_ms.delete(entity)
    const end = history.now.pods.versions(event.podUid).find(({ object }) => hasEnded(object))
    const news = end === undefined ? undefined : shown.since(node, end.revision)
    if (news === undefined || (frozenUntil_ms.get(actor) ?? -1) >= news.at_ms) return undefined
    const late_ms = made_ms - news.at_ms - (news.isFirst ? 0 : underWay_ms)
    return late_ms <= 0 ? undefined
      : `${event.namespace}/${event.pod} (${event.podUid}) starts ${event.name} on ${node}; its kubelet was shown at ` +
        `${news.at_ms} ms that it had ended at revision ${end!.revision}`
  }
}

export const noStartAfterNews = always("no container starts whose pod its kubelet was shown to have ended", [43, 44],
  startsAfterNews, ["process.started", "process.paused", "process.resumed", "reflector.listed", "reflector.reported",
    "container.created", "container.started"])
