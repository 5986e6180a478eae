/**
 * The scheduling queue: active, back-off, unschedulable and gated pods, and those in flight. A pure machine but for
 * its clock, its two timers and its journal. Spec: model/scheduler/queue-pod.ts.
 */
import { Heap } from "#impl/scheduler/heap.ts"
import type { ClusterEvent, Filter } from "#impl/scheduler/filters.ts"
import { type PodInfo, podInfo } from "#impl/scheduler/node-info.ts"
import type { StateOf } from "#impl/journal.ts"
import type { Process, Timer } from "#impl/ports.ts"
import type { EventOf } from "#model/events.ts"
import * as limits from "#model/limits/scheduler.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { charts } from "#model/scheduler.ts"

type State = StateOf<typeof charts["scheduler.queuePod"]>

export interface QueuedPod {
  info: PodInfo
  readonly priority: number
  /** When it entered the queue or came back to it. */
  timestamp_ms: number
  state: State
  /** The last attempt ended in an error: it sits out its whole back-off. */
  isError: boolean
  attempts: number
  unschedulable: number
  errors: number
  backoffUntil_ms: number
  /** The filters that refused a node in the last attempt. */
  refusedBy: ReadonlyArray<Filter>
}

export interface QueueParts {
  /** Did something that may help the pod happen while it was in flight? */
  readonly replayInFlight: (events: ReadonlyArray<ClusterEvent>, pod: QueuedPod) => boolean
  /** Is this event worth another attempt for a pod that the filters refused? */
  readonly isWakeUp: (event: ClusterEvent, pod: QueuedPod) => boolean
}

const isWakeUp = (event: ClusterEvent, pod: QueuedPod): boolean =>
  pod.refusedBy.some((filter) => filter.helps(event, pod.info))

export const defaultQueueParts: QueueParts = {
  replayInFlight: (events, pod) => events.some((event) => isWakeUp(event, pod)),
  isWakeUp
}

const priorityOf = (pod: Pod): number => pod.spec.priority ?? 0
const isGated = (pod: Pod): boolean => (pod.spec.schedulingGates?.length ?? 0) > 0
const nextWindow = (at_ms: number, window_ms: number): number => Math.ceil(at_ms / window_ms) * window_ms

const isMoreUrgent = (a: QueuedPod, b: QueuedPod): boolean =>
  a.priority === b.priority ? a.timestamp_ms < b.timestamp_ms : a.priority > b.priority
/** Back-offs that end in the same second are ordered by priority. */
const backsOffLess = (a: QueuedPod, b: QueuedPod): boolean => {
  const windowA = Math.floor(a.backoffUntil_ms / limits.backoffOrderingWindow_ms)
  const windowB = Math.floor(b.backoffUntil_ms / limits.backoffOrderingWindow_ms)
  return windowA === windowB ? isMoreUrgent(a, b) : windowA < windowB
}

export class SchedulingQueue {
  readonly #process: typeof Process.Service
  readonly #parts: QueueParts
  readonly #write: (uid: string, event: EventOf<"schedulingQueue">, state: State) => void
  readonly #ready: () => void
  readonly #pods = new Map<string, QueuedPod>()
  readonly #active = new Heap<QueuedPod>(isMoreUrgent, (pod) => pod.state === "active")
  readonly #backoff = new Heap<QueuedPod>(backsOffLess, (pod) => pod.state === "backoff" && !pod.isError)
  readonly #errorBackoff = new Heap<QueuedPod>(backsOffLess, (pod) => pod.state === "backoff" && pod.isError)
  /** In the order in which they came: the first has stayed longest. */
  readonly #unschedulable = new Set<QueuedPod>()
  /** What happened since the pod whose cycle is under way was taken. */
  #cycleEvents: Array<ClusterEvent> | undefined
  #backoffTimer: { readonly at_ms: number; readonly timer: Timer } | undefined
  #flushTimer: Timer | undefined

  /** `ready` is called when a pod can be taken. */
  constructor(
    process: typeof Process.Service, parts: QueueParts,
    write: (uid: string, event: EventOf<"schedulingQueue">, state: State) => void, ready: () => void
  ) {
    this.#process = process
    this.#parts = parts
    this.#write = write
    this.#ready = ready
  }

  find(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid)
  }

  add(pod: Pod): void {
    if (this.#pods.has(pod.metadata.uid)) return
    const entry: QueuedPod = {
      info: podInfo(pod), priority: priorityOf(pod), timestamp_ms: this.#process.monotonic_ms(), state: "active",
      isError: false, attempts: 0, unschedulable: 0, errors: 0, backoffUntil_ms: 0, refusedBy: []
    }
    this.#pods.set(entry.info.uid, entry)
    const gated = isGated(pod)
    if (gated) entry.state = "gated"
    else this.#active.push(entry)
    this.#write(entry.info.uid, { type: "schedulingQueue.added", pod: entry.info.key, priority: entry.priority, gated },
      entry.state)
    if (!gated) this.#ready()
  }

  /** The object changed. Only the gates matter to the queue: a spec's other fields are immutable in the slice. */
  update(pod: Pod): void {
    const entry = this.#pods.get(pod.metadata.uid)
    if (entry === undefined) return
    entry.info = podInfo(pod)
    if (entry.state === "gated" && !isGated(pod)) this.#activate(entry, { type: "schedulingQueue.ungated" })
  }

  remove(uid: string, reason: "bound" | "deleted"): void {
    const entry = this.#pods.get(uid)
    if (entry === undefined) return
    this.#pods.delete(uid)
    this.#unschedulable.delete(entry)
    entry.state = "gone"
    this.#write(uid, { type: "schedulingQueue.removed", reason }, "gone")
  }

  /** The most urgent pod; with nothing active, the one that is closest to the end of its back-off (since 1.33). */
  pop(): QueuedPod | undefined {
    const entry = this.#active.pop() ?? this.#backoff.pop()
    if (entry === undefined) return undefined
    entry.state = "inFlight"
    entry.attempts++
    this.#cycleEvents = []
    this.#write(entry.info.uid, { type: "schedulingQueue.popped", attempts: entry.attempts }, "inFlight")
    return entry
  }

  /** The pod was placed or dropped: events no longer concern it. */
  cycleEnded(): void {
    this.#cycleEvents = undefined
  }

  returnUnschedulable(entry: QueuedPod, refusedBy: ReadonlyArray<Filter>): void {
    const events = this.#cycleEvents ?? []
    this.#cycleEvents = undefined
    if (entry.state !== "inFlight") return
    entry.refusedBy = refusedBy
    entry.isError = false
    entry.errors = 0
    entry.unschedulable++
    const woken = this.#parts.replayInFlight(events, entry)
    this.#startBackoff(entry, entry.unschedulable)
    entry.state = woken ? "backoff" : "unschedulable"
    this.#write(entry.info.uid, { type: "schedulingQueue.returned", reason: "unschedulable",
      plugins: refusedBy.map((filter) => filter.name), failures: entry.unschedulable, woken }, entry.state)
    if (woken) this.#enterBackoff(entry)
    else this.#enterUnschedulable(entry)
  }

  returnError(entry: QueuedPod): void {
    if (entry.state !== "inFlight") return
    entry.isError = true
    entry.errors++
    this.#startBackoff(entry, entry.errors)
    entry.state = "backoff"
    this.#write(entry.info.uid, { type: "schedulingQueue.returned", reason: "error", plugins: [],
      failures: entry.errors, woken: false }, "backoff")
    this.#enterBackoff(entry)
  }

  /** Something happened in the cluster: wakes those whom it may help. */
  moved(event: ClusterEvent): void {
    this.#cycleEvents?.push(event)
    if (this.#unschedulable.size === 0) return
    const now = this.#process.monotonic_ms()
    for (const entry of this.#unschedulable) {
      if (!this.#parts.isWakeUp(event, entry)) continue
      this.#unschedulable.delete(entry)
      const woken = { type: "schedulingQueue.woken", by: event.kind } as const
      if (entry.backoffUntil_ms <= now) {
        this.#activate(entry, woken)
        continue
      }
      entry.state = "backoff"
      this.#write(entry.info.uid, woken, "backoff")
      this.#enterBackoff(entry)
    }
  }

  #startBackoff(entry: QueuedPod, failures: number): void {
    entry.timestamp_ms = this.#process.monotonic_ms()
    entry.backoffUntil_ms = entry.timestamp_ms +
      Math.min(limits.podMaxBackoff_ms, limits.podInitialBackoff_ms * 2 ** Math.min(failures - 1, 30))
  }

  #activate(entry: QueuedPod, event: EventOf<"schedulingQueue">): void {
    entry.state = "active"
    this.#active.push(entry)
    this.#write(entry.info.uid, event, "active")
    this.#ready()
  }

  #enterBackoff(entry: QueuedPod): void {
    ;(entry.isError ? this.#errorBackoff : this.#backoff).push(entry)
    this.#armBackoff()
    if (!entry.isError) this.#ready()
  }

  /** One timer, at the second in which the first back-off is over. */
  #armBackoff(): void {
    const first = this.#backoff.peek()
    const firstError = this.#errorBackoff.peek()
    if (first === undefined && firstError === undefined) return
    const until = Math.min(first?.backoffUntil_ms ?? Infinity, firstError?.backoffUntil_ms ?? Infinity)
    const at_ms = nextWindow(until, limits.backoffOrderingWindow_ms)
    if (this.#backoffTimer !== undefined && this.#backoffTimer.at_ms <= at_ms) return
    this.#backoffTimer?.timer.cancel()
    const timer = this.#process.after(Math.max(1, at_ms - this.#process.monotonic_ms()), () => {
      this.#backoffTimer = undefined
      this.#endBackoffs(this.#backoff)
      this.#endBackoffs(this.#errorBackoff)
      this.#armBackoff()
    })
    this.#backoffTimer = { at_ms, timer }
  }

  #endBackoffs(heap: Heap<QueuedPod>): void {
    const now = this.#process.monotonic_ms()
    for (let first = heap.peek(); first !== undefined && first.backoffUntil_ms <= now; first = heap.peek()) {
      heap.pop()
      this.#activate(first, { type: "schedulingQueue.backoffEnded" })
    }
  }

  #enterUnschedulable(entry: QueuedPod): void {
    this.#unschedulable.add(entry)
    if (this.#flushTimer === undefined) this.#armFlush()
  }

  #armFlush(): void {
    const now = this.#process.monotonic_ms()
    // Strictly later: at a boundary itself the next one counts.
    const at_ms = nextWindow(now + 1, limits.unschedulableFlushPeriod_ms)
    this.#flushTimer = this.#process.after(at_ms - now, () => {
      this.#flushTimer = undefined
      const before_ms = this.#process.monotonic_ms() - limits.unschedulableStay_ms_max
      for (const entry of this.#unschedulable) {
        if (entry.timestamp_ms > before_ms) break
        this.#unschedulable.delete(entry)
        this.#activate(entry, { type: "schedulingQueue.flushed" })
      }
      if (this.#unschedulable.size > 0) this.#armFlush()
    })
  }
}
