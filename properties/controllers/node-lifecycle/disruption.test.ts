/** That every zone is lost is worked out from committed nodes and from what the controller's informer shows. */
import { describe, expect, it } from "vitest"
import { disruption } from "#properties/controllers/node-lifecycle/disruption.ts"
import { broken, Commits, type Given, named, nodeOf } from "#properties/hand-made.ts"

const promise = named(disruption, "a controller that knows every zone lost taints no node")
const leader = "controller-manager/0"
const leads: Given = [0, leader, { type: "elector.acquired" }, "kube-controller-manager"]
const tainted = nodeOf("a", "Unknown", { taints: [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute",
  timeAdded: "2026-01-01T00:00:00Z" }] })

const lostAt_ms = 1_000
const history = (shown_ms: number, taintedAt_ms: number, other = "Unknown") => {
  const commits = new Commits()
  const lines = [leads, commits.put(0, "nodes", nodeOf("a")), commits.put(0, "nodes", nodeOf("b")),
    commits.put(lostAt_ms, "nodes", nodeOf("a", "Unknown")), commits.put(lostAt_ms, "nodes", nodeOf("b", other))]
  const shown: Given = [shown_ms, leader, { type: "reflector.reported", resource: "nodes",
    resourceVersion: commits.revision }, "nodes"]
  return [...lines, shown, commits.put(taintedAt_ms, "nodes", tainted)]
}

describe("when every zone is lost", () => {
  it("nobody is tainted by a controller that has long been shown it", () => {
    expect(broken(promise, history(6_000, 127_000))).toContain("a is tainted")
  })
  it("what is under way, and who was not shown it, is let off", () => {
    expect(broken(promise, history(6_000, 125_000))).toBeUndefined()
    expect(broken(promise, history(100_000, 127_000))).toBeUndefined()
  })
  it("one ready node is enough", () => {
    expect(broken(promise, history(6_000, 500_000, "True"))).toBeUndefined()
  })
})
