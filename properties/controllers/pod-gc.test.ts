/** The collector is judged by committed pods and nodes, whatever it says of its choice. */
import { describe, expect, it } from "vitest"
import { properties } from "#properties/controllers/pod-gc.ts"
import { broken, Commits, type Given, named, nodeOf, podOf } from "#properties/hand-made.ts"

const forces = named(properties, "nobody but kubelets, users and the collector force deletes a pod")
const marks = named(properties, "only pods whose node is gone, or that have none, are marked as collected")
const bound = { nodeName: "n" }
const chosen: Given = [0, "controller-manager/0", { type: "podGc.chosen", pod: "default/web", node: "n",
  phase: "Running", reason: "orphaned" }, "u"]
const deletes = (at_ms: number, agent = "kube-controller-manager"): Given => [at_ms, "api-server/0",
  { type: "write.requested", agent, verb: "delete", resource: "pods", key: "/registry/pods/default/web", expected: 0,
    uid: "", grace: 0 }]
const marked = podOf("web", "u", bound, { phase: "Failed",
  conditions: [{ type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC" }] })

/** The pod is bound at 0; its node is there, or goes at that time. */
const history = (goes_ms: number | undefined, ...then: ReadonlyArray<(commits: Commits) => Given>) => {
  const commits = new Commits()
  const lines = [commits.put(0, "nodes", nodeOf("n")), commits.put(0, "pods", podOf("web", "u", bound))]
  if (goes_ms !== undefined) lines.push(commits.drop(goes_ms, "nodes", nodeOf("n")))
  return [...lines, ...then.map((one) => one(commits))]
}

describe("the collector", () => {
  it("may not take a pod of a node that exists, whatever it says", () => {
    expect(broken(forces, history(undefined, () => chosen, () => deletes(300_000)))).toContain("its node n exists")
    expect(broken(marks, history(undefined, (commits) => commits.put(300_000, "pods", marked)))).toContain("n exists")
  })
  it("waits until the node has been gone for its quarantine", () => {
    expect(broken(forces, history(300_000, () => deletes(310_000)))).toContain("went 10000 ms ago")
    expect(broken(forces, history(300_000, () => deletes(341_000)))).toBeUndefined()
    expect(broken(marks, history(300_000, (commits) => commits.put(341_000, "pods", marked)))).toBeUndefined()
  })
  it("takes a pod without a node only while it is being deleted", () => {
    const commits = new Commits()
    const pod = commits.put(0, "pods", podOf("web", "u"))
    expect(broken(forces, [pod, deletes(1_000)])).toContain("not being deleted")
    const going = podOf("web", "u", {}, {}, { deletionTimestamp: "2026-01-01T00:00:00Z" })
    expect(broken(forces, [pod, commits.put(10, "pods", going), deletes(1_000)])).toBeUndefined()
  })
  it("may strike who bears the name of one that it took, not whoever bears it later", () => {
    const commits = new Commits()
    const lines = [commits.put(0, "pods", podOf("web", "u", { nodeName: "gone" })),
      commits.drop(1_000, "pods", podOf("web", "u", { nodeName: "gone" })), commits.put(1_000, "nodes", nodeOf("n")),
      commits.put(1_000, "pods", podOf("web", "v", bound))]
    expect(broken(forces, [...lines, deletes(2_000)])).toBeUndefined()
    expect(broken(forces, [...lines, deletes(600_000)])).toContain("its node n exists")
  })
  it("is the only component beside the kubelet that may", () => {
    expect(broken(forces, history(300_000, () => deletes(400_000, "kube-scheduler")))).toContain("it never may")
    expect(broken(forces, history(undefined, () => deletes(400_000, "kubectl")))).toBeUndefined()
  })
})
