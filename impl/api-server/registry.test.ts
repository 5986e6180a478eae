/** Metadata rules, defaults, admission, validation and deletion, without a server. */
import { describe, expect, it } from "vitest"
import { checkBinding, bound } from "#impl/api-server/binding.ts"
import { decideDeletion } from "#impl/api-server/deletion.ts"
import { decodeBody } from "#impl/api-server/decode.ts"
import { defaulted, named, prepareForCreate, prepareForUpdate, type Prepared } from "#impl/api-server/registry.ts"
import { parseSelector } from "#impl/api-server/selectors.ts"
import type { Draws } from "#impl/ports.ts"
import { type ApiObject, type GivenObject, kinds, type Resource, resourceOfKind } from "#model/kinds.ts"
import type { GivenLease } from "#model/objects/lease.ts"
import type { GivenMeta } from "#model/objects/metadata.ts"
import type { GivenNode, Node } from "#model/objects/node.ts"
import type { Binding, GivenPod, Pod } from "#model/objects/pod.ts"
import type { GivenReplicaSet, ReplicaSet } from "#model/objects/replica-set.ts"
import { timeOf } from "#model/objects/time.ts"

const draws: Draws["Service"] = { below: () => 0, unit: () => 0, uuid: (_stream, identity) => `uid of ${identity}` }
const metadata: GivenMeta & { readonly name: string; readonly namespace: string } = { name: "a", namespace: "default" }
const container = { name: "c", image: "nginx:1" }
const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [container] } } satisfies GivenPod
const set = {
  apiVersion: "apps/v1", kind: "ReplicaSet", metadata,
  spec: { replicas: 2, selector: { matchLabels: { app: "a" } },
    template: { metadata: { labels: { app: "a" } }, spec: pod.spec } }
} satisfies GivenReplicaSet
const node: GivenNode = { apiVersion: "v1", kind: "Node", metadata: { name: "a" } }
const lease: GivenLease =
  { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: { leaseDurationSeconds: 40 } }

const ready = <O extends ApiObject>(prepared: Prepared): O => {
  if (prepared.type === "refused") throw new Error(prepared.status.message)
  return prepared.object as O
}
const fieldsOf = (prepared: Prepared): ReadonlyArray<string | undefined> =>
  prepared.type === "ready" ? [] : (prepared.status.details?.causes ?? []).map((cause) => cause.field)
const codeOf = (prepared: Prepared): number => prepared.type === "ready" ? 200 : prepared.status.code
const gate = (name: string) => ({ name })
const now_ms = 10_500
const at = (ms: number) => timeOf(ms)
const create = (resource: Resource, object: GivenObject): Prepared =>
  prepareForCreate(resource, named(resource, kinds[resource].namespaced ? "default" : "",
    defaulted(resource, decodeBody(kinds[resource].schema, object).object as GivenObject), now_ms, draws), now_ms)
const stored = <O extends ApiObject>(object: O, changed: Partial<O["metadata"]> = {}): O =>
  ({ ...object, metadata: { ...object.metadata, resourceVersion: "7", ...changed } })
const storedPod = (changed: Partial<Pod["metadata"]> = {}, spec: Partial<Pod["spec"]> = {}): Pod => {
  const made = stored(ready<Pod>(create("pods", pod)), changed)
  return { ...made, spec: { ...made.spec, ...spec } }
}

describe("creation", () => {
  it("gives what the server owns and takes no status", () => {
    const made = ready<Pod>(create("pods", { ...pod, status: { phase: "Running" },
      metadata: { ...metadata, uid: "mine", deletionTimestamp: at(5_000), generation: 9 } }))
    expect(made.metadata).toEqual({ ...metadata, uid: "uid of pods/default/a", resourceVersion: "", generation: 1,
      creationTimestamp: at(10_000) })
    expect(made.status).toEqual({ phase: "Pending", qosClass: "BestEffort" })
  })
  it("fills in defaults, and counts generations only where Kubernetes does", () => {
    const made = ready<Pod>(create("pods", pod))
    expect(made.spec).toMatchObject({ restartPolicy: "Always", terminationGracePeriodSeconds: 30 })
    expect(made.spec.containers[0]!.imagePullPolicy).toBe("IfNotPresent")
    expect([made, ready<ApiObject>(create("nodes", node)), ready<ApiObject>(create("leases", lease)),
      ready<ApiObject>(create("replicasets", set))].map((object) => object.metadata.generation))
      .toEqual([1, undefined, undefined, 1])
  })
  it("generates names from the base and the alphabet", () => {
    const base = "x".repeat(70)
    const made = ready(create("pods", { ...pod, metadata: { namespace: "default", generateName: base } }))
    expect(made.metadata.name).toBe(`${"x".repeat(58)}bbbbb`)
  })
  it("refuses what is invalid, with its causes", () => {
    expect(fieldsOf(create("pods", { ...pod, metadata: { ...metadata, name: "A_b" } }))).toEqual(["metadata.name"])
    expect(fieldsOf(create("pods", { ...pod, spec: { containers: [] } }))).toEqual(["spec.containers"])
    expect(fieldsOf(create("pods", { ...pod, spec: { containers: [container, container] } })))
      .toEqual(["spec.containers[1].name"])
    const wants = { requests: { cpu: "2" }, limits: { cpu: "1500m" } }
    expect(fieldsOf(create("pods", { ...pod, spec: { containers: [{ ...container, resources: wants }] } })))
      .toEqual(["spec.containers[0].resources.requests"])
    expect(fieldsOf(create("replicasets", { ...set, spec: { ...set.spec, replicas: -1, selector: {} } })))
      .toEqual(["spec.replicas", "spec.selector"])
    expect(fieldsOf(create("replicasets", { ...set, spec: { ...set.spec, selector: { matchLabels: { app: "b" } } } })))
      .toEqual(["spec.template.metadata.labels"])
    expect(fieldsOf(create("leases", { ...lease, spec: { leaseDurationSeconds: 0 } })))
      .toEqual(["spec.leaseDurationSeconds"])
    expect(fieldsOf(create("pods", { ...pod, spec: { ...pod.spec, nodeName: "n", schedulingGates: [gate("g")] } })))
      .toEqual(["spec.nodeName"])
  })
})

describe("update", () => {
  const update = (existing: ApiObject, given: GivenObject, subresource?: "status"): Prepared =>
    prepareForUpdate(resourceOfKind(existing.kind)!, existing,
      defaulted(resourceOfKind(existing.kind)!,
        decodeBody(kinds[resourceOfKind(existing.kind)!].schema, given).object as GivenObject),
      subresource)
  it("keeps what the server owns", () => {
    const existing = storedPod({ deletionTimestamp: at(9_000), deletionGracePeriodSeconds: 3 })
    const { metadata: now } = ready<Pod>(
      update(existing, { ...existing, metadata: { ...metadata, labels: { x: "y" } } }))
    expect(now).toEqual({ ...existing.metadata, labels: { x: "y" } })
  })
  it("raises the generation with the spec alone, and shares what did not change", () => {
    const existing = stored(ready<ReplicaSet>(create("replicasets", set)))
    const copy = structuredClone(existing)
    expect(ready<ReplicaSet>(update(existing, copy)).spec).toBe(existing.spec)
    const given = { ...copy, spec: { ...copy.spec, replicas: 3 }, status: { replicas: 9 } }
    const scaled = ready<ReplicaSet>(update(existing, given))
    expect([scaled.metadata.generation, scaled.status]).toEqual([2, { replicas: 0 }])
    const reported = ready<ReplicaSet>(update(existing, given, "status"))
    expect([reported.metadata.generation, reported.status, reported.spec.replicas]).toEqual([1, { replicas: 9 }, 2])
  })
  it("fills in at an update what it fills in at a creation", () => {
    const existing = stored(ready<ReplicaSet>(create("replicasets", set)))
    expect(ready<ReplicaSet>(update(existing, { ...existing, spec: set.spec })).spec).toBe(existing.spec)
  })
  const tolerated = [{ key: "a", operator: "Exists" as const }]
  it("lets a pod change its images, more tolerations and fewer gates, and nothing else", () => {
    const existing = storedPod({}, { schedulingGates: [gate("g"), gate("h")], tolerations: tolerated })
    const given = (spec: Partial<Pod["spec"]>): Prepared =>
      update(existing, { ...existing, spec: { ...existing.spec, ...spec } })
    const [first] = existing.spec.containers
    expect(codeOf(given({ containers: [{ ...first!, image: "other:2" }] }))).toBe(200)
    expect(codeOf(given({ schedulingGates: [gate("h")] }))).toBe(200)
    expect(codeOf(given({ tolerations: [...tolerated, { key: "k", operator: "Exists" }] }))).toBe(200)
    expect(fieldsOf(given({ schedulingGates: [gate("g"), gate("h"), gate("i")] })))
      .toEqual(["spec.schedulingGates[2].name"])
    expect(fieldsOf(given({ tolerations: [] }))).toEqual(["spec.tolerations"])
    expect(fieldsOf(given({ nodeName: "n" }))).toEqual(["spec"])
    expect(fieldsOf(given({ containers: [] }))).toContain("spec.containers")
  })
  it("adds no finalizer to what is being deleted", () => {
    const existing = storedPod({ deletionTimestamp: at(9_000), deletionGracePeriodSeconds: 0, finalizers: ["e.com/a"] })
    const given = (finalizers: ReadonlyArray<string>): Prepared =>
      update(existing, { ...existing, metadata: { ...existing.metadata, finalizers } })
    expect([fieldsOf(given(["e.com/a", "e.com/b"])), codeOf(given([]))])
      .toEqual([["metadata.finalizers", "metadata.finalizers"], 200])
  })
})

const storedNode = (finalizers?: ReadonlyArray<string>): Node =>
  stored(ready<Node>(create("nodes", node)), finalizers === undefined ? {} : { finalizers })

describe("deletion", () => {
  const decide = (object: ApiObject, grace_s?: number) => decideDeletion(object, grace_s, 10_000)
  const scheduled = storedPod({}, { nodeName: "n" })
  it("grants a scheduled pod its grace", () => {
    expect(decide(scheduled)).toMatchObject({ type: "mark", thenRemove: false,
      object: { metadata: { deletionTimestamp: at(40_000), deletionGracePeriodSeconds: 30, generation: 2 } } })
    expect(decide(scheduled, 5)).toMatchObject({ object: { metadata: { deletionTimestamp: at(15_000) } } })
    expect(decide(scheduled, -1)).toMatchObject({ object: { metadata: { deletionGracePeriodSeconds: 1 } } })
    expect(decide(scheduled, 0)).toMatchObject({ type: "mark", thenRemove: true })
  })
  it("grants none to a pod that has no node or has ended", () => {
    expect(decide(storedPod(), 60))
      .toMatchObject({ thenRemove: true, object: { metadata: { deletionGracePeriodSeconds: 0 } } })
    expect(decide({ ...scheduled, status: { ...scheduled.status, phase: "Succeeded" } }))
      .toMatchObject({ thenRemove: true })
  })
  it("may only be hurried", () => {
    const marked = storedPod({ deletionTimestamp: at(40_000), deletionGracePeriodSeconds: 30 }, { nodeName: "n" })
    expect([decide(marked), decide(marked, 30), decide(marked, 99)].map(({ type }) => type))
      .toEqual(["pending", "pending", "pending"])
    expect(decide(marked, 10)).toMatchObject({ type: "mark", thenRemove: false,
      object: { metadata: { deletionTimestamp: at(20_000), deletionGracePeriodSeconds: 10, generation: 1 } } })
    expect(decide(marked, 0)).toMatchObject({ type: "mark", thenRemove: true })
  })
  it("finishes what a dead server began, and waits for finalizers", () => {
    const zero = { deletionTimestamp: at(9_000), deletionGracePeriodSeconds: 0 }
    expect(decide(storedPod(zero))).toEqual({ type: "remove" })
    expect(decide(storedPod({ ...zero, finalizers: ["f"] }), 0)).toMatchObject({ thenRemove: false })
    expect(decide(storedPod({ finalizers: ["f"] }))).toMatchObject({ type: "mark", thenRemove: false })
    expect(decide(storedNode())).toEqual({ type: "remove" })
    expect(decide(storedNode(["f"]))).toMatchObject({ type: "mark", thenRemove: false,
      object: { metadata: { deletionTimestamp: at(10_000), deletionGracePeriodSeconds: 0 } } })
  })
})

describe("binding", () => {
  const binding: Binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "a", namespace: "default" },
    target: { kind: "Node", name: "n1" } }
  it("is refused to pods that are bound, gated or being deleted", () => {
    expect(checkBinding(storedPod(), binding)).toBeUndefined()
    const refused = [storedPod({}, { nodeName: "n1" }), storedPod({}, { schedulingGates: [gate("g")] }),
      storedPod({ deletionTimestamp: at(1_000), deletionGracePeriodSeconds: 0 })]
    expect(refused.map((one) => checkBinding(one, binding)?.code)).toEqual([409, 409, 409])
  })
  it("sets the node and says so", () => {
    expect(bound(storedPod(), binding, 5_000)).toMatchObject({ metadata: { generation: 1 }, spec: { nodeName: "n1" },
      status: { conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: at(5_000) }] } })
  })
})

describe("selectors", () => {
  const matches = (fieldSelector: string, labelSelector: string, object: Pod): boolean | undefined => {
    const selector = parseSelector({ resource: "pods", fieldSelector, labelSelector })
    return "error" in selector ? undefined : selector.matches(object)
  }
  const labelled = storedPod({ labels: { app: "web", tier: "front" } }, { nodeName: "n1" })
  it("combine fields and labels", () => {
    expect(matches("spec.nodeName=n1,status.phase!=Failed", "app=web,tier==front", labelled)).toBe(true)
    expect(matches("spec.nodeName=n2", "", labelled)).toBe(false)
    expect(matches("", "app!=web", labelled)).toBe(false)
    expect(matches("", "other!=x", labelled)).toBe(true)
    expect(matches("spec.nodeName=", "", storedPod())).toBe(true)
  })
  it("refuse fields that the kind does not offer", () => {
    expect(matches("spec.unschedulable=true", "", labelled)).toBeUndefined()
    expect(parseSelector({ resource: "nodes", fieldSelector: "spec.unschedulable=true" })).not.toHaveProperty("error")
  })
})
