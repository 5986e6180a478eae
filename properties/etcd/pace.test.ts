/** The promises of time are broken by who is late, and by nobody who has an excuse. */
import { describe, expect, it } from "vitest"
import type { Event, Line } from "#model/events.ts"
import { properties } from "#properties/etcd/pace.ts"
import { alone } from "#properties/property.ts"

const judge = (sentence: string) => {
  const property = properties.find(({ name }) => name === sentence)
  if (property?.kind !== "always") throw new Error(`no property says "${sentence}"`)
  const hear = alone(property)
  let seq = 0
  const say = (at_ms: number, actor: string, event: object): string | undefined => hear({ seq: seq++, at_ms,
    clock_ms: at_ms, actor, entity: actor, event: event as Event, state: "", chart: "" } as Line)
  say(0, "world", { type: "run.started" })
  const member = (at_ms: number, name: string, event: object) => say(at_ms, name, event)
  for (const name of ["etcd/0", "etcd/1", "etcd/2"]) member(1, name, { type: "raft.recovered", members: 3 })
  return say
}
const fault = (type: string) => ({ type: "fault.injected", fault: { type } })
const crashed = (process: string) => ({ type: "process.crashed", process })

const ask = (took_ms: number, before: (say: ReturnType<typeof judge>) => void = () => {}, name: string,
  outcome = "unknown") => {
  const say = judge(name)
  before(say)
  say(40_000, "api-server/0", { type: "kv.invoked", id: "a", key: "/a", kind: "put" })
  return say(40_000 + took_ms, "api-server/0", { type: "kv.returned", id: "a", outcome })
}

describe("a healthy etcd answers without waiting for a timer", () => {
  const name = "a healthy etcd answers without waiting for a timer"
  it("at once, or with the next heartbeat", () => {
    expect(ask(120, undefined, name, "ok")).toBeUndefined()
    expect(ask(600, undefined, name)).toContain("after 600 ms")
    expect(ask(600, (say) => say(39_000, "world", fault("network.slow")), name)).toBeUndefined()
  })
  it("not always with the next heartbeat", () => {
    const say = judge(name)
    const wrong = Array.from({ length: 10 }, (_, i) => {
      say(40_000 + 200 * i, "api-server/0", { type: "kv.invoked", id: `${i}`, key: "/a", kind: "put" })
      return say(40_090 + 200 * i, "api-server/0", { type: "kv.returned", id: `${i}`, outcome: "ok" })
    })
    expect(wrong.filter((text) => text !== undefined)).toHaveLength(1)
  })
})

it("a member applies what is committed soon", () => {
  const apply = (late_ms: number) => {
    const say = judge("a healthy member applies what is committed without waiting for a timer")
    say(40_000, "etcd/0", { type: "entry.applied", index: 7 })
    return say(40_000 + late_ms, "etcd/1", { type: "entry.applied", index: 7 })
  }
  expect(apply(99)).toBeUndefined()
  expect(apply(400)).toContain("400 ms after the first")
})

it("a write that cannot be committed is given up", () => {
  const name = "a write that etcd cannot commit is given up after its time-out"
  const twoDie = (say: ReturnType<typeof judge>): void => {
    for (const process of ["etcd/1", "etcd/2"]) {
      say(39_000, "world", fault("process.crash"))
      say(39_000, "machine/cp-1", crashed(process))
    }
  }
  expect(ask(7_001, twoDie, name)).toBeUndefined()
  expect(ask(30_000, twoDie, name)).toContain("only after 30000 ms")
  expect(ask(30_000, (say) => say(39_000, "world", fault("network.partition")), name)).toBeUndefined()
})

it("a majority whose leader died elects another", () => {
  const wait = (how: (say: ReturnType<typeof judge>) => void, to_ms: number) => {
    const say = judge("a majority whose leader died elects another")
    say(1_000, "etcd/0", { type: "raft.elected", term: 1, voters: [] })
    how(say)
    say(41_200, "etcd/1", { type: "raft.electionTimedOut", term: 1 })
    return say(to_ms, "etcd/1", { type: "raft.electionTimedOut", term: 1 })
  }
  const dies = (process: string) => (say: ReturnType<typeof judge>): void => {
    say(40_000, "world", fault("process.crash"))
    say(40_000, "machine/cp-0", crashed(process))
  }
  expect(wait(dies("etcd/0"), 45_000)).toBeUndefined()
  expect(wait(dies("etcd/0"), 55_000)).toContain("etcd/1, etcd/2 have had no leader")
  expect(wait(dies("etcd/2"), 55_000)).toBeUndefined()
  expect(wait((say) => { dies("etcd/0")(say); dies("etcd/2")(say) }, 55_000)).toBeUndefined()
})

it("a consistent read waits for no timer", () => {
  const read = (took_ms: number, mode = "consistent") => {
    const say = judge("a healthy API server reads what is newest without waiting for a timer")
    say(40_000, "api-server/0", { type: "read.requested", mode })
    return say(40_000 + took_ms, "api-server/0", { type: "read.served" })
  }
  expect(read(110)).toBeUndefined()
  expect(read(7_000)).toContain("after 7000 ms")
  expect(read(7_000, "cached")).toBeUndefined()
})
