/**
 * pod-gc: force deletes pods that nobody else will remove. Spec: model/pod-gc.ts.
 * Deviates: the out-of-service taint is not modelled; terminated pods are ordered by age alone, evicted or not.
 */
import { Effect } from "effect"
import { type ApiError, Client } from "#impl/client.ts"
import { Journal, type StateOf } from "#impl/journal.ts"
import type { Controller, Informers } from "#impl/ports/controllers.ts"
import { Process } from "#impl/ports.ts"
import type { EventOf } from "#model/events.ts"
import * as limits from "#model/limits/pod-gc.ts"
import { keyOf, type Condition, type Pod } from "#model/objects.ts"
import type { charts } from "#model/pod-gc.ts"

export interface Config {
  readonly terminatedPods_max?: number
}

type Reason = Extract<EventOf<"podGc">, { readonly type: "podGc.chosen" }>["reason"]

const isTerminal = (pod: Pod): boolean => pod.status.phase === "Succeeded" || pod.status.phase === "Failed"
const isUnscheduledTerminating = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp !== undefined && (pod.spec.nodeName ?? "") === ""

/** What a round needs, kept from the informer's events so that an idle round looks at nothing else. */
class Census {
  readonly podsByNode = new Map<string, number>()
  readonly unscheduledTerminating = new Map<string, Pod>()
  readonly terminated = new Map<string, Pod>()

  add(pod: Pod): void {
    const node = pod.spec.nodeName ?? ""
    if (node !== "") this.podsByNode.set(node, (this.podsByNode.get(node) ?? 0) + 1)
    if (isUnscheduledTerminating(pod)) this.unscheduledTerminating.set(pod.metadata.uid, pod)
    if (isTerminal(pod)) this.terminated.set(pod.metadata.uid, pod)
  }

  remove(pod: Pod): void {
    const node = pod.spec.nodeName ?? ""
    const count = this.podsByNode.get(node)
    if (count === 1) this.podsByNode.delete(node)
    else if (count !== undefined) this.podsByNode.set(node, count - 1)
    this.unscheduledTerminating.delete(pod.metadata.uid)
    this.terminated.delete(pod.metadata.uid)
  }
}

const failedPatch = (pod: Pod, now_ms: number): object => {
  const condition: Condition = { type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC",
    lastTransitionTime: now_ms }
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== condition.type)
  return {
    // A merge patch replaces the list: conditional, so as not to lose what somebody else wrote.
    metadata: { uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion },
    status: { phase: "Failed", conditions: [...others, condition] }
  }
}

const reasonOf = (error: ApiError): string =>
  error._tag === "StatusError" ? error.status.reason ?? String(error.status.code) : error._tag

const run = (config: Config, informers: Informers): ReturnType<Controller["run"]> =>
  Effect.gen(function*() {
    const process = yield* Process
    const journal = yield* Journal
    const client = yield* Client
    const census = new Census()
    const quarantinedSince_ms = new Map<string, number>()
    const terminated_max = config.terminatedPods_max ?? limits.terminatedPods_max
    const writeNode = (
      name: string, event: EventOf<"nodeQuarantine">, state: StateOf<typeof charts["pod-gc.node"]>
    ): void => journal.wrote("pod-gc.node", name, event, state)
    const writePod = (
      uid: string, event: EventOf<"podGc">, state: StateOf<typeof charts["pod-gc.pod"]>
    ): void => journal.wrote("pod-gc.pod", uid, event, state)

    informers.pods.addHandlers({
      added: (pod) => census.add(pod),
      updated: (before, pod) => {
        census.remove(before)
        census.add(pod)
      },
      deleted: (pod) => census.remove(pod)
    })

    /** Marks it Failed unless it is terminal, then deletes it with grace 0; by name alone, as Kubernetes does. */
    const collect = Effect.fnUntraced(function*(pod: Pod, reason: Reason) {
      const { name, namespace, uid } = pod.metadata
      writePod(uid, { type: "podGc.chosen", pod: keyOf(pod), node: pod.spec.nodeName ?? "", reason }, "chosen")
      if (!isTerminal(pod)) {
        yield* client.patchStatus("pods", namespace, name, failedPatch(pod, process.wall_ms()))
        writePod(uid, { type: "podGc.markedFailed" }, "markedFailed")
      }
      yield* client.delete("pods", namespace, name, { gracePeriodSeconds: 0 })
      writePod(uid, { type: "podGc.deleted" }, "deleted")
    })
    const tryCollect = (pod: Pod, reason: Reason): Effect.Effect<void> =>
      Effect.catch(collect(pod, reason), (error) => Effect.sync(() =>
        writePod(pod.metadata.uid, { type: "podGc.failed", reason: reasonOf(error) }, "kept")))

    /** Nodes that pods name, that were missing for the whole quarantine, and that a live GET does not find. */
    const missingNodes = Effect.fnUntraced(function*() {
      const now_ms = process.monotonic_ms()
      for (const name of census.podsByNode.keys()) {
        if (informers.nodes.get(name) !== undefined || quarantinedSince_ms.has(name)) continue
        quarantinedSince_ms.set(name, now_ms)
        writeNode(name, { type: "nodeQuarantine.began" }, "quarantined")
      }
      const missing: Array<string> = []
      for (const [name, since_ms] of [...quarantinedSince_ms]) {
        if (informers.nodes.get(name) !== undefined || !census.podsByNode.has(name)) {
          quarantinedSince_ms.delete(name)
          writeNode(name, { type: "nodeQuarantine.ended" }, "present")
        } else if (now_ms - since_ms >= limits.quarantine_ms) {
          quarantinedSince_ms.delete(name)
          const isMissing = yield* Effect.match(client.get("nodes", "", name), {
            onSuccess: () => false,
            onFailure: (error) =>
              error._tag === "StatusError" && error.status.reason === "NotFound" ? true : undefined
          })
          if (isMissing === true) missing.push(name)
          if (isMissing === undefined) writeNode(name, { type: "nodeQuarantine.ended" }, "present")
          else writeNode(name, { type: "nodeQuarantine.checked", isMissing }, isMissing ? "missing" : "present")
        }
      }
      return missing
    })

    const round = Effect.fnUntraced(function*() {
      if (census.terminated.size > terminated_max) {
        const oldest = [...census.terminated.values()]
          .sort((a, b) => a.metadata.creationTimestamp - b.metadata.creationTimestamp)
        for (const pod of oldest.slice(0, oldest.length - terminated_max)) yield* tryCollect(pod, "terminated")
      }
      for (const name of yield* missingNodes()) {
        for (const pod of [...informers.pods.indexed("node", name)]) yield* tryCollect(pod, "orphaned")
      }
      for (const pod of [...census.unscheduledTerminating.values()]) {
        yield* tryCollect(pod, "unscheduledTerminating")
      }
    })

    yield* informers.nodes.synced
    yield* informers.pods.synced
    for (;;) {
      yield* round()
      yield* Effect.sleep(limits.podGcPeriod_ms)
    }
  })

export const controller = (config: Config = {}): Controller =>
  ({ name: "pod-garbage-collector-controller", run: (informers) => run(config, informers) })
