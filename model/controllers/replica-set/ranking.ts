/**
 * Which pods a ReplicaSet deletes first, as documented for its users.
 * Source: kubernetes.io, "ReplicaSet", section "Scaling a ReplicaSet"; kubernetes.md 8. Pods that are alike in all of
 * these may go in any order. Times are only compared where they differ grossly: ages count by their logarithm, seen
 * from the controller's clock, which the judge does not know to the millisecond. How many of its kind share a node
 * is asked only of sets that have a controller themselves, and then over all sets of that controller: nothing that
 * comes after is judged of those.
 */
import type { Pod } from "#model/objects/pod.ts"
import { millisOf } from "#model/objects/time.ts"

/** The smaller number goes first. */
type Criterion = readonly [name: string, of: (pod: Pod) => number]

const phases = ["Pending", "Unknown", "Running"]

export const isReady = ({ status }: Pod): boolean =>
  status.conditions?.find(({ type }) => type === "Ready")?.status === "True"

export const readySince_ms = ({ status }: Pod): number => {
  const since = status.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime ?? undefined
  return since === undefined ? 0 : millisOf(since)
}

const criteria: ReadonlyArray<Criterion> = [
  ["has no node", ({ spec }) => (spec.nodeName ?? "") === "" ? 0 : 1],
  ["is in an earlier phase", ({ status }) => phases.indexOf(status.phase)],
  ["is not ready", (pod) => isReady(pod) ? 1 : 0],
  ["costs less to delete", ({ metadata }) =>
    Number(metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? "0")]
]

const restarts = ({ status }: Pod): number =>
  Math.max(0, ...(status.containerStatuses ?? []).map(({ restartCount }) => restartCount))

/** Pods of the same second are of an age; beyond, whoever is four times as old is older. False: no clock tells. */
const isMuchOlder = (since_ms: number, than_ms: number, now_ms: number | undefined): boolean =>
  now_ms !== undefined && now_ms - since_ms > 4 * Math.max(1_000, now_ms - than_ms)

/** Why `spared` should have gone before `victim`; undefined when it need not. */
const betterReason = (spared: Pod, victim: Pod, now_ms: number | undefined, hasSiblings: boolean) => {
  for (const [name, of] of criteria) {
    const difference = of(spared) - of(victim)
    if (difference < 0) return name
    if (difference > 0) return undefined
  }
  if (hasSiblings) return undefined
  const sparedReady_ms = readySince_ms(spared)
  const victimReady_ms = readySince_ms(victim)
  if (isReady(spared) && sparedReady_ms !== victimReady_ms) {
    return isMuchOlder(victimReady_ms, sparedReady_ms, now_ms) ? "became ready later" : undefined
  }
  const more = restarts(spared) - restarts(victim)
  if (more !== 0) return more > 0 ? "restarted more often" : undefined
  const [made_ms, sparedMade_ms] = [victim, spared].map(({ metadata }) => millisOf(metadata.creationTimestamp))
  return isMuchOlder(made_ms!, sparedMade_ms!, now_ms) ? "is younger" : undefined
}

/** `now_ms`: the controller's wall clock; absent when clocks disagree. */
export const wrongVictim = (
  pods: ReadonlyArray<Pod>, victims: ReadonlySet<string>, now_ms: number | undefined, hasSiblings: boolean
): string | undefined => {
  const going = pods.filter(({ metadata }) => victims.has(metadata.uid))
  for (const spared of pods) {
    if (victims.has(spared.metadata.uid)) continue
    for (const victim of going) {
      const reason = betterReason(spared, victim, now_ms, hasSiblings)
      if (reason === undefined) continue
      return `deletes ${victim.metadata.name} and spares ${spared.metadata.name}, which ${reason}`
    }
  }
  return undefined
}
