/**
 * 79, 80: what a ReplicaSet's controller decides and reports is what its informer showed, which may be old but is true.
 *
 * Counted are the pods that it controls, that match its selector and are active: neither deleting nor terminal
 * (kubernetes.md 8, pod-safety.md); and the orphans that it adopted. A decision needs more: the informer must have
 * shown everything that the same process did before (expectations, 4.3).
 */
import type { Line } from "#model/events.ts"
import { epoch_ms } from "#model/limits.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import type { History } from "#properties/history.ts"
import { controllerOf, isActive, isReady } from "#properties/controllers/replica-set/census.ts"
import { History as Pods, isSelectedBy } from "#properties/controllers/replica-set/history.ts"
import { readySince, wrongVictim } from "#properties/controllers/replica-set/ranking.ts"

type Status = Extract<Line["event"], { readonly type: "replicaSet.statusWritten" }>
type Decision = Extract<Line["event"], { readonly type: "replicaSet.createsExpected" | "replicaSet.deletesExpected" }>

/** Everything that a decision or report is held against, heard once for each of the monitors below. */
class Known {
  readonly #history: History
  /** Orphans by the set that adopted them. */
  readonly #adopted = new Map<string, Set<string>>()

  constructor(history: History) {
    this.#history = history
  }

  line({ entity, event }: Line): void {
    if (event.type === "replicaSet.podAdopted") {
      const pods = this.#adopted.get(entity) ?? new Set()
      this.#adopted.set(entity, pods.add(event.uid))
    } else if (event.type === "replicaSet.deleted") this.#adopted.delete(entity)
  }

  /** The pods that counted for the set at that revision, if those that it adopted were its own by then. */
  counted(set: ReplicaSet, view: number): ReadonlyMap<string, Pod> {
    const { pods } = this.#history.at(view)
    const { uid } = set.metadata
    const claimed = [...this.#adopted.get(uid) ?? []].flatMap((orphan) => pods.get(orphan) ?? [])
      .filter((pod) => controllerOf(pod) === undefined)
    return new Map([...pods.by("owner", uid), ...claimed].filter((pod) => isActive(pod) && isSelectedBy(pod, set))
      .map((pod) => [pod.metadata.uid, pod]))
  }
}

/** Also: the victims are the pods that are documented to go first. */
export const decidesOnItsView = (history: History): (line: Line) => string | undefined => {
  const known = new Known(history)
  const wanted = (uid: string, replicas: number): boolean =>
    history.now.replicasets.versions(uid).some(({ object }) => object?.spec.replicas === replicas)
  const wrongDecision = (event: Decision, set: ReplicaSet, at_ms: number): string | undefined => {
    const pods = known.counted(set, event.view)
    if (!wanted(set.metadata.uid, event.replicas)) return `never wanted ${event.replicas} pods`
    if (pods.size !== event.active) {
      return `counts ${event.active} pods; at revision ${event.view} they were ${pods.size}`
    }
    if (event.type === "replicaSet.createsExpected") return undefined
    const stranger = event.victims.find((uid) => !pods.has(uid))
    if (stranger !== undefined) return `deletes ${stranger}, which did not count at revision ${event.view}`
    return wrongVictim(pods, new Set(event.victims), history.calm.doClocksAgree ? epoch_ms + at_ms : undefined)
  }
  return (line) => {
    const { at_ms, entity, event } = line
    known.line(line)
    if (event.type === "replicaSet.createsExpected" || event.type === "replicaSet.deletesExpected") {
      const set = history.now.replicasets.get(entity)
      const wrong = set === undefined ? undefined : wrongDecision(event, set, at_ms)
      if (wrong !== undefined) return `${event.key} at ${Math.round(at_ms)} ms: ${wrong}`
    }
    return undefined
  }
}

const sameNumbers = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean => a.every((n, i) => n === b[i])

/**
 * Numbers of its status, from the pods that count. Available: ready for minReadySeconds, told by the clocks of node and
 * controller; the status may be written some time after it was counted, never before.
 */
export const statusIsOfItsView = (history: History): (line: Line) => string | undefined => {
  const known = new Known(history)
  const wrongStatus = (event: Status, { metadata, spec }: ReplicaSet, pods: ReadonlyArray<Pod>, now_ms: number) => {
    const labels = Object.entries(spec.template.metadata.labels ?? {})
    const ready = pods.filter(isReady)
    const said = [event.replicas, event.fullyLabeledReplicas, event.readyReplicas]
    const were = [pods.length,
      pods.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length, ready.length]
    if (event.observedGeneration > metadata.generation) {
      return `observed generation ${event.observedGeneration} of ${metadata.generation}`
    }
    if (!sameNumbers(said, were)) return `reports ${said} pods, labelled, ready; at ${event.view} they were ${were}`
    const least_ms = (spec.minReadySeconds ?? 0) * 1000
    const longReady = ready.filter((pod) => least_ms === 0 || now_ms - readySince(pod) >= least_ms).length
    const isTrue = least_ms === 0 ? event.availableReplicas === longReady : event.availableReplicas <= longReady
    // Without a time to wait nobody asks a clock.
    return isTrue || !history.calm.doClocksAgree && least_ms > 0 ? undefined
      : `reports ${event.availableReplicas} available pods; ${longReady} were ready for ${spec.minReadySeconds ?? 0} s`
  }
  return (line) => {
    const { at_ms, entity, event } = line
    known.line(line)
    if (event.type !== "replicaSet.statusWritten") return undefined
    const set = history.now.replicasets.get(entity)
    if (set === undefined) return undefined
    const what = wrongStatus(event, set, [...known.counted(set, event.view).values()], epoch_ms + at_ms)
    return what === undefined ? undefined : `${set.metadata.name} ${what}`
  }
}

/** As for overshoot: a new leader knows nothing of what the one before did, and that may still arrive. */
const settle_ms = 150_000 // ASSUMED

/**
 * Expectations: no decision before the informer has shown every pod that this process created or deleted for the set.
 * Legal exceptions: they were given up after 5 min; a creation whose outcome was unknown, or a pod that came another
 * way, was counted in the place of another.
 */
export const actsOnItsOwnNews = (): (line: Line) => string | undefined => {
  const history = new Pods()
  const done = new Map<string, { readonly created: Set<string>; readonly deleted: Set<string> }>()
  const excusedUntil_ms = new Map<string, number>()
  let leaders = 0
  let allExcusedUntil_ms = 0
  const doneBy = (actor: string, set: string) => {
    let all = done.get(`${actor} ${set}`)
    if (all === undefined) done.set(`${actor} ${set}`, all = { created: new Set(), deleted: new Set() })
    return all
  }
  return (line) => {
    const { actor, at_ms, entity, event } = line
    history.line(line)
    switch (event.type) {
      case "controllerManager.led":
        if (++leaders > 1) allExcusedUntil_ms = at_ms + settle_ms
        return undefined
      case "process.crashed":
      case "process.stopped":
        for (const key of done.keys()) if (key.startsWith(`${event.process} `)) done.delete(key)
        return undefined
      case "replicaSet.podCreateFailed":
        if (event.reason === "unknown") excusedUntil_ms.set(entity, at_ms + settle_ms)
        return undefined
      case "replicaSet.podAdopted":
        excusedUntil_ms.set(entity, at_ms + settle_ms)
        return undefined
      case "replicaSet.expectationsExpired":
        done.delete(`${actor} ${entity}`)
        return undefined
      case "replicaSet.podCreated":
        doneBy(actor, entity).created.add(event.uid)
        return undefined
      case "replicaSet.podDeleted":
        doneBy(actor, entity).deleted.add(event.uid)
        return undefined
      case "replicaSet.createsExpected":
      case "replicaSet.deletesExpected":
        break
      default:
        return undefined
    }
    const { created, deleted } = doneBy(actor, entity)
    const isExcused = at_ms < allExcusedUntil_ms || at_ms < (excusedUntil_ms.get(entity) ?? 0)
    for (const uid of created) {
      const revision = history.createdAt(uid)
      if (revision !== undefined && revision > event.view && !isExcused) {
        return `${event.key} acts on revision ${event.view}, but pod ${uid} was created at ${revision}`
      }
      created.delete(uid)
    }
    for (const uid of deleted) {
      const pod = history.podAt(uid, event.view)
      if (pod !== undefined && isActive(pod) && controllerOf(pod)?.uid === entity) {
        return `${event.key} acts on revision ${event.view}, at which its deletion of ${pod.metadata.name} was unseen`
      }
      deleted.delete(uid)
    }
    return undefined
  }
}
