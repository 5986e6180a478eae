/**
 * pod-gc: force deletes pods that nobody else will remove. Spec: model/controllers/pod-gc.ts.
 * Deviates: the out-of-service taint is not modelled; terminated pods are ordered by age alone, evicted or not.
 */
import { Effect } from "effect"
import { Client, reasonOf } from "#impl/client.ts"
import { Journal, type StateOf } from "#impl/journal.ts"
import type { Controller, Informers } from "#impl/ports/controllers.ts"
import { Process } from "#impl/ports.ts"
import type { EventOf } from "#model/events.ts"
import * as limits from "#model/limits/controllers/pod-gc.ts"
import { keyOf } from "#model/kinds.ts"
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
  readonly #client: typeof Client.Service
  readonly #process: typeof Process.Service
  readonly #journal: typeof Journal.Service
  readonly #informers: Informers
  readonly #terminated_max: number
  readonly #census = new Census()
  readonly #quarantinedSince_ms = new Map<string, number>()

  constructor(
    services: { client: typeof Client.Service; process: typeof Process.Service; journal: typeof Journal.Service },
    informers: Informers, terminated_max: number
  ) {
    this.#client = services.client
    this.#process = services.process
    this.#journal = services.journal
    this.#informers = informers
    this.#terminated_max = terminated_max
    const census = this.#census
    informers.pods.addHandlers({
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
    const now_ms = this.#process.monotonic_ms()
    const [census, informers, quarantinedSince_ms] = [this.#census, this.#informers, this.#quarantinedSince_ms]
    for (const name of census.podsByNode.keys()) {
      if (informers.nodes.get(name) !== undefined || quarantinedSince_ms.has(name)) continue
      quarantinedSince_ms.set(name, now_ms)
      this.#writeNode(name, { type: "nodeQuarantine.began" }, "quarantined")
    }
    const suspects = new Map<string, ReadonlyArray<Pod>>()
    for (const [name, since_ms] of Array.from(quarantinedSince_ms)) {
      if (informers.nodes.get(name) !== undefined || !census.podsByNode.has(name)) {
        quarantinedSince_ms.delete(name)
        this.#writeNode(name, { type: "nodeQuarantine.ended" }, "present")
      } else if (now_ms - since_ms >= limits.quarantine_ms) {
        quarantinedSince_ms.delete(name)
        suspects.set(name, informers.pods.indexed("node", name).slice())
      }
    }
    return suspects
  }

  /** Without an answer the quarantine begins anew. */
  #isMissing(name: string): Effect.Effect<boolean> {
    return Effect.match(this.#client.get("nodes", "", name), {
      onSuccess: () => {
        this.#writeNode(name, { type: "nodeQuarantine.checked", isMissing: false }, "present")
        return false
      },
      onFailure: (error) => {
        const isMissing = error._tag === "StatusError" && error.status.reason === "NotFound"
        if (isMissing) this.#writeNode(name, { type: "nodeQuarantine.checked", isMissing }, "missing")
        else this.#writeNode(name, { type: "nodeQuarantine.ended" }, "present")
        return isMissing
      }
    })
  }

  /** Marks it Failed unless it is terminal, then deletes it with grace 0; by name alone, as Kubernetes does. */
  #collect(pod: Pod, reason: Reason): Effect.Effect<void> {
    const { name, namespace, uid } = pod.metadata
    const client = this.#client
    const deletion = Effect.map(
      Effect.suspend(() => client.delete("pods", namespace, name, { gracePeriodSeconds: 0 })),
      () => this.#writePod(uid, { type: "podGc.deleted" }, "deleted"))
    const marking = Effect.map(
      Effect.suspend(() => client.patchStatus("pods", namespace, name, failedPatch(pod, this.#process.wall_ms()))),
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
    this.#journal.wrote("pod-gc.node", name, event, state)
  }

  #writePod(uid: string, event: EventOf<"podGc">, state: StateOf<typeof charts["pod-gc.pod"]>): void {
    this.#journal.wrote("pod-gc.pod", uid, event, state)
  }
}

const run = (config: Config, informers: Informers): ReturnType<Controller["run"]> =>
  Effect.gen(function*() {
    const services = { client: yield* Client, process: yield* Process, journal: yield* Journal }
    const collector = new Collector(services, informers, config.terminatedPods_max ?? limits.terminatedPods_max)
    yield* informers.nodes.synced
    yield* informers.pods.synced
    for (;;) {
      yield* collector.round
      yield* Effect.sleep(limits.podGcPeriod_ms)
    }
  })

export const controller = (config: Config = {}): Controller =>
  ({ name: "pod-garbage-collector-controller", run: (informers) => run(config, informers) })
