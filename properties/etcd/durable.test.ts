/** A wrong rule of commitment shows on the disks, also when no crash makes it matter. */
import { describe, expect, it } from "vitest"
import { durable } from "#properties/etcd/durable.ts"
import { broken, type Given, named } from "#properties/hand-made.ts"

const onMajority = named(durable, "what a member applies is on the disks of a majority")
const byItsLeader = named(durable, "an entry is committed by its term's leader, or beneath one of a later leader's own")

const up: ReadonlyArray<Given> = [0, 1, 2].map((i) => [0, `etcd/${i}`, { type: "raft.recovered", members: 3 }])
const has = (i: number, from: number, to: number, term: number, inTerm?: number): Given => [1, `etcd/${i}`,
  { type: "entry.persisted", from, to, term, ...(inTerm === undefined ? {} : { inTerm }) }]
const applies = (i: number, index: number, term: number): Given => [1, `etcd/${i}`,
  { type: "entry.applied", index, term, revision: 1, proposal: "" }]

describe("what is applied", () => {
  it("is on the disks of a majority", () => {
    expect(broken(onMajority, [...up, has(0, 1, 1, 1), applies(0, 1, 1)])).toContain("which no majority has")
    expect(broken(onMajority, [...up, has(0, 1, 1, 1), has(1, 1, 1, 1), applies(0, 1, 1)])).toBeUndefined()
  })
  it("is on the disk of the one that applies it", () => {
    const own = named(durable, "a member applies what is on its own disk, as it is there")
    const lines = [...up, has(0, 1, 2, 1), has(1, 1, 1, 1), applies(0, 1, 1), applies(1, 1, 1)]
    expect(broken(own, lines)).toBeUndefined()
    expect(broken(own, [...lines, applies(0, 2, 1), applies(1, 2, 1)])).toContain("etcd/1 applies entry 2")
  })
  it("does not count where it was overwritten, or lost with the disk", () => {
    const both = [...up, has(0, 1, 2, 1), has(1, 1, 2, 1)]
    expect(broken(onMajority, [...both, has(1, 2, 2, 2), applies(0, 1, 1), applies(0, 2, 1)])).toContain("entry 2")
    const lost: Given = [1, "etcd/1", { type: "member.dataLost", reason: "empty" }]
    expect(broken(onMajority, [...both, lost, applies(0, 1, 1)])).toContain("entry 1")
  })
  it("counts where it is found again after a crash", () => {
    const again: Given = [2, "etcd/1", { type: "raft.recovered", members: 3 }]
    const lines = [...up, has(0, 1, 1, 1), has(1, 1, 1, 1), again, has(1, 1, 1, 1, 3), applies(0, 1, 1)]
    expect(broken(onMajority, lines)).toBeUndefined()
    expect(broken(byItsLeader, lines)).toBeUndefined()
  })
})

describe("figure 8 of the raft paper", () => {
  const first = [...up, has(0, 1, 1, 1), has(1, 1, 1, 1), applies(0, 1, 1), has(0, 2, 2, 2), has(2, 1, 1, 1, 3)]
  it("an earlier leader's entry is not committed by counting its replicas", () => {
    const lines = [...first, has(1, 2, 2, 2, 4), applies(0, 2, 2)]
    expect(broken(onMajority, lines)).toBeUndefined()
    expect(broken(byItsLeader, lines)).toContain("entry 2 of term 2, which a majority took in later terms only")
  })
  it("it is committed beneath an entry of the later leader's own, or by its own leader", () => {
    expect(broken(byItsLeader, [...first, has(1, 2, 2, 2, 4), has(0, 3, 3, 4), has(1, 3, 3, 4), applies(0, 2, 2),
      applies(0, 3, 4)])).toBeUndefined()
    expect(broken(byItsLeader, [...first, has(1, 2, 2, 2), applies(0, 2, 2)])).toBeUndefined()
  })
})
