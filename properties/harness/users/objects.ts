/** Objects as users write them, and how users write: read, change, write on the condition of what was read. */
import { Effect } from "effect"
import { Client } from "#impl/client.ts"
import { reasonOf } from "#impl/client/errors.ts"
import type { GivenObjects, Objects } from "#model/kinds.ts"
import type { GivenMeta } from "#model/objects/metadata.ts"
import type { GivenNode } from "#model/objects/node.ts"
import type { GivenPod, GivenPodSpec } from "#model/objects/pod.ts"
import type { GivenReplicaSet } from "#model/objects/replica-set.ts"
import type { Act } from "#properties/harness/users/operation-kind.ts"

export const namespace = "default"
/** The label by which replica sets select; `pod.update` sets it, so that pods are released and adopted. */
export const selectorLabel = "app"
export const zoneLabel = "topology.kubernetes.io/zone"
const ownFinalizer = "plimsoll.test/held"

const conflictRetries_max = 3 // retry.DefaultRetry has 5 steps; fewer leave some conflicts to be seen. ASSUMED

const metadata = (name: string, within = namespace): GivenMeta => ({ name, namespace: within })
export const pod = (name: string, spec: GivenPodSpec, within?: string): GivenPod =>
  ({ apiVersion: "v1", kind: "Pod", metadata: metadata(name, within), spec })
export const node = (name: string, zone: string): GivenNode =>
  ({ apiVersion: "v1", kind: "Node", metadata: { name, labels: { [zoneLabel]: zone } } })
/** A label of the template that its selector does not ask for: an adopted pod lacks it, and is not fully labelled. */
const templateLabel = { origin: "template" }
export const replicaSet = (
  name: string, replicas: number, template: GivenPodSpec, minReadySeconds?: number, within?: string
): GivenReplicaSet => ({
  apiVersion: "apps/v1", kind: "ReplicaSet", metadata: metadata(name, within),
  spec: {
    replicas, selector: { matchLabels: { [selectorLabel]: name } },
    template: { metadata: { labels: { [selectorLabel]: name, ...templateLabel } }, spec: template },
    ...(minReadySeconds === undefined ? {} : { minReadySeconds })
  }
})

/** With the user's own finalizer, or without it. */
export const finalized = <O extends GivenPod | GivenReplicaSet>(object: O, present: boolean): O => {
  const { finalizers = [], ...rest } = object.metadata ?? {}
  if (finalizers.includes(ownFinalizer) === present) return object
  const after = present ? [...finalizers, ownFinalizer] : finalizers.filter((one) => one !== ownFinalizer)
  return { ...object, metadata: after.length === 0 ? rest : { ...rest, finalizers: after } }
}

/** Read, change, write conditionally; again when another writer was faster. */
export const change = <R extends "pods" | "replicasets">(
  resource: R, name: string, edit: (object: Objects[R]) => GivenObjects[R]
): Act => Effect.gen(function*() {
  const client = yield* Client
  for (let attempt = 0; ; attempt++) {
    const before = yield* client.get(resource, namespace, name)
    const after = edit(before as never)
    if (after as unknown === before) return
    const result = yield* Effect.result(client.update(resource, after as never))
    if (result._tag === "Success") return
    if (reasonOf(result.failure) !== "Conflict" ||
      attempt >= conflictRetries_max) return yield* Effect.fail(result.failure)
  }
})

/** "web-0/2" is the pod of the set at place 2 by name, modulo their number; any other name is its own. */
export const resolve = (name: string): Act<string> => Effect.gen(function*() {
  const slash = name.indexOf("/")
  if (slash < 0) return name
  const set = name.slice(0, slash)
  const { items } = yield* (yield* Client).list("pods", { namespace, labelSelector: `${selectorLabel}=${set}` })
  if (items.length === 0) return set
  const names = items.map(({ metadata }) => metadata.name).sort()
  return names[Number(name.slice(slash + 1)) % names.length]!
})

/** What is asked of the client, and its answer not looked at. */
export const ask = (request: (client: Client["Service"]) => Act<unknown>): Act =>
  Effect.flatMap(Client, (client) => Effect.asVoid(request(client)))
