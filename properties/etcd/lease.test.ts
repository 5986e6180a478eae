/** A lease binds who hears the leader, and nobody who may not. */
import { expect, it } from "vitest"
import type { Event, Line } from "#model/events.ts"
import { properties } from "#properties/etcd/lease.ts"
import { alone } from "#properties/property.ts"

const [property] = properties
if (property?.kind !== "always") throw new Error("no property of the lease")

const elect = (voters: ReadonlyArray<string>, before: ReadonlyArray<readonly [string, object]> = []) => {
  const hear = alone(property)
  let seq = 0
  const say = (at_ms: number, actor: string, event: object) => hear({ seq: seq++, at_ms, clock_ms: at_ms, actor,
    entity: actor, event: event as Event, state: "", chart: "" } as Line)
  say(1_000, "etcd/0", { type: "raft.elected", term: 1, voters: [] })
  for (const name of ["etcd/1", "etcd/2"]) say(1_001, name, { type: "raft.followed", term: 1, leader: "etcd/0" })
  for (const [actor, event] of before) say(19_000, actor, event)
  say(20_000, "etcd/1", { type: "raft.electionTimedOut", term: 1 })
  return say(20_010, "etcd/1", { type: "raft.campaigned", term: 2, voters })
}
const cut = (from: string, to: string) =>
  ["world", { type: "fault.injected", fault: { type: "network.partition", from: [from], to: [to] } }] as const

it("nobody who hears the leader helps to depose it", () => {
  expect(elect(["etcd/1", "etcd/0"])).toContain("etcd/0 promised")
  expect(elect(["etcd/1", "etcd/2"])).toContain("etcd/2 promised")
  expect(elect(["etcd/1", "etcd/2"], [cut("cp-0", "cp-1")])).toContain("etcd/2 promised")
})
it("who may not hear it is free", () => {
  expect(elect(["etcd/1", "etcd/2"], [cut("cp-0", "cp-2")])).toBeUndefined()
  const crash = ["machine/cp-0", { type: "process.crashed", process: "etcd/0" }] as const
  expect(elect(["etcd/1", "etcd/2"], [crash])).toBeUndefined()
  expect(elect(["etcd/1", "etcd/2"], [["etcd/0", { type: "raft.quorumLost", term: 1 }]])).toBeUndefined()
  expect(elect(["etcd/1", "etcd/2"], [["machine/cp-0", { type: "process.paused", process: "etcd/0" }]])).toBeUndefined()
})
