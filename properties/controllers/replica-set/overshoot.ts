/**
 * 80: a creation never makes more active pods than were wanted. Judged on what was committed.
 *
 * Legal exceptions, each until things have settled: another controller manager took over (its view may be behind,
 * and the old one's writes may still arrive); one that led was paused and goes on before it finds out that it does not
 * lead any more; a creation whose outcome was unknown (it is counted as failed and may exist), however late it arrives
 * (it may have lain before a member of etcd that was paused); the expectations ran into their time-out; an orphan was
 * adopted or a pod came to life by other means; the number wanted was lowered while creations were under way, so the
 * most that was wanted lately counts.
 */
import type { Line } from "#model/events.ts"
import { epoch_ms, requestTimeout_ms } from "#model/limits.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import { Census, controllerOf } from "#properties/controllers/replica-set/census.ts"
import { millisOf, timeGrain_ms } from "#model/objects/time.ts"

/** A watch is known to be dead after 45 s and listed again within 30 s; a request is given up after 60 s. */
const settle_ms = 150_000 // ASSUMED
/** A new leader lists consistently before it acts: only what the old one had under way can surprise it. */
const takeOver_ms = 75_000 // ASSUMED

export const neverOvershoots = (): (line: Line) => string | undefined => {
  const census = new Census()
  let leaders = 0
  const leading = new Set<string>()
  let allExcusedUntil_ms = 0
  const excusedUntil_ms = new Map<string, number>()
  /** What was wanted lately, newest last: each number with the time until which it counts. */
  const wanted = new Map<string, Array<{ readonly replicas: number; until_ms: number }>>()
  const mostWanted = (set: string, at_ms: number): number => {
    const all = (wanted.get(set) ?? []).filter(({ until_ms }) => until_ms >= at_ms)
    wanted.set(set, all)
    return all.reduce((most, { replicas }) => Math.max(most, replicas), 0)
  }
  const setChanged = (uid: string, replicaSet: ReplicaSet, at_ms: number): void => {
    let all = wanted.get(uid)
    if (all === undefined) wanted.set(uid, all = [])
    const last = all.at(-1)
    if (last?.replicas === replicaSet.spec.replicas) return
    if (last !== undefined) last.until_ms = at_ms + settle_ms
    all.push({ replicas: replicaSet.spec.replicas, until_ms: Infinity })
  }
  return (line) => {
    const { actor, at_ms, entity, event } = line
    switch (event.type) {
      case "process.resumed":
        if (leading.has(event.process)) allExcusedUntil_ms = at_ms + takeOver_ms
        return undefined
      case "process.crashed":
      case "process.stopped":
        leading.delete(event.process)
        return undefined
      case "controllerManager.led":
        leading.add(actor)
        // The first of all has no predecessor whose writes may still arrive.
        if (++leaders > 1) allExcusedUntil_ms = at_ms + takeOver_ms
        return undefined
      case "replicaSet.podCreateFailed":
        if (event.reason === "unknown") excusedUntil_ms.set(entity, at_ms + settle_ms)
        return undefined
      case "replicaSet.expectationsExpired":
      case "replicaSet.podAdopted":
        excusedUntil_ms.set(entity, at_ms + settle_ms)
        return undefined
    }
    census.line(line)
    if (event.type === "object.created" || event.type === "object.updated") {
      if (event.resource === "replicasets") setChanged(entity, event.object as ReplicaSet, at_ms)
    }
    if (event.type !== "object.created" || event.resource !== "pods") return undefined
    const pod = event.object as Pod
    const set = controllerOf(pod)?.uid
    // By the API server's clock when it took the request; whoever asked has given it up since.
    if (at_ms + epoch_ms - millisOf(pod.metadata.creationTimestamp) > requestTimeout_ms + timeGrain_ms) return undefined
    if (set === undefined || at_ms < allExcusedUntil_ms || at_ms < (excusedUntil_ms.get(set) ?? 0)) return undefined
    const most = mostWanted(set, at_ms)
    const active = census.activeOf(set)
    return active <= most ? undefined
      : `${event.key} is active pod ${active} of ${census.sets.get(set)?.metadata.name ?? set}, which wants ${most}`
  }
}
