import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { properties } from "#properties/all.ts"
import { foreign } from "#properties/foreign.ts"
import { type Need, needsOf, sourceOf, sources } from "#properties/hearing.ts"
import { History } from "#properties/history.ts"
import type { Property } from "#properties/property.ts"
import { recordedLines, recordings } from "#properties/recorded.ts"
import { decodeTrace } from "#traces/format.ts"

/** What others can write without writing as we do. */
const visible: ReadonlySet<Need> = new Set(["objects", "times", "versions", "requests"])
const isSource = (need: Need): boolean => need in sources
const isForOthers = (property: Property): boolean => property.kind !== "sometimes" && property.isOurs !== true
  && needsOf(property).every((need) => !isSource(need) || visible.has(need))

/** What a promise asks beside the lines that it is told. */
class Asked {
  readonly needs = new Set<Need>()
  readonly history = new History()

  /** The same history, and what is asked of it is noted. */
  watched(): History {
    const { history, needs } = this
    const sourceOfPart: Readonly<Record<string, Need>> = { containers: "runtimes", processes: "processes" }
    return new Proxy(history, {
      get: (_target, name) => {
        const value: unknown = Reflect.get(history, name, history)
        if (typeof name === "string" && name in sourceOfPart) needs.add(sourceOfPart[name]!)
        if (name === "calm") return this.#calm(value as History["calm"])
        if (name === "now") return this.#kinds(value as object)
        if (name === "at") return (revision: number) => this.#kinds(history.at(revision))
        return typeof value === "function" ? value.bind(history) : value
      }
    })
  }
  /** That clocks agree is taken for granted of others. */
  #calm(calm: History["calm"]): History["calm"] {
    return new Proxy(calm, {
      get: (_target, name) => {
        if (name !== "doClocksAgree") this.needs.add("faults")
        const value: unknown = Reflect.get(calm, name, calm)
        return typeof value === "function" ? value.bind(calm) : value
      }
    })
  }
  #kinds<Stored extends object>(now: Stored): Stored {
    return new Proxy(now, {
      get: (target, name) => {
        this.needs.add(name as Need)
        return Reflect.get(target, name)
      }
    })
  }
  told(line: Line): Line {
    const { needs } = this
    return { ...line, get at_ms() {
      needs.add("times")
      return line.at_ms
    } }
  }
}

const askedBy = (property: Property, traces: ReadonlyArray<ReadonlyArray<Line>>): ReadonlySet<Need> => {
  const all = new Set<Need>()
  for (const lines of traces) {
    const asked = new Asked()
    const made = property.make(asked.watched(), () => {})
    const hear = typeof made === "function" ? made : made.line?.bind(made)
    for (const line of lines) {
      asked.history.settle()
      asked.history.hear(line)
      const names = [line.event.type, ...("resource" in line.event
        ? [line.event.type.replace("object", String(line.event.resource))] : [])]
      if (property.hears?.some((start) => names.some((name) => name.startsWith(start))) !== false) {
        hear?.(asked.told(line))
      }
    }
    if (typeof made === "object" && "open" in made) for (const _ of made.open()) break
    if (typeof made === "object" && "holds" in made) made.holds()
    for (const need of asked.needs) all.add(need)
  }
  return all
}

describe("what a promise must hear", () => {
  const golden = new URL("../traces/golden.ndjson", import.meta.url)
  const some = recordings.filter((file) => /^(?:chaos-1|statefulset|pdb-drain|job|daemonset)\./.test(file))
  const traces = [decodeTrace(readFileSync(golden, "utf8"), "golden").lines, ...some.map(recordedLines)]
  const judged = [...properties, ...foreign].filter(isForOthers)

  it("is known of many", () => expect(judged.length).toBeGreaterThan(45))

  it.each(judged.map((property) => [property.name, property] as const))("is said: %s", (_name, property) => {
    const needs = needsOf(property)
    const isSaid = (need: Need): boolean => needs.includes(need) || (!isSource(need) && needs.includes("objects"))
    expect([...askedBy(property, traces)].filter((need) => !isSaid(need))).toEqual([])
  })

  it("has a source for each subject that is heard", () => {
    const heard = [...properties, ...foreign].flatMap(({ hears = [] }) => hears)
    expect(heard.filter((start) => sourceOf(start) === undefined)).toEqual([])
  })
})
