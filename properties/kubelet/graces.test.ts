/** A grace is not outlived: counted from when it was shown, anew for a new kubelet, shorter when it was shortened. */
import { describe, expect, it } from "vitest"
import { broken, Commits, type Given, named, podOf } from "#properties/hand-made.ts"
import { graces } from "#properties/kubelet/graces.ts"

const promise = named(graces, "no container outlives the grace of its pod once the kubelet was shown the deletion")
const going = (seconds: number) => podOf("web", "u", { nodeName: "n" }, {},
  { deletionTimestamp: "2026-01-01T00:01:00Z", deletionGracePeriodSeconds: seconds })
const machine = (at_ms: number, type: string, process: string): Given => [at_ms, "machine/n", { type, process }]
const runtime = (at_ms: number, type: string): Given => [at_ms, "container-runtime/n", { type: `container.${type}`,
  podUid: "u", namespace: "default", pod: "web", name: "c" }, "c1"]
const shown = (at_ms: number, resourceVersion: number): Given => [at_ms, "kubelet/n",
  { type: "reflector.reported", resource: "pods", resourceVersion }, "pods?spec.nodeName=n"]

const history = (...then: ReadonlyArray<Given>) => {
  const commits = new Commits()
  return [machine(0, "process.started", "kubelet/n"), commits.put(0, "pods", podOf("web", "u", { nodeName: "n" })),
    runtime(1, "started"), commits.put(1_000, "pods", going(30)), shown(5_000, 3), ...then]
}
const looks = (at_ms: number): Given => [at_ms, "machine/n", { type: "machine.nicChanged", nic: "up" }]

describe("the grace of a pod", () => {
  it("is over some time", () => {
    expect(broken(promise, history(looks(44_000)))).toBeUndefined()
    expect(broken(promise, history(looks(46_000)))).toContain("u still runs on n")
    expect(broken(promise, history(runtime(36_000, "exited"), looks(46_000)))).toBeUndefined()
  })
  it("is over sooner when it was shortened", () => {
    const commits = new Commits()
    const lines = [machine(0, "process.started", "kubelet/n"), commits.put(0, "pods", podOf("web", "u",
      { nodeName: "n" })), runtime(1, "started"), commits.put(1_000, "pods", going(30)), shown(5_000, 3),
    commits.put(6_000, "pods", going(1)), shown(10_000, 4)]
    expect(broken(promise, [...lines, looks(21_000)])).toBeUndefined()
    expect(broken(promise, [...lines, looks(23_000)])).toContain("its grace of 2000 ms")
  })
  it("is granted anew by a new kubelet, and not for ever", () => {
    const again = [machine(20_000, "process.crashed", "kubelet/n"), machine(25_000, "process.started", "kubelet/n"),
      shown(26_000, 3)]
    expect(broken(promise, history(...again, looks(60_000)))).toBeUndefined()
    expect(broken(promise, history(...again, looks(67_000)))).toContain("counts since 26000 ms")
  })
  it("stands still while whoever must act is frozen, and begins anew", () => {
    const frozen = [machine(20_000, "process.paused", "container-runtime/n"), looks(300_000)]
    expect(broken(promise, history(...frozen))).toBeUndefined()
    const resumed = machine(300_000, "process.resumed", "container-runtime/n")
    expect(broken(promise, history(...frozen, resumed, looks(400_000)))).toBeUndefined()
    expect(broken(promise, history(...frozen, resumed, looks(500_000)))).toContain("still runs")
  })
})
