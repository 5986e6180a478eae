/**
 * The monitors of one run: each hears the lines that it wants, in their order, and says what broke.
 *
 * Lines are heard in batches, and one monitor after the other hears all of a batch. Line by line, each would find its
 * code and data pushed out of the caches by hundreds of others and by the cluster itself, which costs more than what
 * it does. Monitors share nothing, so none can tell the difference.
 * Dispatch is by event type: who wants a type is worked out when it is first seen.
 */
import type { Line } from "#model/events.ts"
import type { Limits } from "#properties/history/limits.ts"
import { History, isChange } from "#properties/history.ts"
import type { GiveUp, Obligation, Property, Said as Word } from "#properties/property.ts"

export interface Owed {
  readonly entity: string
  readonly since_ms: number
  /** Who owes it, and the line that opened it, where the chart or the promise says so. */
  readonly actor?: string
  readonly seq?: number
}
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
  /** What was not done in time. */
  readonly obligation?: Owed
  /** How long the core phase had lasted; absent when it broke before that phase was over. */
  readonly core_ms?: number
}
/** Two failures are the same when the same guarantee broke; for a chart, when it refused the same event. */
export const keyOf = ({ kind, property, line }: Broken): string =>
  kind === "conformance" ? `${kind} ${property} ${line?.event.type ?? ""}` : `${kind} ${property}`

export type BrokenAt = Broken & { readonly line: Line }

/** Where it went wrong is in a stack. */
export const textOf = (error: unknown): string => error instanceof Error ? error.stack ?? error.message : String(error)

interface Hearer {
  readonly property: Property
  /** Its place in the properties' order. */
  readonly place: number
  /** Undefined: nothing to say. A text: broken. True: reached. A number: so often the premise came true. */
  readonly hear: (line: Line) => string | number | boolean | undefined | void
  done: boolean
}
/** Those who want the same events, and what they have not heard yet. */
interface Audience {
  readonly wants: Property["hears"]
  readonly hearers: Array<Hearer>
  /** The first so many are of this batch: an array that is emptied would have to grow anew each time. */
  readonly lines: Array<Line>
  count: number
}

interface Said {
  readonly place: number
  readonly broken: BrokenAt
}

interface Waiting {
  readonly property: Property & { readonly kind: "leadsTo" }
  readonly open: () => Iterable<Obligation>
}
interface Resting {
  readonly property: Property
  readonly place: number
  readonly holds: () => Word
}

export class Monitors {
  /** Names of the `sometimes` that this run reached. */
  readonly reached = new Set<string>()
  /** What monitors could not decide. */
  readonly undecided: Array<string> = []
  /** By property, in their order: how often its premise came true, as far as it counts. */
  readonly #premises: Array<number>
  readonly #history: History
  readonly #audiences = new Map<string, Audience>()
  readonly #waiting: Array<Waiting> = []
  readonly #resting: Array<Resting> = []
  readonly #byType = new Map<string, ReadonlyArray<Audience>>()
  /** Of lines that tell of a committed change: by the kind of what changed, then by type. */
  readonly #byResource = new Map<string, Map<string, ReadonlyArray<Audience>>>()

  constructor(properties: ReadonlyArray<Property>, limits?: Readonly<Limits>) {
    this.#history = new History(limits)
    this.#premises = properties.map(() => 0)
    for (const [place, property] of properties.entries()) {
      if (property.kind === "always" || property.kind === "sometimes") {
        this.#seat(property, place, property.make(this.#history, this.#giveUp(property)))
        continue
      }
      const made = property.make(this.#history, this.#giveUp(property))
      if (made.line !== undefined) this.#seat(property, place, (line) => made.line!(line))
      if ("open" in made) this.#waiting.push({ property: property as Waiting["property"], open: () => made.open() })
      else this.#resting.push({ property, place, holds: () => made.holds() })
    }
  }

  #giveUp({ name }: Property): GiveUp {
    return (what) => this.undecided.push(`${name}: ${what}`)
  }

  #seat(property: Property, place: number, hear: Hearer["hear"]): void {
    const key = property.hears?.join() ?? ""
    const hearer = { property, place, hear, done: false }
    const audience = this.#audiences.get(key)
    if (audience !== undefined) audience.hearers.push(hearer)
    else this.#audiences.set(key, { wants: property.hears, hearers: [hearer], lines: [], count: 0 })
  }

  /** What broke at these lines: the earliest first, then in the properties' order. */
  hear(lines: ReadonlyArray<Line>): ReadonlyArray<BrokenAt> {
    this.#history.settle()
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!
      this.#history.hear(line)
      const audiences = this.#audiencesOf(line.event)
      for (let j = 0; j < audiences.length; j++) {
        const audience = audiences[j]!
        audience.lines[audience.count++] = line
      }
    }
    const said: Array<Said> = []
    for (const audience of this.#audiences.values()) {
      if (audience.count === 0) continue
      for (const hearer of audience.hearers) if (!hearer.done) this.#tell(hearer, audience, said)
      audience.count = 0
    }
    if (lines.length > 0) this.#history.asOf(lines[lines.length - 1]!)
    return said.sort((a, b) => a.broken.line.seq - b.broken.line.seq || a.place - b.place).map(({ broken }) => broken)
  }

  #tell(hearer: Hearer, { count, lines }: Audience, into: Array<Said>): void {
    const { property, place } = hearer
    let i = 0
    try {
      for (; i < count; i++) {
        this.#history.asOf(lines[i]!)
        const said = hearer.hear(lines[i]!)
        if (said === undefined || said === false) continue
        if (typeof said === "number") {
          this.#premises[place]! += said
          continue
        }
        // It has said it: the same breach at the next line is no news.
        hearer.done = true
        const line = lines[i]!
        if (said === true) this.reached.add(property.name)
        else into.push({ place, broken: { ...this.#broken("safety", property, said, line.at_ms), line } })
        return
      }
    } catch (error) {
      hearer.done = true
      const line = lines[i]!
      const message = `${property.name}: ${textOf(error)}`
      into.push({ place, broken: { kind: "crash", property: "a monitor failed", invariants: [], message,
        at_ms: line.at_ms, line } })
    }
  }

  #audiencesOf(event: Line["event"]): ReadonlyArray<Audience> {
    if (!isChange(event)) return this.#audiencesIn(this.#byType, event.type, [event.type])
    const { resource, type } = event
    let byType = this.#byResource.get(resource)
    if (byType === undefined) this.#byResource.set(resource, byType = new Map())
    return this.#audiencesIn(byType, type, [type, type.replace("object", resource)])
  }

  /** Whoever wants to hear of one of the names. */
  #audiencesIn(
    known: Map<string, ReadonlyArray<Audience>>, type: string, names: ReadonlyArray<string>
  ): ReadonlyArray<Audience> {
    let found = known.get(type)
    if (found === undefined) {
      found = [...this.#audiences.values()].filter(({ wants }) => wants === undefined ||
        wants.some((beginning) => names.some((name) => name.startsWith(beginning))))
      known.set(type, found)
    }
    return found
  }

  /**
   * The first obligation that is overdue at `now_ms`, counted from the later of its premise and `healed_ms`. In the
   * core phase only promises that hold for a part of the cluster are judged.
   */
  overdue(now_ms: number, healed_ms: number, phase: "core" | "healed"): Broken | undefined {
    for (const waiting of this.#waiting) {
      if (phase === "core" && waiting.property.inCore !== true) continue
      const broken = this.#late(waiting, now_ms, healed_ms)
      if (broken !== undefined) return broken
    }
    return undefined
  }

  #late({ open, property }: Waiting, now_ms: number, healed_ms: number): Broken | undefined {
    for (const { by, entity, seq, since_ms, within_ms } of open()) {
      if (now_ms - Math.max(since_ms, healed_ms) < within_ms) continue
      const message = `${entity}: open since ${seconds(since_ms)}, to be closed within ${seconds(within_ms)} of ` +
        `${since_ms >= healed_ms ? "that" : `the healing at ${seconds(healed_ms)}`}`
      const obligation = { entity, since_ms, ...(by === undefined ? {} : { actor: by }),
        ...(seq === undefined ? {} : { seq }) }
      return { ...this.#broken("liveness", property, message, now_ms), obligation }
    }
    return undefined
  }

  /** See History: for whoever listens for days. */
  forget(before_ms: number): void {
    this.#history.forget(before_ms)
  }

  hasOpen(phase: "core" | "healed"): boolean {
    for (const { property, open } of this.#waiting) {
      if (phase === "core" && property.inCore !== true) continue
      for (const _ of open()) return true
    }
    return false
  }

  /** The first promise that does not hold at rest. */
  restless(now_ms: number): Broken | undefined {
    for (const { property, holds } of this.#resting) {
      const said = holds()
      if (typeof said === "string") return this.#broken("liveness", property, said, now_ms)
    }
    return undefined
  }

  /** At the end of what somebody else recorded: each promise that was not kept, each one that does not hold at rest. */
  atEnd(now_ms: number, { calmSince_ms, isAtRest }: {
    readonly calmSince_ms: number; readonly isAtRest: boolean
  }): ReadonlyArray<Broken> {
    const late = this.#waiting.map((waiting) => this.#late(waiting, now_ms, calmSince_ms))
    const restless = !isAtRest ? [] : this.#resting.map(({ holds, place, property }) => {
      const said = holds()
      if (typeof said === "number") this.#premises[place]! += said
      return typeof said === "string" ? this.#broken("liveness", property, said, now_ms) : undefined
    })
    return [...late, ...restless].filter((broken) => broken !== undefined)
  }

  /** By property, in their order: how often its premise came true and it held, as far as it counts. */
  get premises(): ReadonlyArray<number> {
    return this.#premises
  }

  #broken(kind: Broken["kind"], { name, invariants }: Property, message: string, at_ms: number): Broken {
    return { kind, property: name, invariants, message, at_ms }
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
