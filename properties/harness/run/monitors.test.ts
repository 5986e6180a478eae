import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import { always, eventually, leadsTo, sometimes, type Obligation } from "#properties/property.ts"

const line = (seq: number, at_ms: number, type: "process.started" | "process.stopped", process: string): Line => ({
  seq, at_ms, clock_ms: at_ms, actor: "machine/m", chart: "hardware.process", entity: process,
  event: type === "process.started" ? { type, process, incarnation: 1 } : { type, process }, state: "s"
})

const once = always("a process starts once", [1], () => {
  const seen = new Set<string>()
  return ({ event }) => {
    if (event.type !== "process.started") return undefined
    if (seen.has(event.process)) return `${event.process} again`
    seen.add(event.process)
    return undefined
  }
}, ["process.started"])

const stops = (inCore?: true) => leadsTo("what starts stops", [2], () => {
  const open = new Map<string, Obligation>()
  return {
    line: ({ event, at_ms }) => {
      if (event.type === "process.started") open.set(event.process,
        { entity: event.process, since_ms: at_ms, within_ms: 100 })
      if (event.type === "process.stopped") open.delete(event.process)
    },
    open: () => open.values()
  }
}, ["process."], inCore)

describe("monitors", () => {
  it("says what broke, with the line, once", () => {
    const monitors = new Monitors([once])
    expect(monitors.hear([line(0, 1, "process.started", "a"), line(1, 2, "process.stopped", "a")])).toEqual([])
    expect(monitors.hear([line(2, 3, "process.started", "a"), line(3, 4, "process.started", "a")])).toMatchObject([{
      kind: "safety", property: "a process starts once", invariants: [1], message: "a again", at_ms: 3, line: { seq: 2 }
    }])
    expect(monitors.hear([line(4, 5, "process.started", "a")])).toEqual([])
  })

  it("says what broke first, then what comes first among the properties", () => {
    const never = (name: string, hears?: ReadonlyArray<string>) => always(name, [], () => () => "no", hears)
    const monitors = new Monitors([
      never("nothing stops", ["process.stopped"]), never("nothing happens"), never("nothing is", ["process."]),
      never("no")
    ])
    const said = monitors.hear([line(0, 1, "process.started", "a"), line(1, 2, "process.stopped", "a")])
    expect(said.map(({ property, line: { seq } }) => [property, seq])).toEqual([
      ["nothing happens", 0], ["nothing is", 0], ["no", 0], ["nothing stops", 1]
    ])
  })

  it("says which monitor failed, and at which line", () => {
    const fails = always("it can count", [], () => ({ seq }) => {
      if (seq === 1) throw new Error("two?")
      return undefined
    })
    const [broken] = new Monitors([fails]).hear([0, 1, 2].map((seq) => line(seq, seq, "process.started", "a")))
    expect(broken).toMatchObject({ kind: "crash", property: "a monitor failed", line: { seq: 1 } })
    expect(broken!.message).toContain("it can count: Error: two?")
  })

  it("counts an obligation from the later of its premise and the healing", () => {
    const monitors = new Monitors([stops()])
    monitors.hear([line(0, 10, "process.started", "a")])
    expect([monitors.hasOpen("healed"), monitors.overdue(499, 400, "healed")]).toEqual([true, undefined])
    expect(monitors.overdue(500, 400, "healed")).toMatchObject({ kind: "liveness", property: "what starts stops" })
    monitors.hear([line(1, 450, "process.stopped", "a")])
    expect([monitors.hasOpen("healed"), monitors.overdue(900, 400, "healed")]).toEqual([false, undefined])
  })

  it("judges in the core phase only what is promised there", () => {
    for (const [property, found] of [[stops(), false], [stops(true), true]] as const) {
      const monitors = new Monitors([property])
      monitors.hear([line(0, 10, "process.started", "a")])
      expect(monitors.overdue(900, 400, "core") !== undefined).toBe(found)
    }
  })

  it("asks at rest, and remembers what was reached", () => {
    let text: string | undefined = "not yet"
    const monitors = new Monitors([
      eventually("calm", [112], () => ({ line: () => {}, holds: () => text })),
      sometimes("something stops", () => ({ event }) => event.type === "process.stopped")
    ])
    expect(monitors.restless(5)).toMatchObject({ kind: "liveness", property: "calm", message: "not yet" })
    text = undefined
    expect(monitors.restless(6)).toBeUndefined()
    monitors.hear([line(0, 1, "process.started", "a")])
    expect([...monitors.reached]).toEqual([])
    monitors.hear([line(1, 2, "process.stopped", "a")])
    expect([...monitors.reached]).toEqual(["something stops"])
  })
})
