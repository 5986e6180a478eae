import { describe, expect, it } from "vitest"
import { render, search } from "#properties/harness/search.ts"
import { plainSearch } from "#properties/harness/search/plain.ts"
import { leases, lock } from "#properties/harness/search/test-scopes.ts"

const verdictOf = (report: ReturnType<typeof search>, start: string) =>
  report.verdicts.find(({ sentence }) => sentence.startsWith(start))!

describe("the tabulated search agrees with XState's", () => {
  it.each([
    ["a lock, one client", lock({ clients: 1 })],
    ["two clients, losses and duplicates", lock({ clients: 2, losses: 1, duplicates: 1, epochs: 1 })],
    ["two clients, duplicates and retries", lock({ clients: 2, duplicates: 1, epochs: 1, retries: true })],
    ["expiry, crashes, cut", lock({ clients: 2, expires: true, crashes: 1, epochs: 1, losses: 1 })],
    ["time", leases(["a", "b", "c"])]
  ])("%s", (_name, scope) => {
    const { states, transitions, cut } = search({ ...scope, always: {} })
    expect({ states, transitions, cut }).toEqual(plainSearch(scope))
  })
})

describe("safety", () => {
  it("holds, with exact counts", () => {
    const report = search(lock({ clients: 3, losses: 1 }))
    expect([report.states, report.transitions, report.cut, report.complete]).toEqual([350, 1008, 0, true])
    expect(verdictOf(report, "at most one").verdict).toBe("holds")
    expect(verdictOf(report, "a client holds").verdict).toBe("holds")
  })
  it("is broken by a shortest run", () => {
    const sound = search(lock({ clients: 1, reorders: true, expires: true }))
    const { verdict, counterexample } = verdictOf(sound, "at most")
    expect(verdict).toBe("holds")
    expect(counterexample).toBeUndefined()
    const broken = verdictOf(search(lock({ clients: 2, expires: true })), "at most one")
    expect(broken.verdict).toBe("broken")
    expect(render(broken.counterexample!)).toBe(`   1  c1: client.asked
        c1: "idle" -> "asking"
   2  c2: client.asked
        c2: "idle" -> "asking"
   3  delivered: asks of c1 lock.asked (by "c1")
        server: owner "c1"
   4  server: lock.expired (by "c1")
        server: owner ""
   5  delivered: grants to c1 lock.granted
        c1: "asking" -> "holding"
   6  delivered: asks of c2 lock.asked (by "c2")
        server: owner "c2"
   7  delivered: grants to c2 lock.granted
        c2: "asking" -> "holding"
`)
  })
  it("finds that requests which overtake each other break the lock", () => {
    expect(verdictOf(search(lock({ clients: 2, reorders: true })), "at most one").verdict).toBe("broken")
  })
  it("says so when nothing happened, and that it cannot know behind a cut", () => {
    const pigs = (component: string) => ({ "pigs fly": (at: any) => at(component).state === "flying" })
    const silent = search({ ...leases(["a"]), sometimes: pigs("lease") })
    expect(verdictOf(silent, "pigs fly").verdict).toBe("broken")
    const bounded = search({ ...lock({ clients: 1, epochs: 1 }), sometimes: pigs("c1") })
    expect(bounded.cut).toBeGreaterThan(0)
    expect(verdictOf(bounded, "pigs fly").verdict).toBe("unknown")
  })
  it("stops at a bound of states and then knows nothing", () => {
    const report = search(lock({ clients: 3, losses: 1 }), { states_max: 50 })
    expect([report.states, report.complete, verdictOf(report, "at most one").verdict]).toEqual([50, false, "unknown"])
  })
})

describe("liveness under weak fairness", () => {
  const asked = "a client that asks"
  it("holds when nothing is lost, and when what is lost is sent again", () => {
    expect(verdictOf(search(lock({ clients: 1 })), asked).verdict).toBe("holds")
    const again = search(lock({ clients: 1, losses: 2, retries: true, crashes: 1, full: "dropped" }))
    expect(verdictOf(again, asked).verdict).toBe("holds")
  })
  it("is broken by a state of rest", () => {
    const { verdict, counterexample } = verdictOf(search(lock({ clients: 1, losses: 1 })), asked)
    expect(verdict).toBe("broken")
    expect(render(counterexample!)).toBe(`   1  c1: client.asked
        c1: "idle" -> "asking"
   2  delivered: asks of c1 lock.asked (by "c1")
        server: owner "c1"
   3  lost: grants to c1 lock.granted
      and nothing more happens
`)
  })
  it("is broken by a loop that is fair to every action", () => {
    const report = search({ ...lock({ clients: 2, retries: true, full: "dropped" }), always: {} })
    const { verdict, counterexample } = verdictOf(report, asked)
    expect(verdict).toBe("broken")
    expect(counterexample!.loop!.length).toBeGreaterThan(2)
    const loop = counterexample!.loop!.map(({ action }) => action)
    expect(loop).toContain("c2: client.returned")
    expect(counterexample!.loop!.every(({ changed }) => changed["c1"]?.after.state !== "holding")).toBe(true)
  })
  it("is unknown behind a cut", () => {
    expect(verdictOf(search(lock({ clients: 1, epochs: 1 })), asked).verdict).toBe("unknown")
  })
})
