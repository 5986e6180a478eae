import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { properties } from "#properties/all.ts"
import { drawRun } from "#properties/harness/draw.ts"
import { features, type Weights } from "#properties/harness/draw/swarm.ts"
import { campaign } from "#properties/harness/run/campaign.ts"
import { run, type Options } from "#properties/harness/run.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"
import { digest, digestInAnotherProcess } from "#properties/harness/run/digest.ts"
import { recorded, reduce } from "#properties/harness/run/reduce.ts"
import { always, eventually, leadsTo } from "#properties/property.ts"

const short = (index: number, seed = 3) => {
  const input = drawRun(seed, index)
  const safety_ms = Math.min(input.safety_ms, 60_000)
  const within = <T extends { readonly at_ms: number }>(items: ReadonlyArray<T>) =>
    items.filter(({ at_ms }) => at_ms <= safety_ms)
  return { ...input, safety_ms, operations: within(input.operations), faults: within(input.faults) }
}
const withFaults = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => short(index)).find(({ faults }) => faults.length > 5)!

/** A run of the seed whose operations create pods early. */
const createsPods = [...Array(20).keys()].find((index) => short(index).operations.some((operation) =>
  operation.type === "pod.create" && operation.at_ms > 10_000 && operation.at_ms < 30_000))!

describe("a run", () => {
  it("is the same byte for byte, twice and in another process", { timeout: 60_000 }, () => {
    const once = digest(withFaults)
    expect(Number(once.split(" ")[0])).toBeGreaterThan(500)
    expect(digest(withFaults)).toBe(once)
    expect(digestInAnotherProcess(withFaults)).toBe(once)
    expect(digest({ ...withFaults, seed: withFaults.seed + 1 })).not.toBe(once)
  })

  it("goes through its phases in order and counts what it saw", { timeout: 60_000 }, () => {
    const phases: string[] = []
    const record = ({ event }: Line) => {
      if (event.type === "phase.began") phases.push(event.phase)
    }
    const result = run(withFaults, { properties, record })
    expect([result.verdict, result.broken?.message]).toEqual(["held", undefined])
    expect(phases).toEqual(["safety", "core", "healed"])
    // One that waits for a line strikes only if the line comes.
    const struck = Object.values(result.counts.faults).reduce((a, b) => a + b, 0)
    expect(struck).toBeGreaterThanOrEqual(withFaults.faults.filter(({ upon }) => upon === undefined).length)
    expect(struck).toBeLessThanOrEqual(withFaults.faults.length)
    expect(Object.values(result.counts.operations).reduce((a, b) => a + b, 0)).toBe(withFaults.operations.length)
    expect(result.rested).toBe(true)
  })

  it("stops at the line that breaks a promise, and later for one that never comes true", { timeout: 60_000 }, () => {
    let last: Line | undefined
    const noPods = always("no pod exists", [], () => ({ event }) =>
      event.type === "object.created" && event.resource === "pods" ? event.key : undefined)
    const input = short(createsPods)
    const broken = run(input, { properties: [noPods], record: (line) => {
      last = line
    } })
    expect([broken.verdict, broken.broken?.property]).toEqual(["safety", "no pod exists"])
    expect(broken.broken?.line).toBe(last)
    const never = eventually("the sun rises in the west", [], () => ({ line: () => {}, holds: () => "it does not" }))
    expect(run({ ...input, healed_ms: 20_000 }, { properties: [never] }))
      .toMatchObject({ verdict: "liveness", broken: { message: "it does not" } })
  })
})

describe("a failure", () => {
  const noDeletion: Options = { properties: [always("no pod is ever deleted", [], () => ({ event }) =>
    event.type === "object.deleted" && event.resource === "pods" ? event.key : undefined)] }

  it("is reduced to what it needs and recorded up to the line", { timeout: 120_000 }, () => {
    const input = [...Array(30).keys()].map((index) => short(index, 5))
      .find((one) => one.operations.length > 8 && run(one, noDeletion).verdict === "safety")!
    const { broken } = run(input, noDeletion)
    const { input: small, isMinimal } = reduce(input, broken!, noDeletion, 110_000)
    expect(isMinimal).toBe(true)
    expect(small.operations.length).toBeLessThanOrEqual(input.operations.length / 2)
    expect(small.faults.length).toBeLessThanOrEqual(2)
    const lines: Line[] = []
    const again = recorded(small, broken!, noDeletion, (line) => lines.push(line))
    expect(again.broken?.line).toBe(lines.at(-1))
    expect(lines.at(-1)!.event.type).toBe("object.deleted")
  })

  /** When the healed phase of a run began. */
  const healedAt = (input: RunInput, options: Options): number => {
    let at_ms = 0
    run(input, { ...options, record: ({ at_ms: now_ms, event }) => {
      if (event.type === "phase.began" && event.phase === "healed") at_ms = now_ms
    } })
    return at_ms
  }
  const quiet = { ...short(0), operations: [], faults: [], choices: [], safety_ms: 5_000, healed_ms: 60_000 }
  const begins = (wrong: (at_ms: number) => boolean) => ({ at_ms, event }: Line) =>
    event.type === "phase.began" && event.phase === "healed" && wrong(at_ms)

  it("repeats alone although the phases of the whole run ended earlier", { timeout: 60_000 }, () => {
    const early = always("the core phase is long", [], () => (line) =>
      begins((at_ms) => at_ms < 200_000)(line) ? "it was not" : undefined)
    const { broken } = run(quiet, { properties: [early] })
    expect(broken?.property).toBe("the core phase is long")
    const small = reduce(quiet, broken!, { properties: [early] }, 30_000)
    expect(small.repeats).toBe(true)
    expect(recorded(small.input, broken!, { properties: [early] }, () => {}).broken?.message).toBe("it was not")
  })

  it("repeats alone although another promise made the phases of the whole run longer", { timeout: 60_000 }, () => {
    const busy = (until_ms: number) => leadsTo("time passes", [], () => {
      let now_ms = 0
      return {
        line: ({ at_ms }) => void (now_ms = at_ms),
        open: () => now_ms < until_ms ? [{ entity: "time", since_ms: 0, within_ms: 300_000 }] : []
      }
    }, undefined, true)
    const late = leadsTo("the core phase is short", [], () => {
      let since_ms: number | undefined
      return {
        line: (line) => {
          if (begins((at_ms) => at_ms > 60_000)(line)) since_ms = line.at_ms
        },
        open: () => since_ms === undefined ? [] : [{ entity: "it", since_ms, within_ms: 10_000 }]
      }
    })
    const both: Options = { properties: [busy(100_000), late] }
    const { broken } = run(quiet, both)
    expect([broken?.property, healedAt(quiet, both) > 60_000]).toEqual(["the core phase is short", true])
    expect(run(quiet, { properties: [late] }).broken).toBeUndefined()
    const small = reduce(quiet, broken!, both, 30_000)
    expect(small.repeats).toBe(true)
    expect(recorded(small.input, broken!, both, () => {}).broken?.property).toBe("the core phase is short")
  })
})

describe("a campaign", () => {
  it("draws all runs of an epoch with its weights, learns from them for the next, and tells both", async () => {
    const ends = always("nothing happens", [], () => () => "something did")
    const epochs = new Map<number, Weights>()
    const inputs: Array<RunInput> = []
    let rarity = 0
    await campaign({
      seed: 7, first: 1, every: 2, runs: 9, properties: [ends], epoch_runs: 4,
      coverage: { reached: 0, rarity: () => rarity++ % 3 * 4 },
      epoch: (run, weights) => epochs.set(run, weights), each: ({ input }) => inputs.push(input!)
    })
    expect([...epochs.keys()]).toEqual([1, 9, 17])
    expect(epochs.get(1)).toEqual(features)
    expect(epochs.get(17)).not.toEqual(epochs.get(9))
    const drawnAgain = inputs.map((_, i) => drawRun(7, 1 + 2 * i, { weights: epochs.get(1 + 8 * (i >> 2))! }))
    expect(inputs).toEqual(drawnAgain)
    const isAsEver = drawnAgain.map((input, i) => JSON.stringify(input) === JSON.stringify(drawRun(7, 1 + 2 * i)))
    expect(isAsEver.indexOf(false)).toBe(4)
  })
  it("repeats from its seed, counts, and says when it was too short to tell", { timeout: 120_000 }, async () => {
    const once = await campaign({ seed: 9, runs: 3, properties })
    const again = await campaign({ seed: 9, runs: 3, properties })
    const { wall_ms: _, ...rest } = once
    expect(again).toMatchObject(rest)
    expect([once.verdict, once.runs, once.missed]).toEqual(["held", 3, []])
    expect(once.never.length).toBeGreaterThan(0)
    expect(once.lines).toBeGreaterThan(1_000)
  })

  it("runs known inputs first, and draws its numbered runs as if there were none", { timeout: 120_000 }, async () => {
    const drawn = async (names: ReadonlyArray<string>) => {
      const lines: Array<string> = []
      const input = { ...short(createsPods), safety_ms: 5_000, core_ms: 0, healed_ms: 0 }
      const all = names.map((name) => ({ name, input, isHint: false }))
      const summary = await campaign({ seed: 9, runs: 20, properties: [], draw: { operations: 3, faults: 2 },
        record: ({ actor, at_ms, event }) => lines.push(`${at_ms} ${actor} ${event.type}`),
        examples: { all, options: { properties: [] } } })
      return { lines, summary }
    }
    const one = await drawn(["a"])
    const two = await drawn(["b", "c", "d"])
    expect(two.lines).toEqual(one.lines)
    expect([one.summary.runs, one.summary.examples, one.summary.variations]).toEqual([20, 1, 1])
    expect([two.summary.runs, two.summary.examples, two.summary.variations]).toEqual([20, 3, 1])
  })

  it("tells which known input broke something", { timeout: 60_000 }, async () => {
    const never = always("nothing happens", [], () => ({ event }) => event.type)
    const known = { name: "known", input: short(createsPods), isHint: false }
    const { failures, runs, verdict } = await campaign({ seed: 9, runs: 2, properties: [never],
      examples: { all: [known], options: { properties: [never] } } })
    const expected = { verdict: "safety", runs: 2, failures: [{ run: 0, example: "known", count: 3 }] }
    expect({ verdict, runs, failures }).toMatchObject(expected)
  })

  it("goes on after a failure, and counts each kind of failure with its first run", { timeout: 60_000 }, async () => {
    const seldom = always("no pod is ever deleted", [], () => ({ event }) =>
      event.type === "object.deleted" && event.resource === "pods" ? event.key : undefined)
    const ran: Array<number> = []
    const options = { seed: 5, runs: 8, draw: { operations: 25, faults: 2 } }
    const summary = await campaign({ ...options, properties: [seldom], each: ({ run: n }) => ran.push(n) })
    expect(ran).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    const [failure, ...others] = summary.failures
    expect([others, summary.verdict, failure!.broken.property]).toEqual([[], "safety", "no pod is ever deleted"])
    expect(failure!.count).toBeGreaterThan(1)
    expect(run(failure!.input, { properties: [seldom] }).broken?.property).toBe("no pod is ever deleted")
  })

  const endless = { ...short(0), safety_ms: 1e9, operations: [], faults: [] }
  it.each([
    ["memory", () => ({ runs: 1, memory: { isFull: () => true } }), "memory was short"],
    ["time", () => ({ wall_ms: 100, overtime_ms: 0 }), "the time was over"],
    ["its patience", () => ({ runs: 1, signal: AbortSignal.timeout(300) }), "the campaign was stopped"]
  ])("that comes to the end of %s within a run claims nothing", async (_, options, why) => {
    const { runs, unfinished, verdict } = await campaign({ seed: 9, inputs: [endless], properties: [], ...options() })
    expect([runs, unfinished, verdict]).toEqual([0, [`run 1 was not finished: ${why}`], "unknown"])
  })

  it("does not hold where a monitor gave up", { timeout: 60_000 }, async () => {
    const property = always("it is known", [], (_history, giveUp) => {
      giveUp?.("it is too hard")
      return () => undefined
    })
    const { undecided, verdict } = await campaign({ seed: 9, runs: 1, properties: [property], inputs: [short(0)] })
    expect({ undecided, verdict }).toEqual({ verdict: "unknown",
      undecided: { runs: 1, first: ["it is known: it is too hard (run 1)"] } })
  })

  it("ends at once when it is told to, and claims nothing", async () => {
    const stopped = await campaign({ seed: 9, runs: 3, properties, signal: AbortSignal.abort() })
    expect([stopped.verdict, stopped.runs, stopped.isAborted]).toEqual(["unknown", 0, true])
  })
})
