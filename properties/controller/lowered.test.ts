/** What a controller waits for is lowered by what failed and by what is shown. */
import { describe, expect, it } from "vitest"
import { properties } from "#properties/controllers/replica-set.ts"
import { broken, Commits, type Given, named, podOf } from "#properties/hand-made.ts"

const promise = named(properties,
  "what a ReplicaSet's controller expects is lowered by what failed and by what its informer shows")
const actor = "controller-manager/0"
const says = (at_ms: number, event: object): Given => [at_ms, actor, event, "replicaset:default/web"]
const set = { kind: "ReplicaSet", metadata: { name: "web", namespace: "default", uid: "s" }, spec: { replicas: 2 },
  status: {} }
const owned = podOf("web-1", "u", {}, {}, { ownerReferences: [{ kind: "ReplicaSet", name: "web", uid: "s",
  controller: true }] })
const begins = (commits: Commits) => [commits.put(0, "replicasets", set), says(1, { type: "sync.began", uid: "s" }),
  says(1, { type: "expectations.set", creates: 2, deletes: 0 })]
const failed = says(2, { type: "sync.failed", verb: "create", resource: "pods", reason: "Invalid" })
const wrote = (revision: number) =>
  says(2, { type: "sync.wrote", verb: "create", resource: "pods", uid: "u", revision })
const ended = says(3, { type: "sync.ended", outcome: "failed" })
const shown = (at_ms: number, resourceVersion: number): Given => [at_ms, actor,
  { type: "reflector.reported", resource: "pods", resourceVersion }, "pods"]
const met = (at_ms: number) => says(at_ms, { type: "expectations.met" })

describe("an expectation", () => {
  it("is met at once when all of it failed", () => {
    expect(broken(promise, [...begins(new Commits()), failed, failed, ended, shown(9, 2)])).toContain("still waits")
    expect(broken(promise, [...begins(new Commits()), failed, failed, met(2), ended, shown(9, 2)])).toBeUndefined()
  })
  it("is met when the rest of it is shown", () => {
    const commits = new Commits()
    const lines = [...begins(commits), commits.put(2, "pods", owned), wrote(3), failed, ended]
    expect(broken(promise, [...lines, shown(9, 2), shown(20, 2)])).toBeUndefined()
    expect(broken(promise, [...lines, shown(9, 3), shown(20, 3)])).toContain("all was shown or had failed at 9 ms")
    expect(broken(promise, [...lines, met(9), shown(9, 3), shown(20, 3)])).toBeUndefined()
  })
  it("of a pod that went before it was shown may stay", () => {
    const commits = new Commits()
    const lines = [...begins(commits), commits.put(2, "pods", owned), wrote(3), ended, commits.drop(4, "pods", owned)]
    expect(broken(promise, [...lines, shown(9, 4), shown(20, 4)])).toBeUndefined()
  })
})
