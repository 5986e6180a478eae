import { describe, expect, it } from "vitest"
import { BadRegression, decodeRegression, encodeRegression, Sights } from "#traces/regression.ts"
import type { Line } from "#model/events.ts"

const regression = {
  plimsoll: "regression", format: 1, why: "kubelet: it ran twice", found: "2026-11-22, seed 1, run 8",
  broke: { kind: "safety", property: "it runs once", invariants: [38] },
  shrunk: { operations: [9, 1], faults: [3, 0], choices: [0, 0] },
  reaches: [{ actor: "machine/a", event: { type: "process.started", process: "kubelet/a" } },
    { actor: "machine/a", event: { type: "process.crashed" } }],
  input: {}
}
const without = (key: string) => JSON.stringify({ ...regression, [key]: undefined })

describe("the file of a regression", () => {
  it("is read", () => {
    expect(decodeRegression(JSON.stringify(regression), "a.json")).toMatchObject({ why: "kubelet: it ran twice" })
  })
  it("is written as it is read", () => {
    const once = decodeRegression(JSON.stringify(regression), "a.json")
    expect(decodeRegression(encodeRegression(once), "a.json")).toEqual(once)
  })
  it("is refused with its name and what is wrong with it", () => {
    expect(() => decodeRegression("{", "a.json")).toThrow(/^a\.json is not JSON/)
    for (const key of ["plimsoll", "format", "why", "found", "broke", "reaches", "input"]) {
      const reason = new RegExp(`^a\\.json is no regression: .*"${key}"`)
      expect(() => decodeRegression(without(key), "a.json")).toThrow(reason)
    }
    const blind = JSON.stringify({ ...regression, reaches: [] })
    expect(() => decodeRegression(blind, "a.json")).toThrow(BadRegression)
    const typeless = JSON.stringify({ ...regression, reaches: [{ actor: "machine/a", event: {} }] })
    expect(() => decodeRegression(typeless, "a.json")).toThrow(/"reaches".*"type"/)
  })
})

describe("the sights of a regression", () => {
  const line = (type: string, rest: object = {}, actor = "machine/a") =>
    ({ actor, event: { type, ...rest } }) as unknown as Line
  const missing = (...lines: ReadonlyArray<Line>) => {
    const sights = new Sights(decodeRegression(JSON.stringify(regression), "a.json").reaches)
    for (const one of lines) sights.hear(one)
    return sights.missing?.event.type
  }
  const started = line("process.started", { process: "kubelet/a", incarnation: 1 })
  const crashed = line("process.crashed")

  it("are seen in their order, with other lines between them", () => {
    expect(missing(started, started, crashed)).toBeUndefined()
    expect(missing(line("process.started", { process: "kubelet/a" }, "machine"), crashed)).toBe("process.started")
    expect(missing(crashed, started)).toBe("process.crashed")
    expect(missing()).toBe("process.started")
  })
  it("are seen only where actor and all named fields are the same", () => {
    expect(missing(line("process.started", { process: "kubelet/b" }), crashed)).toBe("process.started")
    expect(missing(started, line("process.crashed", {}, "machine/b"))).toBe("process.crashed")
  })
})
