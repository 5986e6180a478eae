import { describe, expect, it } from "vitest"
import { decideDeletion } from "#impl/api-server/deletion.ts"
import type { ApiObject } from "#model/kinds.ts"
import { timeOf } from "#model/objects/time.ts"

const now_ms = 100_000_000
const pod = (meta: object, nodeName = "n"): ApiObject => ({
  apiVersion: "v1", kind: "Pod", metadata: { name: "p", generation: 1, ...meta },
  spec: { nodeName, terminationGracePeriodSeconds: 30, containers: [] }, status: { phase: "Running" }
}) as unknown as ApiObject
const namespace = (meta: object, finalizers: ReadonlyArray<string>): ApiObject => ({
  apiVersion: "v1", kind: "Namespace", metadata: { name: "n", ...meta },
  spec: { finalizers }, status: { phase: "Active" }
}) as unknown as ApiObject
const lease = (meta: object): ApiObject => ({
  apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l", ...meta }, spec: {}
}) as unknown as ApiObject
const ending = (in_s: number, grace_s: number, meta: object = {}): object =>
  ({ deletionTimestamp: timeOf(now_ms + in_s * 1000), deletionGracePeriodSeconds: grace_s, ...meta })

describe("a grace", () => {
  const marked = (asked_s: number, in_s: number): unknown => {
    const decision = decideDeletion(pod(ending(in_s, 30)), asked_s, now_ms)
    return decision.type === "mark" ? decision.object.metadata : decision.type
  }
  it("that is shortened moves the end back", () => expect(marked(10, 25)).toMatchObject(ending(5, 10)))
  it("but not before now, and then a second is left for who has to end it", () => {
    expect(marked(2, 10)).toMatchObject(ending(0, 1))
    expect(marked(0, 10)).toMatchObject(ending(0, 0))
  })
  it("is never lengthened", () => expect(marked(31, 10)).toBe("pending"))
})

describe("who has to be gone first", () => {
  it("is said by a finalizer, whatever the kind", () => {
    expect(decideDeletion(lease({}), undefined, now_ms, "Foreground"))
      .toMatchObject({ type: "mark", thenRemove: false, object: { metadata: { finalizers: ["foregroundDeletion"] } } })
    expect(decideDeletion(lease({ finalizers: ["a/b", "orphan"] }), undefined, now_ms, "Background"))
      .toMatchObject({ type: "mark", object: { metadata: { finalizers: ["a/b"] } } })
    expect(decideDeletion(lease({ finalizers: ["orphan"] }), undefined, now_ms, "Background"))
      .toEqual({ type: "remove" })
    expect(decideDeletion(lease({ finalizers: ["orphan"] }), undefined, now_ms))
      .toMatchObject({ type: "mark", object: { metadata: { finalizers: ["orphan"] } } })
  })
})

describe("a namespace", () => {
  it("ends, without a grace, and stays until its content is gone", () => {
    const decision = decideDeletion(namespace({}, ["kubernetes"]), undefined, now_ms)
    expect(decision).toMatchObject({ type: "mark", thenRemove: false,
      object: { metadata: { deletionTimestamp: timeOf(now_ms) }, status: { phase: "Terminating" } } })
    expect(decision.type === "mark" && decision.object.metadata.deletionGracePeriodSeconds).toBeUndefined()
    const deletionTimestamp = timeOf(now_ms)
    expect(decideDeletion(namespace({ deletionTimestamp }, ["kubernetes"]), 0, now_ms)).toEqual({ type: "pending" })
    expect(decideDeletion(namespace({ deletionTimestamp }, []), 0, now_ms)).toEqual({ type: "remove" })
  })
})
