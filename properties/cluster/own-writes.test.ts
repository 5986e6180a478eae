/** Whose conditions a component writes, on which version; and no hot loop. */
import { describe, expect, it } from "vitest"
import { hotLoops } from "#properties/cluster/hot-loops.ts"
import { ownWrites } from "#properties/cluster/own-writes.ts"
import { broken, Commits, type Given, named, podOf } from "#properties/hand-made.ts"

const keeps = named(ownWrites, "a component changes no condition of a pod or node that is another's")
const conditional = named(ownWrites, "a component writes a pod, or a status, only on the version that it has seen")

const condition = (type: string, status = "True") => ({ type, status })
const pod = (...conditions: ReadonlyArray<object>) => podOf("web", "u", { nodeName: "n" }, { conditions })
const sent = (actor: string): Given => [1, actor, { type: "request.sent", verb: "patch", resource: "pods",
  subresource: "status", key: "default/web", timeout_ms: 60_000 }, "1.1"]
const answered = (actor: string, revision = 3): Given => [2, actor,
  { type: "request.answered", code: 200, uid: "u", revision }, "1.1"]
const asked: Given = [1, "api-server/0", { type: "write.requested", agent: "kubelet", verb: "patch", resource: "pods",
  key: "/registry/pods/default/web", expected: 2, uid: "u" }, "1/1"]
const done: Given = [2, "api-server/0", { type: "write.done", uid: "u", revision: 3, removed: false }, "1/1"]

describe("a status write", () => {
  const write = (actor: string, before: object, after: object) => {
    const commits = new Commits()
    return [commits.put(0, "pods", before as never), sent(actor), commits.put(1, "pods", after as never),
      answered(actor)]
  }
  it("keeps the conditions of others", () => {
    const both = pod(condition("Ready"), condition("DisruptionTarget"))
    expect(broken(keeps, write("scheduler/0", both, pod(condition("Ready"), condition("PodScheduled", "False")))))
      .toBeUndefined()
    expect(broken(keeps, write("scheduler/0", both, pod(condition("DisruptionTarget"))))).toContain("condition Ready")
    expect(broken(keeps, write("controller-manager/0", pod(condition("PodScheduled")), pod(condition("Ready")))))
      .toContain("condition PodScheduled")
    expect(broken(keeps, write("kubelet/n", pod(condition("x/gate"), condition("Ready")), pod(condition("Ready")))))
      .toContain("condition x/gate")
    expect(broken(keeps, write("user/0", both, pod()))).toBeUndefined()
  })
  it("is made on the version that was seen", () => {
    expect(broken(conditional, [sent("kubelet/n"), asked, done, answered("kubelet/n")])).toBeUndefined()
    expect(broken(conditional, [sent("kubelet/n"), asked, done, answered("kubelet/n", 4)]))
      .toContain("whatever version")
    expect(broken(conditional, [sent("kubelet/n"), answered("kubelet/n")])).toBeUndefined()
  })
  it("that changes nothing is answered with the revision that is there, which its writer may hear of later", () => {
    const both = [sent("controller-manager/0"), asked, done, sent("kubelet/n")]
    const later = [answered("kubelet/n"), answered("controller-manager/0")]
    expect(broken(conditional, [...both, ...later])).toBeUndefined()
    expect(broken(conditional, [...both, answered("kubelet/n"), answered("controller-manager/0", 4)]))
      .toContain("controller-manager/0 writes")
  })
})

describe("without users", () => {
  const [noLoop] = hotLoops as [never]
  const writes = (count: number, each_ms: number): ReadonlyArray<Given> =>
    Array.from({ length: count }, (_, i) => [i * each_ms, "kubelet/n", { type: "request.sent", verb: "patch",
      resource: "pods", subresource: "status", key: "default/web", timeout_ms: 60_000 }, `1.${i}`])
  it("a component does not write an object over and over", () => {
    expect(broken(noLoop, writes(200, 100))).toContain("kubelet/n writes pods/default/web")
    expect(broken(noLoop, writes(1_000, 1_000))).toBeUndefined()
  })
  it("what it follows may change", () => {
    const commits = new Commits()
    const changes = (name: string) => writes(200, 100).flatMap((write): ReadonlyArray<Given> =>
      [commits.put(write[0], "pods", podOf(name, name)), write])
    expect(broken(noLoop, changes("other"))).toBeUndefined()
    expect(broken(noLoop, changes("web"))).toContain("nothing else changes")
  })
  it("a rival of the same component may be answered, another component may not", () => {
    const duel = (rival: string) => writes(200, 100).flatMap(([at_ms, actor, event, entity]): ReadonlyArray<Given> =>
      [[at_ms, actor, event, entity], [at_ms, rival, event, entity],
        [at_ms, rival, { type: "request.answered", code: 200, uid: "u", revision: 3 }, entity]])
    expect(broken(noLoop, duel("kubelet/m").filter(([, actor]) => actor === "kubelet/n"))).toContain("kubelet/n writes")
    expect(broken(noLoop, duel("scheduler/0"))).toContain("nothing else changes")
    // Both write without end here, and only one of them is told of the other's success.
    expect(broken(noLoop, duel("kubelet/m"))).toContain("kubelet/m writes")
  })
  it("a user's doing counts anew", () => {
    const asks: Given = [1_000, "world", { type: "operation.invoked", operation: {} }]
    const many = writes(50, 10)
    expect(broken(noLoop, [...many, asks, ...many.map(([at_ms, ...rest]): Given => [at_ms + 1_000, ...rest])]))
      .toBeUndefined()
  })
})
