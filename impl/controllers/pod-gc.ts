/**
 * pod-gc: force deletes pods that nobody else will remove. Spec: model/controllers/pod-gc.ts.
 * Deviates: the out-of-service taint is not modelled; terminated pods are ordered by age alone, evicted or not.
 */
import { Effect } from "effect"
import { reasonOf } from "#impl/client/errors.ts"
import { periodic, type Services } from "#impl/controller.ts"
import type { Index, Informer } from "#impl/informer.ts"
import type { StateOf } from "#impl/journal.ts"
import type { Controller } from "#impl/ports/controllers.ts"
import type { EventOf } from "#model/events.ts"
import * as limits from "#model/limits/controllers/pod-gc.ts"
import { keyOf } from "#model/kinds.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod, PodCondition } from "#model/objects/pod.ts"
import type { charts } from "#model/controllers/pod-gc.ts"
import { millisOf, timeOf } from "#model/objects/time.ts"

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
  const condition: PodCondition = { type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC",
    lastTransitionTime: timeOf(now_ms) }
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== condition.type)
  return {
    // A merge patch replaces the list: conditional, so as not to lose what somebody else wrote.
    metadata: { uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion },
    status: { phase: "Failed", conditions: [...others, condition] }
  }
}

class Collector {
  readonly #on: Services
  readonly #nodes: Informer<Node>
  readonly #podsOf: Index<Pod>
  readonly #terminated_max: number
  readonly #census = new Census()
  readonly #quarantinedSince_ms = new Map<string, number>()

  constructor(on: Services, terminated_max: number) {
    this.#on = on
    this.#terminated_max = terminated_max
    this.#nodes = on.informers.of("nodes")
    const pods = on.informers.of("pods")
    this.#podsOf = pods.index("node", ({ spec: { nodeName = "" } }) => nodeName === "" ? [] : [nodeName])
    const census = this.#census
    pods.addHandlers({
      added: (pod) => census.add(pod),
      updated: (before, pod) => {
        census.remove(before)
        census.add(pod)
      },
      deleted: (pod) => census.remove(pod)
    })
  }

  /** What it looks at is listed when it begins, as gc() does: what comes while it works waits for the next one. */
  readonly round = Effect.gen({ self: this }, function*() {
    const { terminated } = this.#census
    const unscheduled = Array.from(this.#census.unscheduledTerminating.values())
    const suspects = this.#suspects()
    if (terminated.size > this.#terminated_max) {
      const oldest = [...terminated.values()]
        .sort((a, b) => millisOf(a.metadata.creationTimestamp) - millisOf(b.metadata.creationTimestamp))
      for (const pod of oldest.slice(0, oldest.length - this.#terminated_max)) yield* this.#collect(pod, "terminated")
    }
    const orphans: Array<Pod> = []
    for (const [name, pods] of suspects) if (yield* this.#isMissing(name)) orphans.push(...pods)
    for (const pod of orphans) yield* this.#collect(pod, "orphaned")
    for (const pod of unscheduled) yield* this.#collect(pod, "unscheduledTerminating")
  })

  /** Nodes that pods name and that were missing for the whole quarantine, with these pods: a live GET decides. */
  #suspects(): ReadonlyMap<string, ReadonlyArray<Pod>> {
    const now_ms = this.#on.process.monotonic_ms()
    const [census, nodes, quarantinedSince_ms] = [this.#census, this.#nodes, this.#quarantinedSince_ms]
    for (const name of census.podsByNode.keys()) {
      if (nodes.get(name) !== undefined || quarantinedSince_ms.has(name)) continue
      quarantinedSince_ms.set(name, now_ms)
      this.#writeNode(name, { type: "nodeQuarantine.began" }, "quarantined")
    }
    const suspects = new Map<string, ReadonlyArray<Pod>>()
    for (const [name, since_ms] of Array.from(quarantinedSince_ms)) {
      if (nodes.get(name) !== undefined || !census.podsByNode.has(name)) {
        quarantinedSince_ms.delete(name)
        this.#writeNode(name, { type: "nodeQuarantine.ended" }, "present")
      } else if (now_ms - since_ms >= limits.quarantine_ms) {
        quarantinedSince_ms.delete(name)
        suspects.set(name, this.#podsOf(name).slice())
      }
    }
    return suspects
  }

  /** Without an answer the quarantine begins anew. */
  #isMissing(name: string): Effect.Effect<boolean> {
    return Effect.match(this.#on.client.get("nodes", "", name), {
      onSuccess: () => {
        this.#writeNode(name, { type: "nodeQuarantine.checked", isMissing: false }, "present")
        return false
      },
      onFailure: (error) => {
        const isMissing = error._tag === "NotFound"
        if (isMissing) this.#writeNode(name, { type: "nodeQuarantine.checked", isMissing }, "missing")
        else this.#writeNode(name, { type: "nodeQuarantine.ended" }, "present")
        return isMissing
      }
    })
  }

  /** Marks it Failed unless it is terminal, then deletes it with grace 0; by name alone, as Kubernetes does. */
  #collect(pod: Pod, reason: Reason): Effect.Effect<void> {
    const { name, namespace, uid } = pod.metadata
    const { client, process } = this.#on
    const deletion = Effect.map(
      Effect.suspend(() => client.delete("pods", namespace, name, { gracePeriodSeconds: 0 })),
      () => this.#writePod(uid, { type: "podGc.deleted" }, "deleted"))
    const marking = Effect.map(
      Effect.suspend(() => client.patchStatus("pods", namespace, name, failedPatch(pod, process.wall_ms()))),
      () => this.#writePod(uid, { type: "podGc.markedFailed" }, "toBeDeleted"))
    const chosen = { type: "podGc.chosen", pod: keyOf(pod), node: pod.spec.nodeName ?? "", phase: pod.status.phase,
      reason } as const
    this.#writePod(uid, chosen, isTerminal(pod) ? "toBeDeleted" : "toBeMarked")
    return Effect.catch(isTerminal(pod) ? deletion : Effect.andThen(marking, deletion), (error) =>
      Effect.sync(() => this.#writePod(uid, { type: "podGc.failed", reason: reasonOf(error) }, "kept")))
  }

  #writeNode(
    name: string, event: EventOf<"nodeQuarantine">, state: StateOf<typeof charts["pod-gc.node"]>
  ): void {
    this.#on.journal.wrote("pod-gc.node", name, event, state)
  }

  #writePod(uid: string, event: EventOf<"podGc">, state: StateOf<typeof charts["pod-gc.pod"]>): void {
    this.#on.journal.wrote("pod-gc.pod", uid, event, state)
  }
}

export const controller = (config: Config = {}): Controller =>
  periodic("pod-garbage-collector-controller", limits.podGcPeriod_ms, ["nodes", "pods"], (services) => Effect.sync(() =>
    new Collector(services, config.terminatedPods_max ?? limits.terminatedPods_max)))
