/**
 * A small lively world whose every line can be compared byte for byte: run directly, it prints a digest of one seed.
 * Two Node processes must print the same, whatever fiber ids and hash seeds they have.
 */
import { Effect, Random } from "effect"
import { Journal } from "#impl/journal.ts"
import { type Connection, Disk, Draws, Network, Process } from "#impl/ports.ts"
import { World } from "#impl/sim/world.ts"
import type { Event } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"

const names = ["a", "b", "c"]

/** Talks to both neighbours for ever: over connections, by datagram, to its disk, and to itself. */
const talker = Effect.gen(function* () {
  const process = yield* Process
  const network = yield* Network
  const disk = yield* Disk
  const draws = yield* Draws
  const journal = yield* Journal
  let said = 0
  // It has no chart: what it says is compared, not judged.
  const wrote = journal.wrote as (chart: string, entity: string, event: Event, state: string) => void
  const say = (what: string): void => wrote("talk.said", `${said++}`,
    { type: "process.crashed", process: process.name, reason: `${process.incarnation} ${what}` }, "talking")
  const peers = names.map((name) => `talker/${name}`).filter((name) => name !== process.name)
  network.receive((from, { n }) => {
    say(`${n} from ${from}`)
    if (n > 0) network.send(from, { n: n - 1 }, "count")
  })
  const hear = (connection: Connection): void => connection.handle({
    frame: ({ n }) => {
      say(`frame ${n} of ${connection.peer}`)
      if (n > 0) connection.send({ n: n - 1 }, "frame")
    },
    closed: (reason) => say(`${connection.peer} ${reason}`)
  })
  network.listen(hear)
  yield* Effect.forkChild(Effect.forever(Effect.gen(function* () {
    yield* Effect.sleep(500 + (yield* Random.nextIntBetween(0, 1_000)))
    yield* Effect.result(disk.append("talk/log", { data: said, checksum: said }, 1))
    const outcome = yield* Effect.result(disk.sync("talk/log"))
    say(`synced ${outcome._tag}`)
  })))
  for (;;) {
    yield* Effect.sleep(200 + draws.below("talk/pause", process.name, 700))
    const peer = peers[draws.below("talk/peer", process.name, 2)]!
    network.send(peer, { n: 6 }, "count")
    const dialled = yield* Effect.result(network.dial(peer))
    say(`dial ${dialled._tag}`)
    if (dialled._tag === "Failure") continue
    hear(dialled.success)
    dialled.success.send({ n: 5 }, "frame")
  }
})

const faults = (seed: number): ReadonlyArray<Fault> => [
  { id: 0, type: "process.crash", at_ms: 3_000 + seed % 7, process: "talker/a", restart_ms: 700 },
  { id: 1, type: "network.partition", at_ms: 5_000, from: ["a"], to: ["b"], oneWay: true, duration_ms: 9_000 },
  { id: 2, type: "machine.powerLoss", at_ms: 8_000, machine: "c", duration_ms: 5_000 },
  { id: 3, type: "clock.rate", at_ms: 9_000, machine: "b", rate: 1.05, duration_ms: 60_000 },
  { id: 4, type: "process.restart", at_ms: 30_000, process: "talker/b", restart_ms: 10 },
  { id: 5, type: "network.loss", at_ms: 31_000, from: "a", to: "b", probability: 0.3, duration_ms: 20_000 }
]

export const play = (seed: number, choices: ReadonlyArray<number>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const world = new World({ seed, choices, freeze: true, listen: (line) => lines.push(JSON.stringify(line)) })
  for (const name of names) {
    world.addMachine({ name, role: "worker", capacity: {}, labels: {} })
    world.addProcess({ name: `talker/${name}`, machine: name, program: talker })
  }
  for (const fault of faults(seed)) world.inject(fault)
  world.start()
  world.run(120_000)
  if (world.panics.length > 0) throw world.panics[0]!.error
  return lines
}

/** FNV-1a over the lines. */
export const digest = (lines: ReadonlyArray<string>): string => {
  let hash = 0x811c9dc5
  for (const line of lines) {
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193)
  }
  return `${lines.length} ${(hash >>> 0).toString(16)}`
}

if (import.meta.main) {
  const choices = Array.from({ length: 500 }, (_, i) => 16 * i + (i * 7) % 5)
  process.stdout.write(digest(play(Number(process.argv[2]), choices)))
}
