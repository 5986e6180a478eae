/**
 * Why a scheduler does what it does with a pod: what wakes it may help it, what takes it off the queue is true, and
 * what may be taken is.
 *
 * Source: the plugins' queueing hints (isSchedulableAfterNodeChange and the like: QueueSkip unless the node passes and
 * what the plugin reads of it has changed), scheduling_queue.go, backoff_queue.go (PopFromBackoffQ), v1.36.
 */
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { History } from "#properties/history.ts"
import { ByActor } from "#properties/by-actor.ts"
import { isTerminal, nodeOf, type Sums } from "#properties/scheduler/fit.ts"
import { type KnownNode, plugins } from "#properties/scheduler/plugins.ts"
import { sameRecord, Snapshots, taintText } from "#properties/scheduler/snapshot.ts"

interface Happening {
  readonly kind: "nodeAdded" | "nodeUpdated" | "assignedPodDeleted"
  readonly at_ms: number
  readonly before?: KnownNode
  readonly after?: KnownNode
}

const taintsOf = ({ node }: KnownNode): string => (node.spec.taints ?? []).map(taintText).join(",")
/** Is anything that the plugin reads different? */
const differs: Readonly<Record<string, (a: KnownNode, b: KnownNode) => boolean>> = {
  NodeUnschedulable: (a, b) => (a.node.spec.unschedulable === true) !== (b.node.spec.unschedulable === true),
  TaintToleration: (a, b) => taintsOf(a) !== taintsOf(b),
  NodeAffinity: (a, b) => !sameRecord(a.node.metadata.labels, b.node.metadata.labels ?? {}),
  NodeResourcesFit: (a, b) => !sameRecord(a.allocatable, b.allocatable)
}
const empty: Sums = new Map()

/** May it help a pod that this plugin refused? What the judge cannot tell counts as help. */
const mayHelp = ({ after, before, kind }: Happening, plugin: string, pod: Pod): boolean => {
  // Each pod gives back its place at least.
  if (kind === "assignedPodDeleted") return plugin === "NodeResourcesFit"
  if (after === undefined || after.node.metadata.uid === "" || before?.node.metadata.uid === "") return true
  const passes = plugins.get(plugin)
  if (passes === undefined || !passes(pod, after, empty)) return false
  return before === undefined || differs[plugin]!(before, after)
}

/** What happens before the eyes of each scheduler that may wake pods. */
class Happenings {
  readonly snapshots: Snapshots
  readonly last = new Map<string, Happening>()
  /** Since the pod in its cycle was taken. */
  readonly inFlight = new Map<string, Array<Happening>>()

  constructor(history: History) {
    this.snapshots = new Snapshots(history)
  }

  line(line: Line): void {
    const { actor, at_ms, entity, event } = line
    const before = event.type === "schedulerNode.changed" ? this.snapshots.of(actor).nodes.get(entity) : undefined
    this.snapshots.line(line)
    switch (event.type) {
      case "schedulerNode.changed": {
        const after = this.snapshots.of(actor).nodes.get(entity)!
        this.#add(actor, before === undefined ? { kind: "nodeAdded", at_ms, after }
          : { kind: "nodeUpdated", at_ms, before, after })
        return
      }
      case "schedulerCache.removed":
      case "schedulerCache.forgotten":
      case "podBinding.failed":
        this.#add(actor, { kind: "assignedPodDeleted", at_ms })
        return
      case "schedulingQueue.popped":
        this.inFlight.set(actor, [])
        return
      case "process.crashed":
      case "process.stopped":
        this.last.delete(event.process)
        this.inFlight.delete(event.process)
        return
      default:
    }
  }

  #add(actor: string, happening: Happening): void {
    this.last.set(actor, happening)
    this.inFlight.get(actor)?.push(happening)
  }
}

/** "an unschedulable pod is woken only by what may help it". */
export const wokenByWhatHelps = (history: History): (line: Line) => string | undefined => {
  const { now } = history
  const happenings = new Happenings(history)
  const refused = new ByActor<ReadonlyArray<string>>()
  return (line) => {
    const { actor, at_ms, entity, event } = line
    happenings.line(line)
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        refused.forget(event.process)
        return undefined
      case "schedulingQueue.returned": {
        refused.set(actor, entity, event.plugins)
        if (event.reason === "error" || !event.woken) return undefined
        const pod = now.pods.get(entity)
        const seen = happenings.inFlight.get(actor) ?? []
        if (pod === undefined || seen.some((one) => event.plugins.some((plugin) => mayHelp(one, plugin, pod)))) {
          return undefined
        }
        return `${actor} tries ${pod.metadata.name} again, refused by ${event.plugins}, though nothing helped meanwhile`
      }
      case "schedulingQueue.woken": {
        const last = happenings.last.get(actor)
        const pod = now.pods.get(entity)
        if (last === undefined || last.at_ms !== at_ms || last.kind !== event.by) {
          return `${actor} wakes ${entity} by ${event.by}, which has not happened`
        }
        const by = refused.get(actor, entity) ?? []
        return pod === undefined || by.some((plugin) => mayHelp(last, plugin, pod)) ? undefined
          : `${actor} wakes ${pod.metadata.name}, refused by ${by}, by ${event.by}, which cannot help it`
      }
      default:
        return undefined
    }
  }
}

/** "a pod leaves the queue, or is passed over, only for a reason that is true". */
export const leavesTruly = ({ now }: History): (line: Line) => string | undefined => {
  const counted = new ByActor<true>()
  // Of those that are gone anything may have been seen last.
  const isBound = (uid: string): boolean => {
    const pod = now.pods.get(uid)
    return pod === undefined || nodeOf(pod) !== ""
  }
  const isGoing = (uid: string): boolean => {
    const pod = now.pods.get(uid)
    return pod === undefined || pod.metadata.deletionTimestamp !== undefined || isTerminal(pod)
  }
  return ({ actor, entity, event }) => {
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        counted.forget(event.process)
        return undefined
      case "schedulerCache.assumed":
      case "schedulerCache.confirmed":
      case "schedulerCache.corrected":
        counted.set(actor, entity, true)
        return undefined
      case "schedulerCache.forgotten":
      case "schedulerCache.removed":
        counted.take(actor, entity)
        return undefined
      case "schedulingQueue.removed": {
        if (now.pods.known(entity) === undefined) return undefined
        const isTrue = event.reason === "bound" && isBound(entity) || event.reason === "deleted" && isGoing(entity)
        return isTrue ? undefined : `${actor} takes ${entity} off its queue as "${event.reason}", which it is not`
      }
      case "scheduling.skipped": {
        if (now.pods.known(event.uid) === undefined) return undefined
        const isTrue = event.reason === "deleting" && isGoing(event.uid) ||
          event.reason === "assumed" && counted.get(actor, event.uid) === true
        return isTrue ? undefined : `${actor} passes ${event.uid} over as "${event.reason}", which it is not`
      }
      default:
        return undefined
    }
  }
}

/** "a gated pod is not tried". Gates only ever go: a scheduler whose news are old sees as many or more. */
export const gatedIsNotTried = ({ now }: History) => ({ actor, entity }: Line): string | undefined => {
  const pod = now.pods.get(entity)
  const isGated = (pod?.spec.schedulingGates?.length ?? 0) > 0
  return isGated ? `${actor} tries ${pod!.metadata.name}, which is gated` : undefined
}

/** "a pod returns to the queue with the plugins that refused it". */
export const returnsWithItsPlugins = (): (line: Line) => string | undefined => {
  const failed = new Map<string, { readonly uid: string; readonly plugins: string }>()
  return ({ actor, entity, event }) => {
    if (event.type === "scheduling.failed") {
      failed.set(actor, { uid: event.uid, plugins: Object.keys(event.refused).sort().join(", ") })
    }
    if (event.type !== "schedulingQueue.returned") return undefined
    const said = [...event.plugins].sort().join(", ")
    const last = failed.get(actor)
    const were = event.reason === "error" || last?.uid !== entity ? "" : last.plugins
    const isTrue = said === were && (event.reason === "unschedulable" || !event.woken)
    return isTrue ? undefined : `${actor} returns ${entity} as refused by "${said}"; it was refused by "${were}"`
  }
}

/** "a pod is forgotten only when its binding has ended": until then it may take effect. */
export const forgottenAfterItsBinding = (): (line: Line) => string | undefined => {
  const binding = new ByActor<string>()
  return ({ actor, entity, event }) => {
    switch (event.type) {
      case "podBinding.began":
        binding.set(actor, entity, event.node)
        return undefined
      case "podBinding.succeeded":
      case "podBinding.failed":
        binding.take(actor, entity)
        return undefined
      case "process.crashed":
      case "process.stopped":
        binding.forget(event.process)
        return undefined
      case "schedulerCache.forgotten": {
        const node = binding.get(actor, entity)
        return node === undefined ? undefined : `${actor} forgets ${entity} while it is being bound to ${node}`
      }
      default:
        return undefined
    }
  }
}

/** A cycle's time, and what the machine does before. */
const take_ms = 1_000 // ASSUMED

interface Idle {
  readonly waiting: Set<string>
  isLeading: boolean
  isBusy: boolean
  since_ms: number | undefined
}

/**
 * "a leading scheduler with nothing else to do takes whoever may be taken": active pods, and those that back off but
 * for an error. A process that is paused does nothing.
 */
export const neverIdle = (): (line: Line) => string | undefined => {
  const schedulers = new Map<string, Idle>()
  const of = (actor: string): Idle => {
    let idle = schedulers.get(actor)
    if (idle === undefined) {
      schedulers.set(actor, idle = { waiting: new Set(), isLeading: false, isBusy: false, since_ms: undefined })
    }
    return idle
  }
  return ({ actor, at_ms, entity, event, state }) => {
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        schedulers.delete(event.process)
        return undefined
      case "process.paused":
      case "process.resumed": {
        const idle = schedulers.get(event.process)
        if (idle?.since_ms !== undefined) idle.since_ms = event.type === "process.paused" ? Infinity : at_ms
        return undefined
      }
      case "schedulerProcess.led":
        of(actor).isLeading = true
        break
      // Who was asked to stop begins nothing more.
      case "elector.stopped":
      case "elector.lost":
        if (!schedulers.has(actor)) return undefined
        of(actor).isLeading = false
        break
      case "scheduling.placed":
      case "scheduling.failed":
      case "scheduling.skipped":
        of(actor).isBusy = false
        break
      default:
        if (!event.type.startsWith("schedulingQueue.")) return undefined
    }
    const idle = of(actor)
    const waited_ms = idle.since_ms === undefined ? 0 : at_ms - idle.since_ms
    if (event.type.startsWith("schedulingQueue.")) {
      const isError = event.type === "schedulingQueue.returned" && event.reason === "error"
      if (state === "active" || state === "backoff" && !isError) idle.waiting.add(entity)
      else idle.waiting.delete(entity)
      if (event.type === "schedulingQueue.popped") idle.isBusy = true
    }
    if (!idle.isLeading || idle.isBusy || idle.waiting.size === 0) idle.since_ms = undefined
    else idle.since_ms ??= at_ms
    return waited_ms <= take_ms ? undefined
      : `${actor} did nothing for ${Math.round(waited_ms)} ms with pods to be placed`
  }
}
