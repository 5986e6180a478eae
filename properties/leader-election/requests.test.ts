/** A leader's requests stop with its lease, but for one that was frozen in between. */
import { describe, expect, it } from "vitest"
import { broken, Commits, type Given, named } from "#properties/hand-made.ts"
import { leadersRequests } from "#properties/leader-election/requests.ts"

const promise = named(leadersRequests,
  "no request leaves a leader later than its deadline after its last renewal, unless it was frozen")
const lease = { kind: "Lease", metadata: { name: "kube-scheduler", namespace: "kube-system", uid: "l" },
  spec: { holderIdentity: "scheduler/0_x" }, status: {} }
const sends = (at_ms: number): Given => [at_ms, "scheduler/0", { type: "request.sent", verb: "create",
  resource: "pods", key: "default/web", timeout_ms: 60_000 }, "1.1"]
const machine = (at_ms: number, event: object): Given => [at_ms, "machine/cp-0", event]
const standsBy: ReadonlyArray<Given> = [machine(0, { type: "process.started", process: "scheduler/0" }),
  [0, "scheduler/0", { type: "elector.started" }, "kube-scheduler"]]
const leads = (took_ms = 10, ...then: ReadonlyArray<Given>) => [...standsBy, new Commits().put(1_000, "leases", lease),
  [1_000, "scheduler/0", { type: "elector.acquired", took_ms }, "kube-scheduler"] as Given, ...then]

describe("a leader", () => {
  it("sends nothing after its deadlines", () => {
    expect(broken(promise, leads(10, sends(13_000)))).toBeUndefined()
    expect(broken(promise, leads(10, sends(13_600)))).toContain("12501 ms are allowed")
  })
  it("counts by its own clock, and from a renewal that was answered late", () => {
    const slow = machine(500, { type: "machine.clockRateChanged", rate: 0.9 })
    expect(broken(promise, [...standsBy, slow, ...leads().slice(2), sends(14_800)])).toBeUndefined()
    expect(broken(promise, [...standsBy, slow, ...leads().slice(2), sends(14_900)])).toContain("are allowed")
    expect(broken(promise, leads(4_000, sends(16_000)))).toBeUndefined()
  })
  it("may have been frozen", () => {
    const frozen = [machine(2_000, { type: "process.paused", process: "scheduler/0" }),
      machine(60_000, { type: "process.resumed", process: "scheduler/0" })]
    expect(broken(promise, leads(10, ...frozen, sends(60_000)))).toBeUndefined()
  })
  it("must lead", () => {
    expect(broken(promise, [...standsBy, sends(1_000)])).toContain("does not lead")
    expect(broken(promise, [sends(1_000)])).toBeUndefined()
  })
})
