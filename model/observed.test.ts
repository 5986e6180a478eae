/** The table of observed kinds against what Kubernetes published, and what its strategies count. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import {
  changesOf, isLawfulChange, nothingRemembered, type ObjectEvent, remember
} from "#model/api-server/object-laws.ts"
import { isResource } from "#model/kinds.ts"
import {
  anyResourceOf, chartOf, generationsOf, keptResources, observedKinds, observedResources
} from "#model/observed.ts"

const schemas = JSON.parse(readFileSync(fileURLToPath(new URL("objects/schemas.json", import.meta.url)), "utf8")) as
  Readonly<Record<string, object>>

describe("observed kinds", () => {
  it.each(observedResources)("%s: has a published schema, and is not served", (resource) => {
    expect(schemas[observedKinds[resource].schema]).toBeDefined()
    expect(isResource(resource)).toBe(false)
  })
  it("are found by their kind", () => {
    expect(anyResourceOf("apps/v1", "Deployment")).toBe("deployments")
    expect(anyResourceOf("v1", "Pod")).toBe("pods")
    expect(anyResourceOf("v1", "Event")).toBe("events")
    expect(anyResourceOf("extensions/v1beta1", "Deployment")).toBe(undefined)
  })
  it("say nothing about a kind that is in neither table", () => {
    expect(chartOf("widgets")).toBe("api-server.object")
    expect(generationsOf("widgets")).toBe(undefined)
  })
  it("are kept, but for the many that no promise asks about", () => {
    expect(keptResources).toEqual(expect.arrayContaining(["pods", "deployments", "services"]))
    expect(keptResources).not.toContain("events")
  })
})

const object = (revision: number, generation: number | undefined, parts: object, meta: object = {}): object => ({
  metadata: { name: "one", namespace: "ns", uid: "u", resourceVersion: String(revision), generation,
    creationTimestamp: "2026-01-01T00:00:00Z", ...meta }, ...parts
})
const isLawful = (resource: string, before: object, after: object): boolean => {
  const event = (type: string, revision: number, object_: object, previous?: object): ObjectEvent =>
    ({ type, revision, resource, key: `/registry/${resource}/ns/one`, object: object_, previous, entity: "u", seq: 0,
      at_ms: 0, clock_ms: 0, actor: "etcd" }) as unknown as ObjectEvent
  const updated = event("object.updated", 2, after, before) as Extract<ObjectEvent, { type: "object.updated" }>
  return isLawfulChange({ ...nothingRemembered, ...remember(event("object.created", 1, before)) }, updated,
    changesOf(updated))
}
const marked = { deletionTimestamp: "2026-01-01T00:00:01Z", deletionGracePeriodSeconds: 0, finalizers: ["f/f"] }

describe("the generation", () => {
  it.each([
    ["a Deployment's annotations", "deployments", [1, {}], [2, { annotations: { a: "1" } }], {}, true],
    ["a Deployment's annotations, through its status alone", "deployments", [1, {}], [1, { annotations: { a: "1" } }],
      {}, true],
    ["a Deployment's annotations with its status", "deployments", [1, {}], [2, { annotations: { a: "1" } }],
      { status: { replicas: 1 } }, false],
    ["a Deployment's labels", "deployments", [1, {}], [2, { labels: { a: "1" } }], {}, false],
    ["a StatefulSet's annotations", "statefulsets", [1, {}], [2, { annotations: { a: "1" } }], {}, false],
    ["a StatefulSet's spec", "statefulsets", [1, {}], [2, {}], { spec: { replicas: 1 } }, true],
    ["a StatefulSet's spec, not counted", "statefulsets", [1, {}], [1, {}], { spec: { replicas: 1 } }, false],
    ["an EndpointSlice's labels", "endpointslices", [1, {}], [2, { labels: { a: "1" } }], {}, true],
    ["an EndpointSlice's annotations", "endpointslices", [1, {}], [2, { annotations: { a: "1" } }], {}, false],
    ["an EndpointSlice's endpoints, not counted", "endpointslices", [1, {}], [1, {}], { endpoints: [{}] }, false],
    ["a ConfigMap's data", "configmaps", [undefined, {}], [undefined, {}], { data: { a: "1" } }, true],
    ["a ConfigMap's data, counted", "configmaps", [undefined, {}], [1, {}], { data: { a: "1" } }, false],
    ["a PriorityClass's text, counted", "priorityclasses", [1, {}], [2, {}], { description: "" }, false],
    ["the beginning of any deletion", "jobs", [1, { finalizers: ["f/f"] }], [2, marked], {}, true],
    ["the beginning of a deletion, not counted", "jobs", [1, { finalizers: ["f/f"] }], [1, marked], {}, false],
    ["anything of an unknown kind", "widgets", [1, {}], [7, {}], { spec: {} }, true]
  ] as const)("%s", (_, resource, [generation, meta], [generationNow, metaNow], parts, expected) => {
    expect(isLawful(resource, object(1, generation, {}, meta), object(2, generationNow, parts, metaNow))).toBe(expected)
  })
})
