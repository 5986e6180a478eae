import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { Network, Process, type Connection } from "#impl/ports.ts"
import { World } from "#impl/sim/world.ts"
import type { Line } from "#model/events.ts"

export const machine = (name: string) => ({ name, role: "worker" as const, capacity: {}, labels: {} })

describe("world", () => {
  it("carries a request to another machine and its answer back", () => {
    const lines: Array<Line> = []
    const world = new World({ seed: 1, listen: (line) => void lines.push(line), freeze: true })
    world.addMachine(machine("a"))
    world.addMachine(machine("b"))
    const heard: Array<unknown> = []
    world.addProcess({ name: "server/0", machine: "a", program: Effect.gen(function* () {
      const network = yield* Network
      network.listen((connection) => connection.handle({
        frame: (frame) => connection.send({ answer: frame.question + 1 }, "answer"),
        closed: (reason) => heard.push(`server: ${reason}`)
      }))
      return yield* Effect.never
    }) })
    world.addBalancer("server", ["server/0"])
    world.addProcess({ name: "client/0", machine: "b", program: Effect.gen(function* () {
      const network = yield* Network
      const process = yield* Process
      yield* Effect.sleep(10)
      const connection: Connection = yield* Effect.orDie(network.dial("server"))
      const answers = process.mailbox<unknown>()
      connection.handle({ frame: answers.send, closed: (reason) => heard.push(`client: ${reason}`) })
      connection.send({ question: 41 }, "question")
      heard.push(yield* answers.take)
      connection.close()
      return yield* Effect.never
    }) })
    world.start()
    world.run(1_000)
    expect(world.panics).toEqual([])
    expect(heard).toEqual([{ answer: 42 }, "server: closed"])
    expect(lines.map(({ event: { type } }) => type)).toEqual(
      ["machine.joined", "machine.joined", "process.started", "process.started"])
  })
})
