import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { type Connection, Network, Process } from "#impl/ports.ts"
import { World } from "#impl/sim/world.ts"
import type { Fault } from "#model/events/faults.ts"

/** A server on machine "s" and a client on "c"; the log says what each heard and when. */
const play = (script: {
  readonly faults?: ReadonlyArray<object>
  readonly seed?: number
  /** At each time, the client or server does something with its connection. */
  readonly client?: ReadonlyArray<readonly [number, (connection: Connection) => void]>
  readonly server?: ReadonlyArray<readonly [number, (connection: Connection) => void]>
  readonly until_ms?: number
  readonly same?: boolean
  readonly dialAt_ms?: number
}) => {
  const log: Array<string> = []
  const world = new World({ seed: script.seed ?? 1, freeze: true })
  for (const name of ["s", "s2", "c"]) world.addMachine({ name, role: "worker", capacity: {}, labels: {} })
  const act = (connection: Connection, steps: typeof script.client, process: Process["Service"]): void => {
    for (const [at_ms, step] of steps ?? []) process.after(at_ms - process.monotonic_ms(), () => step(connection))
  }
  const hear = (who: string) => ({
    frame: (frame: { n: number }) => { log.push(`${who} ${frame.n}`) },
    closed: (reason: string) => { log.push(`${who} ${reason} ${Math.floor(world.now_ms / 1_000)} s`) }
  })
  const server = (machine: string) => ({ name: `server/${machine}`, machine, program: Effect.gen(function* () {
    const network = yield* Network
    const process = yield* Process
    network.receive((from, message) => { log.push(`${process.name} got ${message.n} from ${from}`) })
    network.listen((connection) => {
      connection.handle(hear(process.name))
      act(connection, script.server, process)
    })
    return yield* Effect.never
  }) })
  world.addProcess(server("s"))
  world.addProcess(server("s2"))
  world.addBalancer("server", ["server/s", "server/s2"])
  const dialled: { connection?: Connection; network?: Network["Service"] } = {}
  world.addProcess({ name: "client/0", machine: script.same === true ? "s" : "c", program: Effect.gen(function* () {
    const network = yield* Network
    const process = yield* Process
    dialled.network = network
    yield* Effect.sleep(script.dialAt_ms ?? 100)
    const connection = yield* network.dial("server/s")
    dialled.connection = connection
    connection.handle(hear("client"))
    act(connection, script.client, process)
    return yield* Effect.never
  }).pipe(Effect.catch((error) => {
    log.push(`${error._tag} ${Math.round(world.now_ms / 1_000)} s`)
    return Effect.never
  })) })
  let id = 0
  for (const fault of script.faults ?? []) world.inject({ id: id++, ...fault } as Fault)
  world.start()
  world.run(script.until_ms ?? 120_000)
  expect(world.panics).toEqual([])
  return { log, world, dialled }
}

const burst = (from: number, to: number) => (connection: Connection): void => {
  for (let n = from; n < to; n++) connection.send({ n }, `frame ${n % 5}`)
}
const partition = (at_ms: number, fields: object = {}) =>
  ({ type: "network.partition", at_ms, from: ["s"], to: ["c"], oneWay: false, ...fields })
const numbers = (log: ReadonlyArray<string>, who: string): ReadonlyArray<number> =>
  log.filter((line) => line.startsWith(`${who} `)).map((line) => Number(line.split(" ")[1]))

describe("connection", () => {
  it("keeps the order of its frames, under loss and slowness too", () => {
    const { log } = play({
      client: [[200, burst(0, 300)]],
      faults: [
        { type: "network.loss", at_ms: 150, from: "c", to: "s", probability: 0.3 },
        { type: "network.slow", at_ms: 150, from: "s", to: "c", latency_ms: 50 }
      ]
    })
    expect(numbers(log, "server/s")).toEqual(Array.from({ length: 300 }, (_, i) => i))
  })

  it("stalls while its link is blocked and goes on after it healed", () => {
    const { log } = play({
      client: [[1_500, burst(0, 3)], [2_500, burst(3, 5)]],
      faults: [partition(1_000, { duration_ms: 10_000 })], until_ms: 10_990
    })
    expect(log).toEqual([])
    const healed = play({
      client: [[1_500, burst(0, 3)], [2_500, burst(3, 5)]],
      faults: [partition(1_000, { duration_ms: 10_000 })], until_ms: 20_000
    })
    expect(numbers(healed.log, "server/s")).toEqual([0, 1, 2, 3, 4])
  })

  it("stays blocked until the last of overlapping partitions ends", () => {
    const { log } = play({
      client: [[1_500, burst(0, 1)]], until_ms: 19_900,
      faults: [
        partition(1_000, { duration_ms: 5_000 }),
        partition(1_200, { duration_ms: 19_000, oneWay: true, from: ["c"], to: ["s"] })
      ]
    })
    expect(log).toEqual([])
  })

  it("is given up by both keep-alives 30 + 15 s into a partition at the latest", () => {
    const { log } = play({ faults: [partition(1_000)] })
    expect(log.toSorted()).toEqual(["client timeout 45 s", "server/s timeout 45 s"])
  })

  it("survives a partition that is shorter than the keep-alive", () => {
    const { log } = play({ faults: [partition(20_000, { duration_ms: 20_000 })], client: [[60_000, burst(0, 1)]] })
    expect(log).toEqual(["server/s 0"])
  })

  it("is found dead after a half-open fault, one end after the other knows nothing", () => {
    const { log } = play({
      faults: [{ type: "network.halfOpen", at_ms: 1_000, from: "s", to: "c" }], client: [[2_000, burst(0, 2)]]
    })
    expect(log.toSorted()).toEqual(["client timeout 45 s", "server/s timeout 45 s"])
  })

  it("is reset by a fault, both ends told", () => {
    const { log } = play({ faults: [{ type: "network.reset", at_ms: 1_000, from: "c", to: "s" }] })
    expect(log.toSorted()).toEqual(["client reset 1 s", "server/s reset 1 s"])
  })

  it("is reset when the peer's process dies, after what it had sent", () => {
    const { log } = play({
      server: [[1_000, burst(0, 2)]],
      faults: [
        { type: "network.slow", at_ms: 500, from: "s", to: "c", latency_ms: 50 },
        { type: "process.crash", at_ms: 1_010, process: "server/s", restart_ms: 500 }
      ]
    })
    expect(log).toEqual(["client 0", "client 1", "client reset 1 s"])
  })

  it("is half-open when the peer's machine lost its power: a silent time-out", () => {
    const { log } = play({ faults: [{ type: "machine.powerLoss", at_ms: 1_000, machine: "s" }] })
    expect(log).toEqual(["client timeout 45 s"])
  })

  it("is reset by the first ping that reaches the machine after it booted again", () => {
    const { log } = play({
      until_ms: 300_000,
      faults: [{ type: "machine.kernelPanic", at_ms: 1_000, machine: "s" }],
      // Traffic from the client shows that its own sends do not count as a sign of life.
      client: [[5_000, burst(0, 1)]]
    })
    expect(log).toHaveLength(1)
    expect(log[0]).toMatch(/client (timeout|reset)/)
  })

  it("is not touched by faults between machines when both ends share one", () => {
    const { log } = play({
      same: true, client: [[60_000, burst(0, 2)]],
      faults: [
        partition(1_000, { from: ["s"], to: ["s", "c"] }),
        { type: "nic.fail", at_ms: 1_000, machine: "s", state: "down" }
      ]
    })
    expect(numbers(log, "server/s")).toEqual([0, 1])
  })

  it("passes one way through a one-way partition", () => {
    const { log } = play({
      faults: [partition(1_000, { oneWay: true })], until_ms: 20_000,
      client: [[2_000, burst(0, 2)]], server: [[2_000, burst(5, 7)]]
    })
    expect(log).toEqual(["server/s 0", "server/s 1"])
  })

  it("waits while its process is paused", () => {
    const faults = [{ type: "process.pause", at_ms: 1_000, process: "server/s", duration_ms: 5_000 }]
    expect(play({ faults, client: [[2_000, burst(0, 2)]], until_ms: 5_990 }).log).toEqual([])
    expect(play({ faults, client: [[2_000, burst(0, 2)]], until_ms: 6_010 }).log).toEqual(["server/s 0", "server/s 1"])
  })

  it("ends by the keep-alive of the peer of a paused process, which hears of it when it is resumed", () => {
    const faults = [{ type: "process.pause", at_ms: 1_000, process: "server/s", duration_ms: 100_000 }]
    expect(play({ faults, client: [[2_000, burst(0, 2)]], until_ms: 100_000 }).log).toEqual(["client timeout 45 s"])
    expect(play({ faults, client: [[2_000, burst(0, 2)]] }).log).toEqual(
      ["client timeout 45 s", "server/s 0", "server/s 1", "server/s reset 101 s"]
    )
  })
})

describe("dial", () => {
  it("is refused where nobody listens and times out where nobody answers", () => {
    const crash = { type: "process.crash", at_ms: 50, process: "server/s", restart_ms: 5_000 }
    expect(play({ faults: [crash] }).log).toEqual(["ConnectionRefused 0 s"])
    expect(play({ faults: [partition(50)] }).log).toEqual(["DialTimedOut 30 s"])
    const pause = { type: "process.pause", at_ms: 50, process: "server/s" }
    expect(play({ faults: [pause] }).log).toEqual(["DialTimedOut 30 s"])
    const powerLoss = { type: "machine.powerLoss", at_ms: 50, machine: "s" }
    expect(play({ faults: [powerLoss] }).log).toEqual(["DialTimedOut 30 s"])
  })

  it("comes through with a later SYN when the link heals", () => {
    const { log } = play({ faults: [partition(50, { duration_ms: 5_000 })], client: [[7_200, burst(0, 1)]] })
    expect(log).toEqual(["server/s 0"])
  })
})

describe("load balancer", () => {
  const backends = (faults: ReadonlyArray<object>): ReadonlyArray<string> => {
    const peers: Array<string> = []
    const world = new World({ seed: 5 })
    for (const name of ["s", "s2", "c"]) world.addMachine({ name, role: "worker", capacity: {}, labels: {} })
    for (const machine of ["s", "s2"]) {
      world.addProcess({ name: `server/${machine}`, machine, program: Effect.gen(function* () {
        const network = yield* Network
        network.listen((connection) => connection.handle({ frame: () => {}, closed: () => {} }))
        return yield* Effect.never
      }) })
    }
    world.addBalancer("server", ["server/s", "server/s2"])
    world.addProcess({ name: "client/0", machine: "c", program: Effect.gen(function* () {
      const network = yield* Network
      for (let i = 0; i < 40; i++) {
        yield* Effect.sleep(1_000)
        const result = yield* Effect.exit(network.dial("server"))
        peers.push(result._tag === "Success" ? result.value.peer : "none")
      }
      return yield* Effect.never
    }) })
    let id = 0
    for (const fault of faults) world.inject({ id: id++, ...fault } as Fault)
    world.start()
    world.run(45_000)
    return peers
  }
  it("spreads over the healthy, avoids the dead, and obeys a pin", () => {
    expect(new Set(backends([]))).toEqual(new Set(["server/s", "server/s2"]))
    const down = [{ type: "process.crash", at_ms: 500, process: "server/s", restart_ms: 60_000 }]
    expect(new Set(backends(down))).toEqual(new Set(["server/s2"]))
    const pin = { type: "balancer.pin", at_ms: 500, backend: "server/s2", duration_ms: 20_000 }
    const pinned = backends([pin])
    expect(new Set(pinned.slice(0, 19))).toEqual(new Set(["server/s2"]))
    expect(new Set(pinned.slice(20)).size).toBe(2)
    const pinnedToTheDead = backends([...down, { ...pin, backend: "server/s", duration_ms: 60_000 }])
    expect(new Set(pinnedToTheDead)).toEqual(new Set(["none"]))
  })
})

describe("datagrams", () => {
  it("are lost, duplicated and reordered, and nothing else", () => {
    const counts = new Map<number, number>()
    const order: Array<number> = []
    const world = new World({ seed: 9 })
    for (const name of ["a", "b"]) world.addMachine({ name, role: "worker", capacity: {}, labels: {} })
    world.addProcess({ name: "to/0", machine: "a", program: Effect.gen(function* () {
      const network = yield* Network
      network.receive((_from, { n }) => {
        order.push(n)
        counts.set(n, (counts.get(n) ?? 0) + 1)
      })
      return yield* Effect.never
    }) })
    world.addProcess({ name: "from/0", machine: "b", program: Effect.gen(function* () {
      const network = yield* Network
      yield* Effect.sleep(1_000)
      for (let n = 0; n < 10_000; n++) network.send("to/0", { n }, "n")
      return yield* Effect.never
    }) })
    world.inject({ id: 1, at_ms: 0, type: "network.loss", from: "a", to: "b", probability: 0.2 })
    world.start()
    world.run(2_000)
    expect(counts.size).toBeGreaterThan(7_800)
    expect(counts.size).toBeLessThan(8_200)
    const duplicated = [...counts.values()].filter((n) => n > 1).length
    expect(duplicated).toBeGreaterThan(0)
    expect(duplicated).toBeLessThan(30)
    expect(order).not.toEqual(order.toSorted((a, b) => a - b))
  })
})
