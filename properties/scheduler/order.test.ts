/** A Binding carries the uid that was seen. */
import { describe, expect, it } from "vitest"
import { broken, Commits, type Given, named, podOf } from "#properties/hand-made.ts"
import { order } from "#properties/scheduler/order.ts"

const promise = named(order, "A pod comes to a node only by the binding that a scheduler began for that very pod")
const started: Given = [0, "scheduler/0", { type: "schedulerProcess.started", incarnation: 1 }]
const begins = (uid: string): Given => [1, "scheduler/0", { type: "podBinding.began", pod: "default/web", node: "n" },
  uid]

const history = (...between: ReadonlyArray<Given>) => {
  const commits = new Commits()
  return [commits.put(0, "pods", podOf("web", "v")), ...between,
    commits.put(2, "pods", podOf("web", "v", { nodeName: "n" }))]
}

describe("a pod", () => {
  it("is not bound by what was decided for another of its name", () => {
    expect(broken(promise, history(started, begins("u")))).toContain("which no scheduler began for it")
    expect(broken(promise, history(started, begins("v")))).toBeUndefined()
  })
  it("may be bound by a user who saw it, however late, and not by whom nobody saw", () => {
    const commits = new Commits()
    const pods = [podOf("web", "u"), podOf("web", "v")] as const
    const binds: Given = [1, "user/0", { type: "request.sent", verb: "create", resource: "pods",
      subresource: "binding", key: "default/web", timeout_ms: 60_000 }, "1.1"]
    const bound = podOf("web", "v", { nodeName: "n" })
    expect(broken(promise, [started, commits.put(0, "pods", pods[1]), binds, commits.put(900_000, "pods", bound)]))
      .toBeUndefined()
    const others = new Commits()
    expect(broken(promise, [started, others.put(0, "pods", pods[0]), binds, others.drop(2, "pods", pods[0]),
      others.put(3, "pods", pods[1]), others.put(4, "pods", bound)])).toContain("which no scheduler began for it")
  })
  it("may be bound by a user, or by whom nothing is told", () => {
    const user: Given = [1, "user/0", { type: "request.sent", verb: "create", resource: "pods",
      subresource: "binding", key: "default/web", timeout_ms: 60_000 }, "1.1"]
    expect(broken(promise, history(started, user))).toBeUndefined()
    expect(broken(promise, history())).toBeUndefined()
  })
})
