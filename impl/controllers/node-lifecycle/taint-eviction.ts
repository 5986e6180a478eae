/**
 * node-lifecycle/taint-eviction: evicts the pods that do not, or no longer, tolerate a NoExecute taint of their node.
 * Spec: model/controllers/node-lifecycle.ts.
 *
 * Time runs from the first observation of a taint by this process. Evictions go by name without a uid, as
 * Kubernetes' do. Deviates: timers are keyed by uid, not by name; a terminating pod is left alone; after five failed
 * tries it goes on every 5 s, where Kubernetes waits for the next event of the pod or its node.
 */
import { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import { type ApiError, reasonOf } from "#impl/client/errors.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { Mailbox, Process, Timer } from "#impl/ports.ts"
import type { EventOf } from "#model/events.ts"
import { evictionAgain_ms, evictionRetry_ms, evictionTries_max } from "#model/limits/controllers/node-lifecycle.ts"
import type { charts } from "#model/controllers/node-lifecycle.ts"
import { keyOf } from "#model/kinds.ts"
import type { Node, Taint } from "#model/objects/node.ts"
import type { Pod, PodCondition } from "#model/objects/pod.ts"
import { noExecuteTaints, toleratedSeconds } from "#model/objects/taints.ts"
import { timeOf } from "#model/objects/time.ts"

type State = StateOf<(typeof charts)["node-lifecycle.evictionTimer"]>

interface Eviction {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly node: string
  timer: Timer | undefined
  /** "done" stays until the pod goes, or its node's taint: it is evicted once. */
  state: "waiting" | "evicting" | "done"
}

const isSameTaints = (a: ReadonlyArray<Taint>, b: ReadonlyArray<Taint>): boolean =>
  a.length === b.length && a.every((taint, i) => taint.key === b[i]?.key && taint.value === b[i]?.value)

export class TaintEviction {
  readonly #client: Client["Service"]
  readonly #process: Process["Service"]
  readonly #journal: Journal["Service"]
  readonly #podsOn: (node: string) => ReadonlyArray<Pod>
  readonly #due: Mailbox<Eviction>
  readonly #tainted = new Map<string, ReadonlyArray<Taint>>()
  readonly #gone = new Set<string>()
  readonly #evictions = new Map<string, Eviction>()

  constructor(
    client: Client["Service"], process: Process["Service"], journal: Journal["Service"],
    podsOn: (node: string) => ReadonlyArray<Pod>
  ) {
    this.#client = client
    this.#process = process
    this.#journal = journal
    this.#podsOn = podsOn
    this.#due = process.mailbox<Eviction>()
  }

  nodeChanged(node: Node): void {
    const { name } = node.metadata
    const taints = noExecuteTaints(node)
    const before = this.#tainted.get(name)
    const isBack = this.#gone.delete(name)
    if (!isBack && isSameTaints(before ?? [], taints)) return
    if (taints.length === 0) this.#tainted.delete(name)
    else this.#tainted.set(name, taints)
    for (const pod of this.#podsOn(name)) this.#consider(pod, taints)
  }

  /**
   * Its pods keep their timers, as in Kubernetes: the pod garbage collector is faster. A new Node of that name decides
   * anew (tainteviction handleNodeUpdate, v1.36).
   */
  nodeGone(name: string): void {
    this.#tainted.delete(name)
    this.#gone.add(name)
  }

  podChanged(pod: Pod): void {
    const { nodeName } = pod.spec
    if (nodeName === undefined || nodeName === "") return
    const taints = this.#tainted.get(nodeName)
    if (taints !== undefined) this.#consider(pod, taints)
  }

  podGone(pod: Pod): void {
    this.#cancel(pod.metadata.uid)
  }

  #consider(pod: Pod, taints: ReadonlyArray<Taint>): void {
    const { uid } = pod.metadata
    const known = this.#evictions.get(uid)
    if (pod.metadata.deletionTimestamp !== undefined && known === undefined) return
    const seconds = taints.length === 0 ? undefined : toleratedSeconds(taints, pod.spec.tolerations)
    if (seconds === undefined) return this.#cancel(uid)
    if (known !== undefined && known.state !== "waiting") return
    // A timer that runs is kept, whatever other taints grant, unless they grant nothing at all.
    if (known !== undefined && seconds > 0) return
    known?.timer?.cancel()
    const eviction: Eviction = known ?? {
      uid, namespace: pod.metadata.namespace, name: pod.metadata.name, node: pod.spec.nodeName ?? "",
      timer: undefined, state: "waiting"
    }
    this.#evictions.set(uid, eviction)
    if (seconds === 0) return this.#start(eviction, "not tolerated")
    this.#wrote(uid, { type: "taintEviction.scheduled", pod: keyOf(pod), node: eviction.node, seconds }, "waiting")
    eviction.timer = this.#process.after(seconds * 1000, () => this.#start(eviction, "time over"))
  }

  #start(eviction: Eviction, why: "time over" | "not tolerated"): void {
    eviction.timer = undefined
    eviction.state = "evicting"
    this.#wrote(eviction.uid, { type: "taintEviction.started", pod: keyOf({ metadata: eviction }),
      node: eviction.node, why }, "evicting")
    this.#due.send(eviction)
  }

  #cancel(uid: string): void {
    const known = this.#evictions.get(uid)
    if (known === undefined) return
    known.timer?.cancel()
    this.#evictions.delete(uid)
    if (known.state !== "done") this.#wrote(uid, { type: "taintEviction.cancelled" }, "none")
  }

  /** Evicts whatever is due, each pod in a fiber of its own. */
  readonly run: Effect.Effect<never> = Effect.gen({ self: this }, function*() {
    for (;;) {
      const eviction = yield* this.#due.take
      yield* Effect.forkChild(this.#evict(eviction))
    }
  })

  #evict(eviction: Eviction): Effect.Effect<void> {
    return Effect.gen({ self: this }, function*() {
      const { uid } = eviction
      let reason = ""
      for (let tries = 1; tries <= evictionTries_max; tries++) {
        if (this.#evictions.get(uid) !== eviction) return
        const outcome = yield* Effect.match(this.#markAndDelete(eviction), {
          onFailure: (error) => error, onSuccess: () => "deleted" as const
        })
        if (this.#evictions.get(uid) !== eviction) return
        if (outcome === "deleted" || outcome._tag === "NotFound") {
          eviction.state = "done"
          const how = outcome === "deleted" ? outcome : "not found"
          this.#wrote(uid, { type: "taintEviction.done", outcome: how }, "none")
          return
        }
        reason = reasonOf(outcome)
        yield* Effect.sleep(evictionRetry_ms)
      }
      this.#wrote(uid, { type: "taintEviction.failed", reason }, "evicting")
      eviction.timer = this.#process.after(evictionAgain_ms, () => this.#due.send(eviction))
    })
  }

  /** addConditionAndDeletePod: whoever bears the name now. */
  #markAndDelete({ namespace, name }: Eviction): Effect.Effect<void, ApiError> {
    return Effect.gen({ self: this }, function*() {
      const pod = yield* this.#client.get("pods", namespace, name)
      const conditions = pod.status.conditions ?? []
      if (!conditions.some(({ type, status }) => type === "DisruptionTarget" && status === "True")) {
        const target: PodCondition = {
          type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager",
          message: "Taint manager: deleting due to NoExecute taint", lastTransitionTime: timeOf(this.#process.wall_ms())
        }
        const others = conditions.filter(({ type }) => type !== "DisruptionTarget")
        yield* this.#client.patchStatus("pods", namespace, name, {
          metadata: { resourceVersion: pod.metadata.resourceVersion }, status: { conditions: [...others, target] }
        })
      }
      yield* this.#client.delete("pods", namespace, name)
    })
  }

  #wrote(uid: string, event: EventOf<"taintEviction">, state: State): void {
    this.#journal.wrote("node-lifecycle.evictionTimer", uid, event, state)
  }
}
