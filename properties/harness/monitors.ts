/**
 * The monitors of one run: hears each line once, hands it to the properties that want it, and says what broke.
 *
 * Dispatch is by event type: the list of monitors for a type is made when the type is first seen, so that a line
 * costs only the monitors that hear it.
 */
import type { Line } from "#model/events.ts"
import type { Obligation, Property } from "#properties/property.ts"

export interface Broken {
  readonly kind: "safety" | "liveness" | "conformance" | "crash"
  /** The guarantee's sentence; for conformance the chart, for a crash what it was. */
  readonly property: string
  readonly invariants: ReadonlyArray<number>
  /** What broke it, with the values that show it. */
  readonly message: string
  /** World time at which it broke. */
  readonly at_ms: number
  /** The line at which it broke; absent when it broke at the end. */
  readonly line?: Line
}

interface Hearer {
  readonly property: Property
  /** Undefined: nothing to say. A text: broken. True: reached. */
  readonly hear: (line: Line) => string | boolean | undefined | void
  done: boolean
}

interface Waiting {
  readonly property: Property & { readonly kind: "leadsTo" }
  readonly open: () => Iterable<Obligation>
}
interface Resting {
  readonly property: Property
  readonly holds: () => string | undefined
}

export class Monitors {
  /** Names of the `sometimes` that this run reached. */
  readonly reached = new Set<string>()
  private readonly hearers: Array<Hearer> = []
  private readonly waiting: Array<Waiting> = []
  private readonly resting: Array<Resting> = []
  private byType = new Map<string, ReadonlyArray<Hearer>>()

  constructor(properties: ReadonlyArray<Property>) {
    for (const property of properties) {
      if (property.kind === "always" || property.kind === "sometimes") {
        this.hearers.push({ property, hear: property.make(), done: false })
        continue
      }
      const made = property.make()
      this.hearers.push({ property, hear: (line) => made.line(line), done: false })
      if ("open" in made) this.waiting.push({ property: property as Waiting["property"], open: () => made.open() })
      else this.resting.push({ property, holds: () => made.holds() })
    }
  }

  hear(line: Line): Broken | undefined {
    const { type } = line.event
    let hearers = this.byType.get(type)
    if (hearers === undefined) this.byType.set(type, hearers = this.hearers.filter((one) => wants(one, type)))
    let broken: Broken | undefined
    for (const hearer of hearers) {
      if (hearer.done) continue
      const said = hearer.hear(line)
      if (said === undefined || said === false) continue
      if (hearer.property.kind === "sometimes" && said === true) {
        this.reached.add(hearer.property.name)
        hearer.done = true
      } else if (typeof said === "string") {
        // It has said it: the same breach at the next line is no news.
        hearer.done = true
        broken ??= this.broken("safety", hearer.property, said, line.at_ms, line)
      }
    }
    return broken
  }

  /**
   * The first obligation that is overdue at `now_ms`, counted from the later of its premise and `healed_ms`. In the
   * core phase only promises that hold for a part of the cluster are judged.
   */
  overdue(now_ms: number, healed_ms: number, phase: "core" | "healed"): Broken | undefined {
    for (const { property, open } of this.waiting) {
      if (phase === "core" && property.inCore !== true) continue
      for (const { entity, since_ms, within_ms } of open()) {
        if (now_ms - Math.max(since_ms, healed_ms) < within_ms) continue
        const message = `${entity}: open since ${seconds(since_ms)}, to be closed within ${seconds(within_ms)} of ` +
          `${since_ms >= healed_ms ? "that" : `the healing at ${seconds(healed_ms)}`}`
        return this.broken("liveness", property, message, now_ms)
      }
    }
    return undefined
  }

  hasOpen(phase: "core" | "healed"): boolean {
    for (const { property, open } of this.waiting) {
      if (phase === "core" && property.inCore !== true) continue
      for (const _ of open()) return true
    }
    return false
  }

  /** The first promise that does not hold at rest. */
  restless(now_ms: number): Broken | undefined {
    for (const { property, holds } of this.resting) {
      const message = holds()
      if (message !== undefined) return this.broken("liveness", property, message, now_ms)
    }
    return undefined
  }

  private broken(kind: Broken["kind"], { name, invariants }: Property, message: string, at_ms: number,
    line?: Line): Broken {
    return { kind, property: name, invariants, message, at_ms, ...(line === undefined ? {} : { line }) }
  }
}

const wants = ({ property, done }: Hearer, type: string): boolean =>
  !done && (property.hears === undefined || property.hears.some((beginning) => type.startsWith(beginning)))
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
