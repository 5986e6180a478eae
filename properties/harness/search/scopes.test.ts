/** The scopes of the composition: what they promise, and how many states exactly were looked at. */
import { describe, expect, it } from "vitest"
import { scopes } from "#model/cluster.ts"
import { leaderElection } from "#model/cluster/leader-election.ts"
import { podTermination } from "#model/cluster/pod-termination.ts"
import { raftElection } from "#model/cluster/raft-election.ts"
import { scheduling } from "#model/cluster/scheduling.ts"
import { search } from "#properties/harness/search.ts"
import { plainSearch } from "#properties/harness/search/plain.ts"

/** A change of these numbers is a change of what the model allows: look at it before you change them. */
const counts: Readonly<Record<string, readonly [states: number, transitions: number, cut: number]>> = {
  "pod-termination-server": [393, 1_244, 0],
  "pod-termination-stubborn": [393, 1_223, 0],
  "scheduling": [69_563, 246_113, 0],
  "leader-election": [1_067_351, 4_232_223, 1_312_785],
  "raft-election": [2_007_520, 13_161_010, 1_388_051]
}

describe("every promise of a scope holds", () => {
  it.each(scopes.map((scope) => [scope.name, scope] as const))("%s", (name, scope) => {
    const report = search(scope)
    expect(report.verdicts.filter(({ verdict }) => verdict !== "holds")).toEqual([])
    expect([report.states, report.transitions, report.cut]).toEqual(counts[name])
  }, 120_000)
})

describe("the tabulated search agrees with XState's on the scopes", () => {
  const members = ["m0", "m1", "m2"]
  it.each([
    podTermination({ program: "stubborn", crashes: 1, losses: 1 }),
    scheduling({ name: "one pod", pods: ["p"], nodes: ["n1", "n2"], crashes: 1, losses: 1 }),
    raftElection({ members, candidates: ["m0"], term_max: 1, crashes: 1, losses: 1, duplicates: 1 }),
    leaderElection({ candidates: ["a", "b"], leaseDuration_ms: 20_000, revision_max: 1, crashes: 0, losses: 0 })
  ])("$says", (scope) => {
    const { states, transitions, cut } = search(scope)
    expect({ states, transitions, cut }).toEqual(plainSearch(scope))
  }, 60_000)
})

describe("a scope would notice", () => {
  it("that client-go's own 15 s let two candidates lead at once when an answer takes the whole time-out", () => {
    const report = search(leaderElection({ candidates: ["a", "b"], leaseDuration_ms: 15_000, revision_max: 2,
      crashes: 0, losses: 0 }))
    const broken = report.verdicts.find(({ verdict }) => verdict === "broken")!
    expect(broken.sentence).toBe("at most one candidate leads")
    expect(broken.counterexample!.prefix.map(({ action }) => action.split(" (")[0])).toEqual([
      "candidate a: write.sent", "delivered: writes of a object.created", "5000 ms pass",
      "delivered: answers to a write.accepted", "5000 ms pass", "5000 ms pass", "candidate b: write.sent",
      "delivered: writes of b object.updated", "delivered: answers to b write.accepted"])
  })
  it("a scheduler that does not list what is committed when it starts again", () => {
    const scope = scheduling({ name: "amnesia", pods: ["p"], nodes: ["n1"], crashes: 1, losses: 0 })
    const { then: _, ...crash } = scope.faults!.crashes!["scheduler"]!
    const report = search({ ...scope, faults: { crashes: { scheduler: crash } } })
    expect(report.verdicts.filter(({ kind, verdict }) => kind === "leadsTo" && verdict === "broken")
      .map(({ sentence }) => sentence)).toEqual([
      "a pending pod with a fitting node is eventually bound", "the scheduler comes to know of each binding"])
  })
  it("a kubelet that deletes the object before it has looked at the container", () => {
    const scope = podTermination({ program: "server", crashes: 0, losses: 0 })
    const worker = scope.components["worker"]!
    const report = search({ ...scope, components: { ...scope.components, worker: { ...worker,
      does: (view) => worker.does!(view).map(({ event }) => ({ event })) } } })
    expect(report.verdicts.filter(({ verdict }) => verdict === "broken").map(({ sentence }) => sentence)).toEqual([
      "no container of a finished worker runs"])
  })
})
