import { describe, expect, it } from "vitest"
import { patched } from "#impl/api-server/patch.ts"
import { BadPatch, strategicMerge } from "#impl/api-server/strategic-merge.ts"
import type { ApiObject } from "#model/kinds.ts"

const merge = (target: object, patch: object): unknown =>
  strategicMerge("io.k8s.api.core.v1.Pod", target as never, patch as never)
const conditions = (...types: ReadonlyArray<string>): object =>
  ({ status: { conditions: types.map((type) => ({ type })) } })

describe("a strategic merge", () => {
  it("merges lists by their key, and replaces those that have none", () => {
    const target = { spec: { containers: [{ name: "a", image: "x", args: ["1"] }, { name: "b", image: "y" }] } }
    expect(merge(target, { spec: { containers: [{ name: "a", args: ["2"] }] } })).toEqual(
      { spec: { containers: [{ name: "a", image: "x", args: ["2"] }, { name: "b", image: "y" }] } })
  })
  it("takes elements, fields and values away", () => {
    expect(merge({ spec: { containers: [{ name: "a" }, { name: "b" }] } },
      { spec: { containers: [{ name: "a", $patch: "delete" }] } })).toEqual({ spec: { containers: [{ name: "b" }] } })
    expect(merge({ metadata: { labels: { a: "1", b: "2" }, finalizers: ["x/a", "x/b"] } },
      { metadata: { labels: { a: null }, "$deleteFromPrimitiveList/finalizers": ["x/a"] } }))
      .toEqual({ metadata: { labels: { b: "2" }, finalizers: ["x/b"] } })
    expect(merge({ metadata: { labels: { a: "1" } } }, { metadata: { labels: { $patch: "replace", b: "2" } } }))
      .toEqual({ metadata: { labels: { b: "2" } } })
    expect(merge({ spec: { containers: [{ name: "a" }] } },
      { spec: { containers: [{ $patch: "replace" }, { name: "c" }] } }))
      .toEqual({ spec: { containers: [{ name: "c" }] } })
  })
  it("puts what is new before what was there, unless an order is given", () => {
    expect(merge(conditions("PodScheduled"), conditions("Initialized", "Ready")))
      .toEqual(conditions("Initialized", "Ready", "PodScheduled"))
    const order = { "$setElementOrder/conditions": [{ type: "B" }, { type: "A" }] }
    expect(merge(conditions("A", "B", "C"), { status: order })).toEqual(conditions("B", "A", "C"))
    expect(merge(conditions("A", "B", "C"), conditions("C", "A"))).toEqual(conditions("B", "C", "A"))
  })
  it("refuses what is no patch", () => {
    expect(() => merge({ spec: {} }, { spec: { containers: [{ image: "x" }] } })).toThrow(BadPatch)
    expect(() => merge({ spec: {} }, { spec: { $patch: "sideways" } })).toThrow(BadPatch)
  })
  it("changes neither of the two", () => {
    const target = Object.freeze({ metadata: Object.freeze({ finalizers: Object.freeze(["a"]) }) })
    expect(merge(target, Object.freeze({ metadata: { finalizers: ["b"] } })))
      .toEqual({ metadata: { finalizers: ["b", "a"] } })
    expect(target.metadata.finalizers).toEqual(["a"])
  })
})

describe("a patch", () => {
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "a", labels: { x: "1" } },
    spec: { holderIdentity: "me" } } as unknown as ApiObject
  const codeOf = (patch: object, type: "json" | "merge" | "strategic", strict = false): number => {
    const made = patched("leases", lease, patch, type, strict ? "Strict" : "Warn")
    return made.type === "patched" ? 200 : made.status.code
  }
  it("by operations is done as a whole or not at all", () => {
    const made = patched("leases", lease, [{ op: "add", path: "/metadata/labels/y", value: "2" }], "json")
    expect(made).toMatchObject({ type: "patched", object: { metadata: { labels: { x: "1", y: "2" } } } })
    expect(codeOf([{ op: "test", path: "/metadata/name", value: "b" }], "json")).toBe(422)
    expect(codeOf([{ op: "remove", path: "/metadata/labels/none" }], "json")).toBe(422)
    expect(codeOf({}, "json")).toBe(400)
    expect(lease.metadata.labels).toEqual({ x: "1" })
  })
  it("is held to the schema afterwards", () => {
    expect(codeOf({ spec: { leaseDurationSeconds: "long" } }, "merge")).toBe(422)
    expect(codeOf({ spec: { colour: "red" } }, "merge", true)).toBe(422)
    expect(patched("leases", lease, { spec: { colour: "red" } })).toMatchObject(
      { type: "patched", object: { spec: { holderIdentity: "me" } }, warnings: ["unknown field \"spec.colour\""] })
    expect(codeOf({ kind: "Pod" }, "merge")).toBe(422)
  })
})
