/** Three members in a small world: writes, reads, watches, crashes, lost disks; every line held against its chart. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { createActor, type AnyActor } from "xstate"
import * as etcd from "#impl/etcd.ts"
import { Network, type Connection } from "#impl/ports.ts"
import type { ClientFrame, Request, Response, ServerFrame } from "#impl/ports/etcd.ts"
import { World } from "#impl/sim/world.ts"
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"
import { charts } from "#model/etcd.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import { properties } from "#properties/etcd.ts"

const members = ["etcd/0", "etcd/1", "etcd/2"]

/** Follows etcd's charts; returns what they refuse. */
const judge = () => {
  const actors = new Map<string, AnyActor>()
  const refused: Array<string> = []
  return { refused, hear: (line: Line): void => {
    const event = { ...line.event, seq: line.seq, at_ms: line.at_ms, clock_ms: line.clock_ms, actor: line.actor,
      entity: line.entity }
    if (line.event.type === "process.crashed" || line.event.type === "process.stopped") {
      const gone = line.event.process
      for (const [key, actor] of actors) {
        if (!key.startsWith(`${gone}|`)) continue
        if (actor.getSnapshot().can(event)) actor.send(event)
        else actors.delete(key)
      }
      return
    }
    if (!(line.chart in charts)) return
    const key = `${line.actor}|${line.chart}|${line.entity}`
    let actor = actors.get(key)
    if (actor === undefined) actors.set(key, actor = createActor(charts[line.chart as keyof typeof charts]).start())
    const before = JSON.stringify(actor.getSnapshot().value)
    if (!actor.getSnapshot().can(event)) refused.push(`${before} refuses ${JSON.stringify(line)}`)
    actor.send(event)
    if (actor.getSnapshot().value !== line.state) refused.push(`not ${String(line.state)}: ${JSON.stringify(line)}`)
  } }
}

interface Client {
  readonly ask: (member: string, request: Request, answer: (response: Response) => void) => void
  readonly frame: (member: string, frame: ClientFrame) => void
  readonly heard: Array<ServerFrame>
}

const start = (seed: number, options: { readonly freeze?: boolean; readonly parts?: Partial<etcd.Parts> } = {}) => {
  const lines: Array<Line> = []
  const { hear, refused } = judge()
  const broken: Array<string> = []
  const monitors = new Monitors(properties)
  const world = new World({ seed, freeze: options.freeze ?? false,
    groundTruth: (revision, change) => ({ chart: "api-server.object", entity: change.key, state: "live",
      event: { type: change.value === undefined ? "object.deleted" : change.previous === undefined ? "object.created"
        : "object.updated", revision, resource: "things", key: change.key, object: change.value ?? change.previous,
      previous: change.previous } }),
    listen: (line) => {
      lines.push(line)
      hear(line)
      for (const { message, property } of monitors.hear([line])) broken.push(`${property}: ${message}`)
    } })
  members.forEach((name, i) => {
    world.addMachine({ name: `cp-${i}`, role: "control-plane", capacity: {}, labels: {} })
    world.addProcess({ name, machine: `cp-${i}`, program: etcd.program({ members, id: name }, options.parts) })
  })
  world.addMachine({ name: "worker-1", role: "worker", capacity: {}, labels: {} })
  const heard: Array<ServerFrame> = []
  const connections = new Map<string, Connection>()
  const answers = new Map<number, (response: Response) => void>()
  let ids = 0
  world.addProcess({ name: "api-server/0", machine: "worker-1", program: Effect.gen(function* () {
    const network = yield* Network
    for (;;) {
      for (const member of members) {
        if (connections.get(member)?.isOpen === true) continue
        const dialled = yield* Effect.option(network.dial(member))
        if (dialled._tag === "None") continue
        connections.set(member, dialled.value)
        dialled.value.handle({ closed: () => {}, frame: (frame: ServerFrame) => {
          heard.push(frame)
          if (frame.type === "response") answers.get(frame.id)?.(frame.response)
        } })
      }
      yield* Effect.sleep(200)
    }
  }) })
  const client: Client = { heard,
    frame: (member, frame) => connections.get(member)?.send(frame, "frame"),
    ask: (member, request, answer) => {
      const id = ++ids
      answers.set(id, answer)
      connections.get(member)?.send({ type: "request", id, request }, "request")
    } }
  world.start()
  return { world, client, lines, refused, broken }
}

const put = (key: string, value: object): Request =>
  ({ type: "txn", compare: [], success: [{ type: "put", key, value }], failure: [] })
const fault = (fields: object): Fault => ({ id: 1, at_ms: 0, ...fields }) as Fault

describe("three members", () => {
  it("elect a leader, take writes at any member and read them back", () => {
    const { broken, client, lines, refused, world } = start(1, { freeze: true })
    world.run(4_000)
    const answers: Array<Response> = []
    members.forEach((member, i) =>
      client.ask(member, put(`/registry/pods/default/p${i}`, { i }), (a) => answers.push(a)))
    world.run(4_500)
    members.forEach((member) =>
      client.ask(member, { type: "range", key: "/registry/pods/", prefix: true }, (a) => answers.push(a)))
    world.run(5_000)
    expect(world.panics).toEqual([])
    const written = answers.slice(0, 3).map((answer) => answer.type === "txn" ? answer.revision : answer)
    expect(written.sort()).toEqual([2, 3, 4])
    for (const answer of answers.slice(3)) expect(answer).toMatchObject({ revision: 4, kvs: [{}, {}, {}] })
    expect(lines.filter((line) => line.event.type === "raft.elected")).toHaveLength(1)
    expect(refused).toEqual([])
    expect(broken).toEqual([])
  })
  it("watch from a revision, with history, progress and prefix", () => {
    const { broken, client, refused, world } = start(2)
    world.run(4_000)
    for (const key of ["/a/1", "/b/1", "/a/2"]) client.ask("etcd/0", put(key, {}), () => {})
    world.run(4_500)
    client.frame("etcd/1", { type: "watch", id: 7, prefix: "/a/", startRevision: 2 })
    client.frame("etcd/1", { type: "watch", id: 8, prefix: "/a/", startRevision: 0 })
    world.run(4_600)
    client.ask("etcd/2", put("/a/1", { again: true }), () => {})
    world.run(5_000)
    client.frame("etcd/1", { type: "progress" })
    world.run(5_100)
    const seen = (id: number) => client.heard.flatMap((frame) =>
      frame.type === "watchEvents" && frame.id === id ? [frame.events.map((event) => event.kv.modRevision)] : [])
    expect(seen(7).flat()).toHaveLength(3)
    expect(seen(8)).toEqual([[5], []])
    expect(refused).toEqual([])
    expect(broken).toEqual([])
  })
  it("are cheap when idle: 1,000 s of heartbeats make no line", () => {
    const { lines, world } = start(3)
    world.run(10_000)
    const before = lines.length
    const { steps } = world
    world.run(1_010_000)
    // 10 rounds a second of 2 heartbeats and 2 answers, each a step or two, and no timer of a follower.
    expect(world.steps - steps).toBeLessThan(100_000)
    expect(lines.length).toBe(before)
  })
})

describe("faults", () => {
  const faults: ReadonlyArray<object> = [
    { type: "process.crash", process: "etcd/0", restart_ms: 700 },
    { type: "process.crash", process: "etcd/1", restart_ms: 300 },
    { type: "machine.powerLoss", machine: "cp-2", duration_ms: 3_000 },
    { type: "machine.powerLoss", machine: "cp-0", duration_ms: 1_000 },
    { type: "network.partition", from: ["cp-0"], to: ["cp-1", "cp-2"], oneWay: false, duration_ms: 6_000 },
    { type: "network.partition", from: ["cp-1"], to: ["cp-2"], oneWay: true, duration_ms: 8_000 },
    { type: "network.loss", from: "cp-0", to: "cp-1", probability: 0.3, duration_ms: 10_000 },
    { type: "process.pause", process: "etcd/2", duration_ms: 4_000 },
    { type: "disk.fail", machine: "cp-1", state: "slow", duration_ms: 8_000 },
    { type: "disk.fail", machine: "cp-2", state: "io", duration_ms: 2_000 },
    { type: "disk.fail", machine: "cp-0", state: "full", duration_ms: 2_000 },
    { type: "clock.rate", machine: "cp-1", rate: 1.1, duration_ms: 9_000 }
  ]
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("with seed %i everything stays lawful and heals", (seed) => {
    const { broken, client, lines, refused, world } = start(seed)
    const answered: Array<Response> = []
    for (let i = 0; i < 150; i++) {
      world.at(3_000 + i * 400, () =>
        client.ask(members[(i * seed) % 3]!, put(`/k/${i % 7}`, { i }), (a) => answered.push(a)))
      if (i % 30 === 0) world.at(3_100 + i * 400, () => client.frame(members[i % 3]!,
        { type: "watch", id: i, prefix: "/k/", startRevision: i % 2 }))
    }
    for (let i = 0; i < 10; i++) {
      const at_ms = 5_000 + i * 5_000 + seed * 37
      world.inject(fault({ ...faults[(i * 5 + seed * 3) % faults.length], id: i, at_ms }))
    }
    world.run(70_000)
    world.heal()
    world.run(500_000) // a machine takes minutes to boot
    let last: Response | undefined
    client.ask("etcd/1", { type: "range", key: "/k/", prefix: true }, (a) => { last = a })
    world.run(501_000)
    expect(world.panics).toEqual([])
    expect(refused).toEqual([])
    expect(broken).toEqual([])
    expect(last).toMatchObject({ type: "range" })
    expect(answered.filter((answer) => answer.type === "txn").length).toBeGreaterThan(40)
    expect(new Set(lines.filter((line) => line.event.type === "raft.elected").map((line) => line.actor)).size)
      .toBeGreaterThan(0)
  })
  it("a member that lost its disk stays out, and says so", () => {
    const { client, lines, refused, world } = start(9)
    world.run(4_000)
    client.ask("etcd/0", put("/a", {}), () => {})
    world.run(5_000)
    world.inject(fault({ type: "disk.lose", machine: "cp-1" }))
    world.run(60_000)
    expect(lines.filter((line) => line.event.type === "member.dataLost"))
      .toMatchObject([{ actor: "etcd/1", state: "dataLost" }])
    let answer: Response | undefined
    client.ask("etcd/0", put("/a", {}), (a) => { answer = a })
    world.run(61_000)
    expect(answer).toMatchObject({ type: "txn", revision: 3 })
    expect(refused).toEqual([])
  })
})
