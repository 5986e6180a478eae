import { describe, expect, it } from "vitest"
import * as fc from "fast-check"
import type { Heard } from "#properties/harness/judge/input/heard.ts"
import { Order } from "#properties/harness/judge/input/order.ts"

const object = (name: string, revision: number) =>
  ({ metadata: { name, uid: name, resourceVersion: String(revision) } })
const change = (at_ms: number, resource: string, revision: number): Heard =>
  ({ what: "change", type: "updated", at_ms, where: "", resource, revision, object: object("x", revision) })
const listed = (at_ms: number, resource: string, revision: number): Heard =>
  ({ what: "listed", at_ms, where: "", resource, revision, objects: [] })
const brief = (all: ReadonlyArray<Heard>): ReadonlyArray<string> => all.filter(({ what }) => what !== "ticked")
  .map((heard) => `${heard.what}${"revision" in heard ? ` ${heard.revision}` : ""}`)

const play = (heard: ReadonlyArray<Heard>, order = new Order({ ahead_ms: 1_000 })) => {
  const out: Array<Heard> = []
  for (const one of heard) order.hear(one, out)
  order.end(out)
  return { out, order }
}

describe("streams of one etcd", () => {
  it("are put in order by revision, whichever arrives first", () => {
    const { order, out } = play([listed(0, "pods", 5), listed(0, "nodes", 6), change(10, "pods", 9),
      change(20, "nodes", 8), change(30, "pods", 12), change(40, "nodes", 11)])
    expect(brief(out)).toEqual(["gap 0", "gap 0", "listed 5", "listed 6", "change 8", "change 9", "change 11",
      "change 12"])
    expect(order.stragglers).toBe(0)
  })
  it("come out in order however they are interleaved within the time that is allowed", () => {
    const streams = ["pods", "nodes", "leases"]
    fc.assert(fc.property(fc.array(fc.record({ of: fc.nat(2), late_ms: fc.nat(900) }), { maxLength: 60 }), (all) => {
      // Each stream keeps its own order; what is late is late on the way.
      const last = [0, 0, 0]
      const heard = all.map(({ late_ms, of }, i) => {
        last[of] = Math.max(last[of]!, i * 100 + late_ms)
        return change(last[of], streams[of]!, 100 + i)
      }).toSorted((a, b) => a.at_ms - b.at_ms)
      const { order, out } = play([...streams.map((one) => listed(0, one, 99)), ...heard])
      const revisions = out.flatMap((one) => one.what === "change" ? [one.revision] : [])
      expect(revisions).toEqual(all.map((_, i) => 100 + i))
      expect(order.stragglers).toBe(0)
    }))
  })
  it("let a change go when arrivals are far ahead of it, and tell what comes after that", () => {
    const { order, out } = play([listed(0, "pods", 5), listed(0, "nodes", 6), change(10, "pods", 9),
      change(2_000, "pods", 12), change(2_010, "nodes", 8)])
    expect(brief(out).slice(4)).toEqual(["change 9", "straggled", "change 8", "change 12"])
    expect(order.stragglers).toBe(1)
  })
  it("wait for a watch that was closed, which may go on where it stood", () => {
    const closed: Heard = { what: "closed", at_ms: 20, where: "", resource: "nodes" }
    const opened: Heard = { what: "opened", at_ms: 9_000, where: "", resource: "nodes", revision: 6 }
    const { order, out } = play([listed(0, "pods", 5), listed(0, "nodes", 6), closed, change(30, "pods", 9),
      change(8_000, "pods", 12), opened, change(9_010, "nodes", 8)])
    expect(brief(out).filter((one) => one.startsWith("change"))).toEqual(["change 8", "change 9", "change 12"])
    expect(order.stragglers).toBe(0)
  })
  it("leave a gap where a kind is listed anew", () => {
    const { out } = play([listed(0, "pods", 5), change(10, "pods", 7), change(1_500, "pods", 8),
      listed(1_600, "pods", 20), change(1_700, "pods", 21)])
    expect(brief(out)).toEqual(["gap 0", "listed 5", "change 7", "change 8", "gap 8", "listed 20", "change 21"])
  })
  it("lose nothing of what a silent watch was there for", () => {
    const closed: Heard = { what: "closed", at_ms: 9_000, where: "", resource: "nodes" }
    const { out } = play([listed(0, "pods", 5), listed(0, "nodes", 6), change(1_000, "pods", 9),
      change(7_000, "pods", 12), change(8_990, "pods", 14), closed, listed(9_500, "nodes", 20)])
    expect(brief(out).slice(4)).toEqual(["change 9", "change 12", "closed", "gap 12", "change 14", "listed 20"])
  })
  it("give up a watch that does not come back", () => {
    const closed: Heard = { what: "closed", at_ms: 20, where: "", resource: "nodes" }
    const pods = Array.from({ length: 80 }, (_, i) => change(1_000 * i, "pods", 10 + i))
    const { out } = play([listed(0, "pods", 5), listed(0, "nodes", 6), closed, ...pods])
    const gaps = out.flatMap((one) => one.what === "gap" ? [`${one.resource} ${one.revision} ${one.isForGood}`] : [])
    expect(gaps.slice(2)).toEqual(["nodes 6 undefined", "nodes 6 true"])
  })
})
