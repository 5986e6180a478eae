/**
 * Which pods a ReplicaSet deletes first, as documented for its users.
 * Source: kubernetes.io, "ReplicaSet", section "Scaling a ReplicaSet"; kubernetes.md 8. Pods that are alike in all of
 * these may go in any order. Times are only compared where they differ grossly: ages count by their logarithm, seen
 * from the controller's clock, which the judge does not know to the millisecond.
 */
import type { Pod } from "#model/objects/pod.ts"
import { isReady } from "#properties/controllers/replica-set/census.ts"
import { millisOf } from "#model/objects/time.ts"

/** The smaller number goes first. */
type Criterion = readonly [name: string, of: (pod: Pod, neighbours: number) => number]

const phases = ["Pending", "Unknown", "Running"]

const criteria: ReadonlyArray<Criterion> = [
  ["has no node", ({ spec }) => (spec.nodeName ?? "") === "" ? 0 : 1],
  ["is in an earlier phase", ({ status }) => phases.indexOf(status.phase)],
  ["is not ready", (pod) => isReady(pod) ? 1 : 0],
  ["costs less to delete", ({ metadata }) =>
    Number(metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? "0")],
  ["shares its node with more of its kind", (_, neighbours) => -neighbours]
]

export const readySince = (pod: Pod): number => {
  const since = pod.status.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime ?? undefined
  return since === undefined ? 0 : millisOf(since)
}

const restarts = ({ status }: Pod): number =>
  Math.max(0, ...(status.containerStatuses ?? []).map(({ restartCount }) => restartCount))

/** Pods of the same second are of an age; beyond, whoever is four times as old is older. False: no clock tells. */
const isMuchOlder = (since_ms: number, than_ms: number, now_ms: number | undefined): boolean =>
  now_ms !== undefined && now_ms - since_ms > 4 * Math.max(1_000, now_ms - than_ms)

/** Why `spared` should have gone before `victim`; undefined when it need not. */
const betterReason = (spared: Pod, victim: Pod, neighbours: (pod: Pod) => number, now_ms: number | undefined) => {
  for (const [name, of] of criteria) {
    const difference = of(spared, neighbours(spared)) - of(victim, neighbours(victim))
    if (difference < 0) return name
    if (difference > 0) return undefined
  }
  const sparedReady_ms = readySince(spared)
  const victimReady_ms = readySince(victim)
  if (isReady(spared) && sparedReady_ms !== victimReady_ms) {
    return isMuchOlder(victimReady_ms, sparedReady_ms, now_ms) ? "became ready later" : undefined
  }
  const more = restarts(spared) - restarts(victim)
  if (more !== 0) return more > 0 ? "restarted more often" : undefined
  const [victim_ms, spared_ms] = [millisOf(victim.metadata.creationTimestamp), millisOf(spared.metadata.creationTimestamp)]
  return isMuchOlder(victim_ms, spared_ms, now_ms) ? "is younger" : undefined
}

/** `now_ms`: the controller's wall clock; absent when clocks disagree. */
export const wrongVictim = (
  pods: ReadonlyMap<string, Pod>, victims: ReadonlySet<string>, now_ms: number | undefined
): string | undefined => {
  const onNode = new Map<string, number>()
  for (const { spec } of pods.values()) onNode.set(spec.nodeName ?? "", (onNode.get(spec.nodeName ?? "") ?? 0) + 1)
  const neighbours = ({ spec }: Pod) => onNode.get(spec.nodeName ?? "")!
  for (const [uid, spared] of pods) {
    if (victims.has(uid)) continue
    for (const other of victims) {
      const victim = pods.get(other)!
      const reason = betterReason(spared, victim, neighbours, now_ms)
      if (reason === undefined) continue
      return `deletes ${victim.metadata.name} and spares ${spared.metadata.name}, which ${reason}`
    }
  }
  return undefined
}
