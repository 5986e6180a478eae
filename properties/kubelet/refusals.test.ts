/** A refusal is true of the node as its kubelet may see it, beside the pods that can be there. */
import { describe, expect, it } from "vitest"
import { broken, Commits, type Given, named, nodeOf, podOf } from "#properties/hand-made.ts"
import { refusals } from "#properties/kubelet/refusals.ts"

const promise = named(refusals, "a kubelet refuses a pod only for a reason that is true at that moment")
const asking = (cpu: string) => ({ nodeName: "n", containers: [{ name: "c", resources: { requests: { cpu } } }] })
const node = (zone = "a") => {
  const plain = nodeOf("n", "True", {}, { allocatable: { cpu: "2", memory: "1Gi", pods: "110" } })
  return { ...plain, metadata: { ...plain.metadata, labels: { zone } } }
}
const refuses = (reason: string, uid = "u"): Given => [10, "kubelet/n",
  { type: "podWorker.rejected", namespace: "default", pod: "web", reason }, uid]
const history = (...pods: ReadonlyArray<object>) => {
  const commits = new Commits()
  return [commits.put(0, "nodes", node()), ...pods.map((pod) => commits.put(1, "pods", pod as never))]
}

describe("a refusal", () => {
  const web = podOf("web", "u", asking("1500m"))
  it("for want of room is true beside what is bound there, runs there, or was not seen to end", () => {
    expect(broken(promise, [...history(web), refuses("OutOfcpu")])).toContain("is true of none of the 1 versions")
    const other = podOf("other", "v", asking("600m"))
    expect(broken(promise, [...history(web, other), refuses("OutOfcpu")])).toBeUndefined()
    const ended = podOf("other", "v", asking("600m"), { phase: "Succeeded" })
    expect(broken(promise, [...history(web, ended), refuses("OutOfcpu")])).toContain("OutOfcpu")
    const runs: Given = [5, "container-runtime/n", { type: "container.started", podUid: "v", namespace: "default",
      pod: "other", name: "c", attempt: 0 }, "c1"]
    expect(broken(promise, [...history(web, ended), runs, refuses("OutOfcpu")])).toBeUndefined()
    expect(broken(promise, [...history(web, other), refuses("OutOfmemory")])).toContain("OutOfmemory")
  })
  it("for the node's labels is true of the node from what the kubelet was shown on", () => {
    const picky = podOf("web", "u", { ...asking("1"), nodeSelector: { zone: "a" } })
    expect(broken(promise, [...history(picky), refuses("NodeAffinity")])).toContain("NodeAffinity")
    const commits = new Commits()
    const lines = [commits.put(0, "nodes", node("b")), commits.put(1, "pods", picky),
      commits.put(2, "nodes", node("a"))]
    const shown: Given = [3, "kubelet/n", { type: "reflector.reported", resource: "nodes",
      resourceVersion: commits.revision }, "nodes?metadata.name=n"]
    expect(broken(promise, [...lines, refuses("NodeAffinity")])).toBeUndefined()
    expect(broken(promise, [...lines, shown, refuses("NodeAffinity")])).toContain("NodeAffinity")
  })
})
