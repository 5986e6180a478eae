/** Two leaders: the overlap is over in time, also after a pause. */
import { describe, expect, it } from "vitest"
import { broken, Commits, type Given } from "#properties/hand-made.ts"
import { losersStop } from "#properties/leader-election/losers.ts"

const lease = (holder: string) => ({ kind: "Lease", metadata: { name: "kube-scheduler", namespace: "kube-system",
  uid: "l" }, spec: { holderIdentity: holder }, status: {} })
const started: ReadonlyArray<Given> = [0, 1].map((i) => [0, `machine/cp-${i}`,
  { type: "process.started", process: `scheduler/${i}` }])
const elector = (at_ms: number, actor: string, type: string): Given => [at_ms, actor, { type }, "kube-scheduler"]
const process = (at_ms: number, type: string): Given => [at_ms, "machine/cp-0", { type, process: "scheduler/0" }]

const history = (...then: ReadonlyArray<Given>) => {
  const commits = new Commits()
  return [...started, commits.put(0, "leases", lease("scheduler/0_x")), elector(10, "scheduler/0", "elector.acquired"),
    commits.put(20_000, "leases", lease("scheduler/1_y")), elector(20_010, "scheduler/1", "elector.acquired"),
    ...then, commits.put(200_000, "leases", lease("scheduler/1_y"))]
}

describe("who has lost its lease", () => {
  it("stops in time", () => {
    expect(broken(losersStop, history())).toContain("scheduler/0 still believes")
    expect(broken(losersStop, history(elector(37_000, "scheduler/0", "elector.lost")))).toBeUndefined()
    expect(broken(losersStop, history(elector(39_000, "scheduler/0", "elector.lost")))).toContain("still believes")
    expect(broken(losersStop, history(process(37_000, "process.crashed")))).toBeUndefined()
  })
  it("has its time anew after a pause, and no more", () => {
    const paused = [process(25_000, "process.paused"), process(100_000, "process.resumed")]
    const lost = (at_ms: number) => elector(at_ms, "scheduler/0", "elector.lost")
    expect(broken(losersStop, history(...paused, lost(117_000)))).toBeUndefined()
    expect(broken(losersStop, history(...paused, lost(119_000)))).toContain("still believes")
    expect(broken(losersStop, history(process(25_000, "process.paused")))).toBeUndefined()
  })
})
