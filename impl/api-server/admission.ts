/**
 * api-server/admission: what plugins add to an object that a client sent, or hold against it, between decoding and
 * validation. Spec: model/api-server.ts.
 *
 * Here: NamespaceLifecycle, TaintNodesByCondition, ServiceAccount, PodTopologyLabels, Priority,
 * DefaultTolerationSeconds, all on by default as in kube-apiserver. Deviates: no other plugin and no webhooks;
 * accounts have no tokens (a pod gets the volume for one all the same); of PriorityClasses only the two that each
 * cluster has.
 * Source: kubernetes pkg/kubeapiserver/options/plugins.go for their order, v1.36.
 */
import { Effect } from "effect"
import { NamespaceLifecycle } from "#impl/api-server/admission/namespace-lifecycle.ts"
import { keepPriority, withDefaultTolerations, withPriority } from "#impl/api-server/admission/pods.ts"
import { ofNode } from "#impl/api-server/admission/topology-labels.ts"
import { withServiceAccount } from "#impl/api-server/admission/service-account.ts"
import type { Cachers } from "#impl/api-server/context.ts"
import type { ApiFailed } from "#impl/api-server/status.ts"
import type { Storage } from "#impl/api-server/storage.ts"
import type { Draws, Process } from "#impl/ports.ts"
import type { ApiObject, Resource } from "#model/kinds.ts"
import type { Node, Taint } from "#model/objects/node.ts"
import type { Binding, Pod } from "#model/objects/pod.ts"

export type Plugin = "NamespaceLifecycle" | "ServiceAccount" | "TaintNodesByCondition"
  | "PodTopologyLabels" | "Priority" | "DefaultTolerationSeconds"

/** What plugins look at. */
export interface Surroundings {
  readonly process: Process["Service"]
  readonly draws: Draws["Service"]
  readonly storage: Storage
  readonly cachers: Cachers
}
export type Admitted = Effect.Effect<ApiObject, ApiFailed>

const notReady: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }
/** Nothing is scheduled on a node before a controller has seen it ready. */
const tainted = (node: Node): Node => {
  const { taints = [] } = node.spec
  return taints.some(({ effect, key }) => key === notReady.key && effect === notReady.effect) ? node
    : { ...node, spec: { ...node.spec, taints: [...taints, notReady] } }
}

export class Admission {
  readonly #around: Surroundings
  readonly #lifecycle: NamespaceLifecycle
  readonly #disabled: ReadonlySet<Plugin>

  constructor(around: Surroundings, disabled: ReadonlyArray<Plugin>) {
    this.#around = around
    this.#lifecycle = new NamespaceLifecycle(around)
    this.#disabled = new Set(disabled)
  }

  #has(plugin: Plugin): boolean {
    return !this.#disabled.has(plugin)
  }

  /** A new object, defaulted and with its namespace. */
  create(resource: Resource, object: ApiObject, deadline_ms: number): Admitted {
    const { namespace } = object.metadata
    const lawful = namespace !== undefined && this.#has("NamespaceLifecycle")
      ? this.#lifecycle.create(resource, object, deadline_ms) : Effect.void
    if (object.kind === "Node") {
      return Effect.as(lawful, this.#has("TaintNodesByCondition") ? tainted(object) : object)
    }
    return object.kind !== "Pod" ? Effect.as(lawful, object)
      : Effect.flatMap(lawful, () => this.#createPod(object, deadline_ms))
  }

  #createPod(pod: Pod, deadline_ms: number): Admitted {
    const accounted = this.#has("ServiceAccount") ? withServiceAccount(this.#around, pod, deadline_ms)
      : Effect.succeed(pod)
    return accounted.pipe(
      Effect.flatMap((one) => this.#has("Priority") ? withPriority(one) : Effect.succeed(one)),
      Effect.map((one) => this.#has("DefaultTolerationSeconds") ? withDefaultTolerations(one) : one),
      Effect.map((one) => this.#labelled(one, one.spec.nodeName ?? "")))
  }

  /** With what the labels of the node say of its place. */
  #labelled<O extends Pod | Binding>(object: O, node: string): O {
    const labels = node === "" || !this.#has("PodTopologyLabels") ? undefined : ofNode(this.#around, node)
    return labels === undefined ? object
      : { ...object, metadata: { ...object.metadata, labels: { ...object.metadata?.labels, ...labels } } }
  }

  bind(binding: Binding): Binding {
    return this.#labelled(binding, binding.target.name ?? "")
  }

  /** An object that shall replace another: synchronous, for it is asked in the midst of an attempt. */
  update(object: ApiObject, existing: ApiObject): ApiObject {
    if (object.kind !== "Pod" || object.spec === (existing as Pod).spec) return object
    const prioritised = this.#has("Priority") ? keepPriority(object, existing as Pod) : object
    return this.#has("DefaultTolerationSeconds") ? withDefaultTolerations(prioritised) : prioritised
  }

  /** Before a deletion. */
  remove(resource: Resource, name: string): Effect.Effect<void, ApiFailed> {
    return resource === "namespaces" && this.#has("NamespaceLifecycle") ? this.#lifecycle.remove(name) : Effect.void
  }
}
