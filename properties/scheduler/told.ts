/**
 * What a scheduler tells the user of a pod that it cannot place: the condition PodScheduled.
 *
 * Judged on the committed conditions and the findings of its cycles.
 */
import type { Line } from "#model/events.ts"
import { epoch_ms } from "#model/limits.ts"
import type { Pod, PodCondition } from "#model/objects/pod.ts"
import { committed, type History } from "#properties/history.ts"
import type { Obligation } from "#properties/property.ts"
import { millisOf } from "#model/objects/time.ts"

const scheduledOf = (pod: Pod): PodCondition | undefined =>
  pod.status.conditions?.find(({ type }) => type === "PodScheduled")

/** What the message of a failed cycle has to say: how many nodes, and how many each plugin refused. */
interface Finding {
  readonly begin: string
  readonly plugins: ReadonlyArray<string>
}
type Failed = Extract<Line["event"], { readonly type: "scheduling.failed" }>
const findingOf = ({ nodes, refused }: Failed): Finding => ({
  begin: nodes === 0 ? "no nodes available" : `0/${nodes} nodes are available: `,
  plugins: Object.entries(refused).map(([plugin, count]) => `${count} ${plugin}`)
})
const tells = ({ message = "" }: PodCondition, { begin, plugins }: Finding): boolean =>
  message.startsWith(begin) && plugins.every((plugin) => message.includes(plugin))

/** Between the stamp and the commit lie a request's time-out, and clocks that differ a little. */
const stamp_ms = 65_000 // ASSUMED

/** A merge patch replaces the whole list: nothing else of it may change, nor the time unless the status does. */
const wrongList = (
  pod: Pod, previous: Pod, now_ms: number | undefined, elected_ms: number
): string | undefined => {
  const before = previous.status.conditions ?? []
  const after = pod.status.conditions ?? []
  if (after.filter(({ type }) => type === "PodScheduled").length > 1) return "twice"
  const others = (list: ReadonlyArray<PodCondition>): string =>
    list.filter(({ type }) => type !== "PodScheduled").map((one) => JSON.stringify(one)).sort().join()
  if (others(before) !== others(after)) return `with the other conditions ${others(after)}; they were ${others(before)}`
  const was = scheduledOf(previous)
  const since = scheduledOf(pod)!.lastTransitionTime ?? undefined
  if (was?.status === "False") {
    return since === was.lastTransitionTime ? undefined : "with another time of its transition"
  }
  const since_ms = since === undefined ? undefined : millisOf(since)
  // What no leader could commit waits in the log for the next one, however long there is none.
  const isTime = since_ms !== undefined && (now_ms === undefined || Math.abs(now_ms - since_ms) <= stamp_ms
    || (since_ms <= elected_ms && elected_ms <= now_ms))
  return isTime ? undefined : `since ${since}, at ${now_ms}`
}

/** What stands in the condition was found by some cycle. */
export const conditionIsTrue = ({ calm }: History): (line: Line) => string | undefined => {
  /** By pod: what its failed cycles found. */
  const failed = new Map<string, Array<Finding>>()
  let elected_ms = -Infinity
  return (line) => {
    const { at_ms, entity, event } = line
    const change = committed(line, "pods")
    if (event.type === "raft.elected") elected_ms = epoch_ms + at_ms
    else if (event.type === "scheduling.failed") {
      failed.set(event.uid, (failed.get(event.uid) ?? []).concat(findingOf(event)))
    } else if (change?.type === "object.deleted") failed.delete(entity)
    else if (change?.type === "object.updated") {
      const { key, object: pod, previous } = change
      if (pod.status.conditions === previous.status.conditions) return undefined
      const now = scheduledOf(pod)
      const before = scheduledOf(previous)
      if (now === before || now?.status !== "False" || now.message === before?.message) return undefined
      const isTrue = now.reason === "Unschedulable" && failed.get(entity)?.some((finding) => tells(now, finding))
      const now_ms = calm.doClocksAgree ? epoch_ms + at_ms : undefined
      const wrong = isTrue === true ? wrongList(pod, previous, now_ms, elected_ms)
        : `of ${now.reason}: ${now.message}`
      return wrong === undefined ? undefined : `${key} is said to be unschedulable ${wrong}`
    }
    return undefined
  }
}

/** Who lies among the unschedulable says why; a message that was lost is written with the next attempt. */
const tellWithin_ms = 400_000 // ASSUMED: 5 min 30 s until the flush, a cycle, a request.
export const userIsTold = ({ now }: History): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const untold = new Map<string, Obligation & { finding: Finding }>()
  const isTold = (pod: Pod, finding: Finding): boolean => {
    const condition = scheduledOf(pod)
    return condition?.status === "False" && tells(condition, finding)
  }
  /** Bound by another scheduler, or on its way out: whoever has not seen that yet may fail with it. */
  const isNobodys = ({ metadata, spec }: Pod) =>
    (spec.nodeName ?? "") === "" && metadata.deletionTimestamp === undefined
  return {
    line: (line) => {
      const { actor: by, at_ms, entity, event, seq } = line
      if (event.type === "scheduling.failed") {
        const pod = now.pods.get(event.uid)
        const finding = findingOf(event)
        if (pod === undefined || isTold(pod, finding) || !isNobodys(pod)) untold.delete(event.uid)
        else {
          const since = untold.get(event.uid) ?? { since_ms: at_ms, seq, by }
          untold.set(event.uid, { ...since, entity: pod.metadata.name, within_ms: tellWithin_ms, finding })
        }
        return
      }
      const pod = now.pods.get(entity)
      const owed = untold.get(entity)
      if (owed !== undefined && (pod === undefined || isTold(pod, owed.finding) || !isNobodys(pod))) {
        untold.delete(entity)
      }
    },
    open: () => untold.values()
  }
}
