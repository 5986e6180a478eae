/** The checker itself: small histories by hand, and random ones of a register that is right or wrong on purpose. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Event, Line } from "#model/events.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import { linearizable, properties } from "#properties/cluster/linearizability.ts"

type Invoked = Omit<Extract<Event, { type: "kv.invoked" }>, "type" | "id" | "linearizable">
type Returned = Omit<Extract<Event, { type: "kv.returned" }>, "type" | "id">
type Step = readonly [id: string, event: Invoked | Returned | "crash"]

const linesOf = (steps: ReadonlyArray<Step>): ReadonlyArray<Line> =>
  steps.map(([id, step], seq): Line => {
    const actor = `api-server/${id.slice(0, 1)}`
    const event: Event = step === "crash" ? { type: "process.crashed", process: actor, reason: "killed" }
      : "kind" in step ? { type: "kv.invoked", id, linearizable: true, ...step } : { type: "kv.returned", id, ...step }
    return { seq, at_ms: seq, clock_ms: seq, actor, chart: "etcd.request", entity: id, event, state: "ok" }
  })
const check = (steps: ReadonlyArray<Step>): ReadonlyArray<string> =>
  new Monitors(properties).hear(linesOf(steps)).map(({ message }) => message)

const get: Invoked = { kind: "get", key: "k" }
const create: Invoked = { kind: "put", key: "k", expected: 0 }
const update = (expected: number): Invoked => ({ kind: "put", key: "k", expected })
const remove = (expected: number): Invoked => ({ kind: "delete", key: "k", expected })
const ok = (revision: number, modRevision?: number): Returned =>
  modRevision === undefined ? { outcome: "ok", revision } : { outcome: "ok", revision, modRevision }
const failed = (revision: number, modRevision: number): Returned => ({ outcome: "failed", revision, modRevision })
const unknown: Returned = { outcome: "unknown", revision: 0 }

describe("lawful", () => {
  it.each<[string, ReadonlyArray<Step>]>([
    ["one after the other", [["0a", create], ["0a", ok(2, 2)], ["1b", get], ["1b", ok(2, 2)], ["0c", remove(2)],
      ["0c", ok(3)], ["1d", get], ["1d", ok(5, 0)]]],
    ["a read beside a write sees either", [["0a", create], ["1b", get], ["1c", get], ["1c", ok(1, 0)], ["0a", ok(2, 2)],
      ["1b", ok(2, 2)]]],
    ["of two creates one fails", [["0a", create], ["1b", create], ["1b", failed(2, 2)], ["0a", ok(2, 2)]]],
    ["an unknown write took effect", [["0a", create], ["0a", unknown], ["1b", get], ["1b", ok(7, 6)], ["1c", update(6)],
      ["1c", ok(8, 8)]]],
    ["an unknown write takes effect late", [["0a", create], ["0a", unknown], ["1b", get], ["1b", ok(3, 0)], ["1c", get],
      ["1c", ok(5, 4)]]],
    ["an unknown write never happens", [["0a", create], ["0a", unknown], ["1b", create], ["1b", ok(3, 3)]]],
    ["a crashed client's write is unknown", [["0a", create], ["0a", "crash"], ["1b", get], ["1b", ok(4, 4)]]],
    ["an unknown delete between two creates", [["0a", create], ["0a", ok(2, 2)], ["0b", remove(2)], ["1c", create],
      ["0b", unknown], ["1c", ok(5, 5)]]]
  ])("%s", (_, steps) => expect(check(steps)).toEqual([]))
})

describe("unlawful", () => {
  it.each<[string, ReadonlyArray<Step>]>([
    ["a stale read", [["0a", create], ["0a", ok(2, 2)], ["1b", get], ["1b", ok(1, 0)]]],
    ["a stale value at a fresh revision", [["0a", create], ["0a", ok(2, 2)], ["1b", get], ["1b", ok(3, 0)]]],
    ["a lost update", [["0a", create], ["0a", ok(2, 2)], ["0b", update(2)], ["1c", update(2)], ["0b", ok(3, 3)],
      ["1c", ok(4, 4)]]],
    ["two creates succeed", [["0a", create], ["1b", create], ["0a", ok(2, 2)], ["1b", ok(3, 3)]]],
    ["an unknown write happens twice", [["0a", create], ["0a", ok(2, 2)], ["0b", update(2)], ["0b", unknown],
      ["1c", get], ["1c", ok(4, 3)], ["1d", get], ["1d", ok(6, 5)]]],
    ["a condition fails although it holds", [["0a", create], ["0a", ok(2, 2)], ["0b", update(2)], ["0b", failed(2, 2)],
      ["1c", update(2)], ["1c", failed(3, 0)]]],
    ["a read goes back", [["0a", create], ["0a", ok(2, 2)], ["0b", update(2)], ["1c", get], ["1c", ok(3, 3)],
      ["1d", get], ["1d", ok(3, 2)], ["0b", ok(3, 3)]]],
    ["a value that nobody wrote", [["0a", create], ["0a", ok(2, 2)], ["1b", get], ["1b", ok(5, 4)]]],
    ["an unknown write at a revision before one that was seen", [["0a", create], ["0a", unknown], ["1b", update(0)],
      ["1b", ok(49, 49)], ["1c", get], ["1c", ok(50, 46)]]],
    ["a condition that held is said to have failed", [["0a", create], ["0a", ok(2, 2)], ["0b", update(2)],
      ["0b", failed(2, 2)]]],
    ["a read of the future", [["0a", create], ["0a", unknown], ["1b", get], ["1b", ok(5, 9)]]],
    ["another key shows an earlier store", [["0a", create], ["0a", ok(9, 9)], ["1b", { kind: "get", key: "other" }],
      ["1b", ok(8, 0)]]]
  ])("%s", (_, steps) => expect(check(steps)).not.toEqual([]))
})

/** A real register, served at a random moment of each operation; `stale` lets some reads look at an old state. */
const run = (choices: ReadonlyArray<number>, stale: boolean): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  const past = [{ mod: 0, revision: 1 }]
  const open: Array<{ readonly id: string; readonly op: Invoked; answer: Returned | undefined }> = []
  const serve = (op: Invoked, choice: number): Returned => {
    const now = past.at(-1)!
    if (op.kind === "get") {
      const seen = stale && choice % 3 === 0 ? past[Math.floor(past.length / 2)]! : now
      return ok(seen.revision, seen.mod)
    }
    if (op.expected !== now.mod) return failed(now.revision, now.mod)
    const revision = now.revision + 1 + choice % 2
    past.push({ mod: op.kind === "delete" ? 0 : revision, revision })
    return op.kind === "delete" ? ok(revision) : ok(revision, revision)
  }
  choices.forEach((choice, i) => {
    const at = open[choice % (open.length || 1)]
    if (choice % 4 === 0 && open.length < 4) {
      const { mod } = past[Math.max(0, past.length - 1 - choice % 7 % 2)]!
      const op = choice % 3 === 0 ? get : choice % 5 === 0 && mod > 0 ? remove(mod) : update(mod)
      const id = `${i % 2}x${i}`
      open.push({ id, op, answer: undefined })
      steps.push([id, op])
    } else if (at !== undefined && at.answer === undefined) {
      if (choice % 11 !== 0 || at.op.kind === "get") at.answer = serve(at.op, choice)
      else {
        if (choice % 2 === 0) serve(at.op, choice)
        at.answer = unknown
      }
    } else if (at !== undefined) {
      open.splice(open.indexOf(at), 1)
      steps.push([at.id, at.answer!])
    }
  })
  return steps
}

describe("random histories", () => {
  const choices = fc.array(fc.nat(1_000), { minLength: 100, maxLength: 400, size: "max" })
  it("of a register that works are linearizable", () => {
    fc.assert(fc.property(choices, (drawn) => {
      expect(check(run(drawn, false))).toEqual([])
    }), { numRuns: 300, seed: 5 })
  })
  it("of one that answers from the past are not", () => {
    let found = 0
    fc.assert(fc.property(choices, (drawn) => {
      if (check(run(drawn, true)).length > 0) found++
    }), { numRuns: 50, seed: 6 })
    expect(found).toBeGreaterThan(35)
  })
})

it("says which key it gave up, once, and claims nothing of it any more", () => {
  const lines = linesOf([["0a", create], ["1b", get], ["0a", unknown], ["1b", ok(7, 6)], ["1c", update(6)],
    ["1c", failed(8, 6)]])
  const monitors = new Monitors([linearizable(1)])
  expect(monitors.hear(lines)).toEqual([])
  expect(monitors.undecided).toEqual([
    "operations on a key are linearizable: k: 1 configurations do not decide its history"])
  expect(new Monitors([linearizable(100)]).hear(lines)).toMatchObject([{ kind: "safety" }])
})
