/**
 * What promises remember together: the committed store, at the line that is being heard and at each revision before,
 * and what each revision changed; the containers that really run; processes and who leads; faults and calm.
 *
 * One history is fed by the journal and shared by all promises. They hear lines in batches, and it is ahead of them: it
 * answers as of the line that `asOf` names, which whoever runs the promises has done before each of them is told of a
 * line. So a promise is a function of a line and of the history as of that line, and keeps only what is its own.
 */
import type { Line } from "#model/events.ts"
import type { AnyObjects, AnyResource } from "#model/observed.ts"
import { Calm } from "#properties/history/calm.ts"
import { Changes } from "#properties/history/changes.ts"
import { Containers } from "#properties/history/containers.ts"
import { Holders } from "#properties/history/holders.ts"
import { limits, type Limits } from "#properties/history/limits.ts"
import type { Moment } from "#properties/history/kept.ts"
import { Processes } from "#properties/history/processes.ts"
import { Store, type Stored } from "#properties/history/store.ts"

/** A committed change of an object of that kind, or its first sight where a foreign trace begins in the midst. */
export type Committed<R extends AnyResource> = Created<R> | Seen<R> | Updated<R> | Deleted<R>
interface Change<R extends AnyResource> {
  readonly resource: R
  readonly revision: number
  readonly key: string
  readonly object: AnyObjects[R]
}
export interface Created<R extends AnyResource> extends Change<R> {
  readonly type: "object.created"
}
export interface Seen<R extends AnyResource> extends Change<R> {
  readonly type: "object.seen"
}
export interface Updated<R extends AnyResource> extends Change<R> {
  readonly type: "object.updated"
  readonly previous: AnyObjects[R]
}
export interface Deleted<R extends AnyResource> extends Change<R> {
  readonly type: "object.deleted"
}

type AnyChange = Extract<Line["event"], { readonly type: `object.${string}` }>
export const isChange = (event: Line["event"]): event is AnyChange =>
  event.type === "object.updated" || event.type === "object.created" || event.type === "object.deleted"
  || event.type === "object.seen"

/** The committed change that the line tells of, if it is one of that kind. Such lines are heard as "<resource>.". */
export const committed = <R extends AnyResource>({ event }: Line, resource: R): Committed<R> | undefined =>
  isChange(event) && event.resource === resource ? event as Committed<R> : undefined

/** Each hears the lines that it wants, in order, and answers as of a moment. */
export interface Part {
  readonly hears: ReadonlyArray<Line["event"]["type"]>
  hear(line: Line): void
  settle?(): void
}

export class History {
  readonly #now: Moment = { seq: -1, revision: Infinity }
  readonly #then: Moment = { seq: -1, revision: Infinity }
  readonly #store = new Store()
  readonly #atRevision = this.#store.as(this.#then)
  /** The store as of the line that is being heard. */
  readonly now = this.#store.as(this.#now)
  readonly containers = new Containers(this.#now)
  readonly processes = new Processes(this.#now)
  readonly calm = new Calm(this.#now)
  readonly changes = new Changes(this.#now)
  readonly holders = new Holders(this.#now)
  readonly #parts: Array<Part> = []
  readonly #byType = new Map<string, Array<Part>>()
  readonly #shared = new Map<unknown, Part>()

  /** The timers of the cluster that is judged. */
  readonly limits: Readonly<Limits>

  constructor(given: Readonly<Limits> = limits) {
    this.limits = given
    const { calm, changes, containers, holders, processes } = this
    for (const part of [this.#store, containers, processes, calm, changes, holders]) this.#add(part)
  }

  #add(part: Part): void {
    this.#parts.push(part)
    for (const type of part.hears) {
      const parts = this.#byType.get(type)
      if (parts === undefined) this.#byType.set(type, [part])
      else parts.push(part)
    }
  }

  /** What the promises of one component remember together: made when the first of them is made, before any line. */
  part<P extends Part>(kind: new (moment: Moment) => P): P {
    let part = this.#shared.get(kind)
    if (part === undefined) {
      this.#shared.set(kind, part = new kind(this.#now))
      this.#add(part)
    }
    return part as P
  }

  /** Of what was over by then only what still is is remembered. */
  forget(before_ms: number): void {
    this.#store.forget(before_ms)
  }

  /** A batch begins: nobody will be told of the lines before it any more. */
  settle(): void {
    for (const part of this.#parts) part.settle?.()
  }

  hear(line: Line): void {
    this.asOf(line)
    const parts = this.#byType.get(line.event.type)
    // Of most lines nothing is remembered here.
    if (parts !== undefined) for (let i = 0; i < parts.length; i++) parts[i]!.hear(line)
  }

  /** From now on everything is answered as of that line. */
  asOf({ seq }: Line): void {
    this.#now.seq = seq
  }

  /** The store as it was at a revision, as far as it had come at the line that is being heard. */
  at(revision: number): Stored {
    this.#then.seq = this.#now.seq
    this.#then.revision = revision
    return this.#atRevision
  }
}
