/**
 * Users: processes outside of the cluster that carry out operations through the API, as kubectl does.
 *
 * A user reads before it writes where kubectl does, retries a lost race a few times, and otherwise takes what comes: an
 * error, or an answer that never arrives and leaves the outcome unknown. Operations run concurrently.
 */
import { Clock, Effect } from "effect"
import { Client, reasonOf, type ApiError } from "#impl/client.ts"
import { Process } from "#impl/ports.ts"
import type { Operation } from "#model/events/operations.ts"
import type { GivenObjects, Objects } from "#model/kinds.ts"
import type { GivenMeta } from "#model/objects/metadata.ts"
import type { GivenNode, Taint } from "#model/objects/node.ts"
import type { GivenPod, GivenPodSpec, Pod } from "#model/objects/pod.ts"
import type { GivenReplicaSet } from "#model/objects/replica-set.ts"

export const namespace = "default"
/** The label by which replica sets select; `pod.update` sets it, so that pods are released and adopted. */
export const selectorLabel = "app"
const ownFinalizer = "plimsoll.test/held"
const avoidTaint = { key: "plimsoll.test/avoid", effect: "PreferNoSchedule" } as const
const zoneLabel = "topology.kubernetes.io/zone"
const deletionCost = "controller.kubernetes.io/pod-deletion-cost"

const conflictRetries_max = 3 // retry.DefaultRetry has 5 steps; fewer leave some conflicts to be seen. ASSUMED
const goneAfter_ms = 1_000 // ASSUMED: kubectl wait polls about once a second.
const goneTries_max = 120 // ASSUMED
const meeting_s = 30 // ASSUMED
const lookAgain_ms = 200 // ASSUMED

/** Hears what users do; the harness journals it as lines of the world. */
export interface Report {
  readonly invoked: (operation: Operation) => void
  /** outcome: "ok", the Status reason, "unreachable", or "unknown". */
  readonly completed: (operation: Operation, outcome: string) => void
  /** The user is there: whoever knows its moments may begin further operations. */
  readonly ready: (begin: (operation: Operation) => void) => void
}

const metadata = (name: string, labels?: Readonly<Record<string, string>>): GivenMeta =>
  ({ name, namespace, ...(labels === undefined ? {} : { labels }) })
export const pod = (name: string, spec: GivenPodSpec): GivenPod =>
  ({ apiVersion: "v1", kind: "Pod", metadata: metadata(name), spec })
/** A label of the template that its selector does not ask for: an adopted pod lacks it, and is not fully labelled. */
const templateLabel = { origin: "template" }
const node = (name: string, zone: string): GivenNode =>
  ({ apiVersion: "v1", kind: "Node", metadata: { name, labels: { [zoneLabel]: zone } } })
export const replicaSet = (
  name: string, replicas: number, template: GivenPodSpec, minReadySeconds?: number
): GivenReplicaSet => ({
  apiVersion: "apps/v1", kind: "ReplicaSet", metadata: metadata(name),
  spec: {
    replicas, selector: { matchLabels: { [selectorLabel]: name } },
    template: { metadata: { labels: { [selectorLabel]: name, ...templateLabel } }, spec: template },
    ...(minReadySeconds === undefined ? {} : { minReadySeconds })
  }
})

type Act<A = void> = Effect.Effect<A, ApiError, Client>

/** Read, change, write conditionally; again when another writer was faster. */
const change = <R extends "pods" | "replicasets">(
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
const resolve = (name: string): Act<string> => Effect.gen(function*() {
  const slash = name.indexOf("/")
  if (slash < 0) return name
  const set = name.slice(0, slash)
  const { items } = yield* (yield* Client).list("pods", { namespace, labelSelector: `${selectorLabel}=${set}` })
  if (items.length === 0) return set
  const names = items.map(({ metadata }) => metadata.name).sort()
  return names[Number(name.slice(slash + 1)) % names.length]!
})

/** Delete, wait until the object of that uid is gone, create anew: what a StatefulSet or an impatient user does. */
const recreate = (name: string, spec: GivenPodSpec): Act => Effect.gen(function*() {
  const client = yield* Client
  const before = yield* Effect.result(client.get("pods", namespace, name))
  if (before._tag === "Success") {
    const uid = before.success.metadata.uid
    const deleted = yield* Effect.result(client.delete("pods", namespace, name, { preconditions: { uid } }))
    if (deleted._tag === "Failure" &&
      reasonOf(deleted.failure) !== "NotFound") return yield* Effect.fail(deleted.failure)
    for (let tries = 0; tries < goneTries_max; tries++) {
      const now = yield* Effect.result(client.get("pods", namespace, name))
      if (now._tag === "Failure" && reasonOf(now.failure) === "NotFound") break
      if (now._tag === "Success" && now.success.metadata.uid !== uid) break
      yield* Effect.sleep(goneAfter_ms)
    }
  } else if (reasonOf(before.failure) !== "NotFound") return yield* Effect.fail(before.failure)
  yield* client.create("pods", pod(name, spec))
})

const cordon = (node: string, unschedulable: true | null): Act => Effect.gen(function*() {
  yield* (yield* Client).patch("nodes", "", node, { spec: { unschedulable } })
})

/** kubectl taint, conditional on the node as it was read: a merge patch replaces the whole list. */
const taint = (name: string, one: Taint, present: boolean): Act => Effect.gen(function*() {
  const client = yield* Client
  const { metadata: { resourceVersion }, spec } = yield* client.get("nodes", "", name)
  const others = (spec.taints ?? []).filter(({ effect, key }) => key !== one.key || effect !== one.effect)
  const taints = present ? [...others, one] : others
  yield* client.patch("nodes", "", name, { metadata: { resourceVersion }, spec: { taints } })
})

const isUnbound = ({ metadata, spec }: Pod): boolean => spec.nodeName === undefined
  && metadata.deletionTimestamp === undefined && (spec.schedulingGates ?? []).length === 0

/** Meets each of the next so many new pods as soon as it is seen; who is cut off looks again until the time is over. */
const meetNext = (
  count: number, isMeant: (pod: Pod) => boolean, act: (pod: Pod) => Effect.Effect<unknown, ApiError, Client>
): Act => {
  let known: Set<string> | undefined
  let left = count
  const meet = (pod: Pod): Act => Effect.suspend(() => {
    const { uid } = pod.metadata
    if (left === 0 || known!.has(uid) || !isMeant(pod)) return Effect.void
    known!.add(uid)
    left -= 1
    return Effect.asVoid(Effect.result(act(pod)))
  })
  const follow: Act = Effect.gen(function*() {
    const client = yield* Client
    const { items, resourceVersion } = yield* client.list("pods", { namespace })
    known ??= new Set(items.map(({ metadata }) => metadata.uid))
    for (const pod of items) yield* meet(pod)
    const stream = yield* client.watch("pods", { namespace, resourceVersion, timeoutSeconds: meeting_s })
    while (left > 0) {
      const event = yield* stream.next
      if (event === "closed" || event.type === "ERROR") return
      if (event.type === "ADDED") yield* meet(event.object as Pod)
    }
    stream.cancel()
  })
  return Effect.gen(function*() {
    const until_ms = (yield* Clock.currentTimeMillis) + 1000 * meeting_s
    while (left > 0 && (yield* Clock.currentTimeMillis) < until_ms) {
      yield* Effect.result(follow)
      yield* Effect.sleep(lookAgain_ms)
    }
  })
}

/** Races the scheduler for each new pod; who comes too late is told so. */
const bindNext = (name: string, count: number): Act => meetNext(count, isUnbound, ({ metadata }) =>
  Effect.flatMap(Client, (client) => client.bind({
    apiVersion: "v1", kind: "Binding", metadata: { name: metadata.name, namespace, uid: metadata.uid },
    target: { kind: "Node", name }
  })))

/** Whatever is made is deleted at once, mostly before anybody else has seen it: it is not bound, so nothing is waited for. */
const reapNext = (count: number): Act => meetNext(count, () => true, ({ metadata: { name, uid } }) =>
  Effect.flatMap(Client, (client) => client.delete("pods", namespace, name, { preconditions: { uid } })))

const recreateNode = (name: string, zone: string, wait_ms: number): Act => Effect.gen(function*() {
  const client = yield* Client
  yield* client.delete("nodes", "", name)
  yield* Effect.sleep(wait_ms)
  yield* client.create("nodes", node(name, zone))
})

const announce = (zone: string, count: number): Act => Effect.gen(function*() {
  const client = yield* Client
  for (let i = 1; i <= count; i++) yield* client.create("nodes", node(`${zone}-spare-${i}`, zone))
})

const retire = (zone: string): Act => Effect.gen(function*() {
  const client = yield* Client
  const { items } = yield* client.list("nodes", { labelSelector: `${zoneLabel}=${zone}` })
  for (const { metadata } of items) yield* client.delete("nodes", "", metadata.name)
})

/** kubectl drain: cordon, then delete what is there one by one; pods that vanish meanwhile are none of its business. */
const drain = (node: string): Act => Effect.gen(function*() {
  const client = yield* Client
  yield* cordon(node, true)
  const { items } = yield* client.list("pods", { namespace, fieldSelector: `spec.nodeName=${node}` })
  for (const { metadata } of items) {
    const preconditions = { uid: metadata.uid }
    const result = yield* Effect.result(client.delete("pods", namespace, metadata.name, { preconditions }))
    if (result._tag === "Failure" && reasonOf(result.failure) !== "NotFound" &&
      reasonOf(result.failure) !== "Conflict") {
      return yield* Effect.fail(result.failure)
    }
  }
})

/** kubectl patch, unconditional: what holds the object is taken away, whoever writes meanwhile. */
const letGo = (resource: "pods" | "replicasets", name: string): Act => Effect.gen(function*() {
  yield* (yield* Client).patch(resource, namespace, name, { metadata: { finalizers: null } })
})

/** Its finalizer is there from the beginning. */
const heldBack = <O extends GivenPod | GivenReplicaSet>(object: O, isHeld: boolean | undefined): O =>
  isHeld === true ? finalized(object, true) : object

const finalized = <O extends GivenPod | GivenReplicaSet>(object: O, present: boolean): O => {
  const { finalizers = [], ...rest } = object.metadata ?? {}
  if (finalizers.includes(ownFinalizer) === present) return object
  const after = present ? [...finalizers, ownFinalizer] : finalizers.filter((one) => one !== ownFinalizer)
  return { ...object, metadata: after.length === 0 ? rest : { ...rest, finalizers: after } }
}

const ungated = (object: Pod): Pod => {
  const { schedulingGates = [], ...spec } = object.spec
  return schedulingGates.length === 0 ? object : { ...object, spec }
}

const anyAge = { resourceVersion: "0" }

/** The API calls of one operation. */
export const perform = (operation: Operation): Act => Effect.gen(function*() {
  const client = yield* Client
  switch (operation.type) {
    case "replicaSet.create":
      return void (yield* client.create("replicasets",
        heldBack(replicaSet(operation.name, operation.replicas, operation.template, operation.minReadySeconds),
          operation.held)))
    case "replicaSet.scale":
      return yield* change("replicasets", operation.name, (set) =>
        ({ ...set, spec: { ...set.spec, replicas: operation.replicas } }))
    case "replicaSet.update":
      return yield* change("replicasets", operation.name, (set) =>
        ({ ...set, spec: { ...set.spec, template: { ...set.spec.template, spec: operation.template } } }))
    case "replicaSet.delete": return yield* client.delete("replicasets", namespace, operation.name)
    case "pod.create": return void (yield* client.create("pods", heldBack(pod(operation.name, operation.spec), operation.held)))
    case "pods.bind": return yield* bindNext(operation.node, operation.count)
    case "pods.reap": return yield* reapNext(operation.count)
    case "pod.update": {
      const patch = { metadata: { labels: { [selectorLabel]: operation.label } } }
      return void (yield* client.patch("pods", namespace, yield* resolve(operation.name), patch))
    }
    case "pod.price": {
      const patch = { metadata: { annotations: { [deletionCost]: String(operation.cost) } } }
      return void (yield* client.patch("pods", namespace, yield* resolve(operation.name), patch))
    }
    case "pod.delete": {
      const { gracePeriodSeconds } = operation
      const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }
      return yield* client.delete("pods", namespace, yield* resolve(operation.name), options)
    }
    case "pod.recreate": return yield* recreate(operation.name, operation.spec)
    case "replicaSet.finalize":
      if (!operation.present) return yield* letGo("replicasets", operation.name)
      return yield* change("replicasets", operation.name, (set) => finalized(set, operation.present))
    case "pod.finalize":
      if (!operation.present) return yield* letGo("pods", yield* resolve(operation.name))
      return yield* change("pods", yield* resolve(operation.name), (one) => finalized(one, operation.present))
    case "pod.ungate":
      return yield* change("pods", yield* resolve(operation.name), ungated)
    case "pod.read":
      return void (yield* client.get("pods", namespace, operation.name, operation.consistent ? {} : anyAge))
    case "pods.list": {
      const age = operation.consistent ? {} : anyAge
      if (operation.again_ms === undefined) return void (yield* client.list("pods", { namespace, ...age }))
      const { resourceVersion } = yield* client.list("pods", age)
      yield* Effect.sleep(operation.again_ms)
      return void (yield* client.list("pods", { resourceVersion, resourceVersionMatch: "Exact" }))
    }
    case "node.cordon": return yield* cordon(operation.node, true)
    case "node.uncordon": return yield* cordon(operation.node, null)
    case "node.avoid": return yield* taint(operation.node, avoidTaint, operation.present)
    case "node.taint":
      return yield* taint(operation.node, { key: operation.key, effect: "NoExecute" }, operation.present)
    case "node.drain": return yield* drain(operation.node)
    case "node.create": return void (yield* client.create("nodes", node(operation.node, operation.zone)))
    case "node.delete": return yield* client.delete("nodes", "", operation.node)
    case "node.recreate": return yield* recreateNode(operation.node, operation.zone, operation.wait_ms)
    case "nodes.create": return yield* announce(operation.zone, operation.count)
    case "nodes.delete": return yield* retire(operation.zone)
  }
})

const outcomeOf = (operation: Operation): Effect.Effect<string, never, Client> =>
  Effect.map(Effect.result(perform(operation)), (result) => result._tag === "Success" ? "ok" : reasonOf(result.failure))

/** How long a persistent user waits before it tries again. */
const patience_ms = 5_000 // ASSUMED
/** What may pass: nobody answered, the server could not, or its answer was lost. */
const mayPass: ReadonlySet<string> = new Set(["unreachable", "unknown", "InternalError", "ServiceUnavailable", "Timeout", "TooManyRequests"])

/**
 * Tries again until there is an answer that counts, as whoever replays a production workload must: its pods did
 * come. A creation that took effect although its answer was lost is answered AlreadyExists: it is done.
 */
const persistently = (operation: Operation): Effect.Effect<string, never, Client> => Effect.gen(function*() {
  for (let isFirst = true; ; isFirst = false) {
    const outcome = yield* outcomeOf(operation)
    if (!isFirst && outcome === "AlreadyExists") return "ok"
    if (!mayPass.has(outcome)) return outcome
    yield* Effect.sleep(patience_ms)
  }
})

/** A user's process: begins each of its operations at its time, whatever became of the ones before. */
export const user = (
  operations: ReadonlyArray<Operation>, report: Report, isPersistent: boolean
): Effect.Effect<never, never, Client | Process> => Effect.gen(function*() {
  const process = yield* Process
  const context = yield* Effect.context<Client>()
  const begin = (operation: Operation) => {
    report.invoked(operation)
    process.fork(Effect.provideContext(
      Effect.map(isPersistent ? persistently(operation) : outcomeOf(operation), (outcome) => report.completed(operation, outcome)), context))
  }
  report.ready(begin)
  // Armed one after the other: a heap that holds ten thousand timers slows the whole run down.
  let next = 0
  const arm = () => {
    const operation = operations[next++]
    if (operation === undefined) return
    process.after(Math.max(0, operation.at_ms - process.monotonic_ms()), () => {
      begin(operation)
      arm()
    })
  }
  arm()
  return yield* Effect.never
})
