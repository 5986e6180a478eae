/** Monitors over the schedulers' queues and caches. */
import type { Line } from "#model/events.ts"
import { backoffOrderingWindow_ms, podInitialBackoff_ms, podMaxBackoff_ms } from "#model/limits/scheduler.ts"
import { settled_ms } from "#properties/history/bounds.ts"
import type { Obligation } from "#properties/property.ts"

type QueueState = "gated" | "active" | "backoff" | "unschedulable" | "inFlight"
interface Queued {
  readonly priority: number
  readonly state: QueueState
  /** When it entered the queue or came back to it. */
  readonly stamp_ms: number
  /** 0: its last attempt did not fail. */
  readonly backoffUntil_ms: number
  readonly isError: boolean
}
interface Queue {
  readonly pods: Map<string, Queued>
  /** How many are active, by priority. */
  readonly active: Map<number, number>
}

/** Where each pod of each scheduler's queue is, from the lines' states. */
class Queues {
  readonly byActor = new Map<string, Queue>()

  of(actor: string): Queue {
    let queue = this.byActor.get(actor)
    if (queue === undefined) this.byActor.set(actor, queue = { pods: new Map(), active: new Map() })
    return queue
  }

  /** Applies a line of the subject schedulingQueue, or the end of a process. */
  line({ actor, clock_ms, entity, event, state }: Line): void {
    if (event.type === "process.crashed" || event.type === "process.stopped") {
      this.byActor.delete(event.process)
      return
    }
    if (!event.type.startsWith("schedulingQueue.")) return
    const { active, pods } = this.of(actor)
    const before = pods.get(entity)
    const priority = event.type === "schedulingQueue.added" ? event.priority : before?.priority ?? 0
    if (before?.state === "active") active.set(priority, active.get(priority)! - 1)
    if (state === "active") active.set(priority, (active.get(priority) ?? 0) + 1)
    if (state === "gone") pods.delete(entity)
    else if (event.type === "schedulingQueue.returned") {
      const backoff_ms = Math.min(podMaxBackoff_ms, podInitialBackoff_ms * 2 ** Math.min(event.failures - 1, 30))
      pods.set(entity, { priority, state: state as QueueState, stamp_ms: clock_ms,
        backoffUntil_ms: clock_ms + backoff_ms, isError: event.reason === "error" })
    } else {
      pods.set(entity, { priority, state: state as QueueState, stamp_ms: before?.stamp_ms ?? clock_ms,
        backoffUntil_ms: before?.backoffUntil_ms ?? 0, isError: before?.isError ?? false })
    }
  }
}

/** Back-offs that end in the same window are ordered by urgency. */
const windowOf = (pod: Queued): number => Math.floor(pod.backoffUntil_ms / backoffOrderingWindow_ms)
/** A longer queue is not looked through: that would cost more than the run. */
const lookedAt_max = 300

/** PrioritySort: of equal priority the older first; out of the back-off, whose back-off ends first. */
const passedOver = (queue: Queue, taken: Queued): string | undefined => {
  if (queue.pods.size > lookedAt_max) return undefined
  for (const [uid, other] of queue.pods) {
    if (other === taken || other.state !== taken.state) continue
    if (taken.state === "backoff") {
      if (!other.isError && windowOf(other) < windowOf(taken)) return uid
    } else if (other.priority === taken.priority && other.stamp_ms < taken.stamp_ms) return uid
  }
  return undefined
}

/** 69, and PrioritySort: nobody more urgent is active when a pod is taken; early only when nobody is active. */
export const mostUrgentFirst = (): (line: Line) => string | undefined => {
  const queues = new Queues()
  return (line) => {
    const { actor, entity, event } = line
    let broken: string | undefined
    if (event.type === "schedulingQueue.popped") {
      const queue = queues.of(actor)
      const pod = queue.pods.get(entity)
      if (pod === undefined) broken = `${actor} took ${entity}, which is not in its queue`
      else if (pod.state !== "active" && pod.state !== "backoff") {
        broken = `${actor} took ${entity}, which is ${pod.state}`
      } else {
        const older = passedOver(queue, pod)
        if (older !== undefined) broken = `${actor} took ${entity} before ${older}, which has waited longer`
      }
      for (const [priority, count] of queue.active) {
        if (count === 0 || pod === undefined) continue
        if (pod.state === "backoff") broken = `${actor} took ${entity} from its back-off while others are active`
        else if (priority > pod.priority) {
          broken = `${actor} took ${entity} of priority ${pod.priority} before one of ${priority}`
        }
      }
    } else if (event.type === "schedulingQueue.added" && queues.of(actor).pods.has(entity)) {
      broken = `${actor} queued ${entity} twice`
    }
    queues.line(line)
    return broken
  }
}

/** 68: 5 min, looked at each 30 s, by the scheduler's clock. Slack for a paused process, which cannot look. */
const stay_ms_max = 330_000
const slack_ms = 1_000 // ASSUMED

export const unschedulableIsFlushed = (): (line: Line) => string | undefined => {
  const queues = new Queues()
  const order = new Map<string, Map<string, number>>()
  const pausedAt = new Set<string>()
  return (line) => {
    const { actor, clock_ms, entity, event, state } = line
    if (event.type === "process.paused") {
      pausedAt.add(event.process)
      return undefined
    }
    if (event.type === "process.crashed" || event.type === "process.stopped") {
      order.delete(event.process)
      pausedAt.delete(event.process)
    }
    queues.line(line)
    if (!event.type.startsWith("schedulingQueue.")) return undefined
    let lying = order.get(actor)
    if (lying === undefined) order.set(actor, lying = new Map())
    // Insertion order is the order of falling: the first has lain longest.
    const [first] = lying
    lying.delete(entity)
    if (state === "unschedulable") lying.set(entity, clock_ms)
    if (first === undefined || pausedAt.has(actor) || clock_ms - first[1] <= stay_ms_max + slack_ms) return undefined
    return `${actor} left ${first[0]} among the unschedulable for ${Math.round((clock_ms - first[1]) / 1000)} s`
  }
}

/** Back-offs are looked at each second, by the scheduler's clock; a paused process cannot look. */
export const backoffEnds = (): (line: Line) => string | undefined => {
  const queues = new Queues()
  const pausedAt = new Set<string>()
  return (line) => {
    const { actor, clock_ms, entity, event, state } = line
    if (event.type === "process.paused") pausedAt.add(event.process)
    if (event.type === "process.crashed" || event.type === "process.stopped") pausedAt.delete(event.process)
    if (!event.type.startsWith("schedulingQueue.")) {
      queues.line(line)
      return undefined
    }
    const { pods } = queues.of(actor)
    queues.line(line)
    if (pausedAt.has(actor) || pods.size > lookedAt_max) return undefined
    for (const [uid, pod] of pods) {
      const late_ms = clock_ms - pod.backoffUntil_ms - backoffOrderingWindow_ms
      if (pod.state === "backoff" && late_ms > slack_ms) {
        return `${actor} keeps ${uid} in its back-off ${Math.round(late_ms)} ms too long, at ${state} of ${entity}`
      }
    }
    return undefined
  }
}

/** 68: whoever is active or backs off at a leading scheduler is taken. */
const takeWithin_ms = 60_000 // ASSUMED: back-off 10 s and a queue in front.
export const activeIsTaken = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const waiting = new Map<string, Map<string, Line>>()
  const leading = new Set<string>()
  return {
    line: (line) => {
      const { actor, entity, event, state } = line
      if (event.type === "schedulerProcess.led") leading.add(actor)
      else if (event.type === "process.crashed" || event.type === "process.stopped") {
        waiting.delete(event.process)
        leading.delete(event.process)
      } else if (event.type.startsWith("schedulingQueue.")) {
        let pods = waiting.get(actor)
        if (pods === undefined) waiting.set(actor, pods = new Map())
        // Who failed with an error, as all do in a cluster without nodes, sits out its whole back-off, again and again.
        const isError = event.type === "schedulingQueue.returned" && event.reason === "error"
        if (!isError && (state === "active" || state === "backoff")) pods.set(entity, pods.get(entity) ?? line)
        else pods.delete(entity)
      }
    },
    open: function*() {
      for (const actor of leading) {
        for (const [entity, { at_ms: since_ms, seq }] of waiting.get(actor) ?? []) {
          yield { entity: `${entity} at ${actor}`, since_ms, within_ms: takeWithin_ms, seq, by: actor }
        }
      }
    }
  }
}

/** 64: no pod is assumed while it counts already. */
export const assumedOnce = (): (line: Line) => string | undefined => {
  const counted = new Map<string, Map<string, string>>()
  return ({ actor, entity, event }) => {
    if (event.type === "process.crashed" || event.type === "process.stopped") {
      counted.delete(event.process)
      return undefined
    }
    let pods = counted.get(actor)
    if (pods === undefined) counted.set(actor, pods = new Map())
    const node = pods.get(entity)
    switch (event.type) {
      case "schedulerCache.assumed":
        pods.set(entity, event.node)
        return node === undefined ? undefined
          : `${actor} assumed ${entity} on ${event.node} while it counts on ${node}`
      case "schedulerCache.confirmed":
        pods.set(entity, event.node)
        return node === undefined || node === event.node ? undefined
          : `${actor} confirmed ${entity} on ${event.node} while it counts on ${node}`
      case "schedulerCache.corrected":
        pods.set(entity, event.node)
        return undefined
      case "schedulerCache.forgotten":
      case "schedulerCache.removed":
        pods.delete(entity)
        return node === undefined ? `${actor} took ${entity} off ${event.node}, where it does not count` : undefined
      default:
        return undefined
    }
  }
}

/** An obligation of a scheduler towards a pod, until one of the closing events or the end of the process. */
const until = (
  opens: string, closes: ReadonlyArray<string>, within_ms: number
) => (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const byActor = new Map<string, Map<string, Line>>()
  return {
    line: (line) => {
      const { actor, entity, event } = line
      if (event.type === "process.crashed" || event.type === "process.stopped") byActor.delete(event.process)
      else if (event.type === opens) {
        const pods = byActor.get(actor) ?? new Map<string, Line>()
        byActor.set(actor, pods)
        if (!pods.has(entity)) pods.set(entity, line)
      } else if (closes.includes(event.type)) byActor.get(actor)?.delete(entity)
    },
    open: function*() {
      for (const [actor, pods] of byActor) {
        for (const [entity, { at_ms: since_ms, seq }] of pods) {
          yield { entity: `${entity} at ${actor}`, since_ms, within_ms, seq, by: actor }
        }
      }
    }
  }
}

export const assumptionEnds = until("schedulerCache.assumed", ["schedulerCache.confirmed", "schedulerCache.corrected",
  "schedulerCache.forgotten"], settled_ms)
/** The handler runs in the task that hears of the failure; a queue's entry may have been removed before. */
export const failedBindingIsQueued = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const requeued = until("podBinding.failed", ["schedulingQueue.returned", "schedulingQueue.removed"], 1_000)()
  const queues = new Queues()
  return {
    line: (line) => {
      const inQueue = queues.of(line.actor).pods.has(line.entity)
      queues.line(line)
      if (line.event.type !== "podBinding.failed" || inQueue) requeued.line(line)
    },
    open: requeued.open
  }
}
