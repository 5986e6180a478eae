/** What lists and watches show, held against the committed history. Source: ../reference/invariants.md 25 to 30. */
import type { EventOf, Line } from "#model/events.ts"
import { isObject } from "#properties/api-server/history.ts"
import { type Cursor, Scopes } from "#properties/api-server/scopes.ts"
import type { History } from "#properties/history.ts"
import { always, type Property } from "#properties/property.ts"

type Requested = Extract<EventOf<"read">, { readonly type: "read.requested" }>
interface Reading {
  readonly request: Requested
  /** The newest revision that was committed when the request arrived. */
  readonly committed: number
}

/** Follows lists from their arrival to their answer. */
const ofLists = ["object.", "read.", "process."]
class Readings {
  readonly #open = new Map<string, Map<string, Reading>>()
  #newest = 0

  /** The list that this line answers. */
  hear({ actor, entity, event }: Line): Reading | undefined {
    if (isObject(event)) this.#newest = event.revision
    else if (event.type === "read.requested") {
      let ofActor = this.#open.get(actor)
      if (ofActor === undefined) this.#open.set(actor, ofActor = new Map())
      ofActor.set(entity, { request: event, committed: this.#newest })
    } else if (event.type === "read.served" || event.type === "read.refused") {
      const reading = this.#open.get(actor)?.get(entity)
      this.#open.get(actor)?.delete(entity)
      return event.type === "read.served" ? reading : undefined
    } else if (event.type === "process.crashed" || event.type === "process.stopped") this.#open.delete(entity)
    return undefined
  }
}

const about = ({ request }: Reading): string => `a list of ${request.resource} for ${request.agent}`

const lists: ReadonlyArray<Property> = [
  always("a list without resourceVersion shows every write that was committed before it was asked for", [25], () => {
    const readings = new Readings()
    return (line) => {
      const reading = readings.hear(line)
      if (reading === undefined || line.event.type !== "read.served" || reading.request.mode !== "consistent") {
        return undefined
      }
      return line.event.revision >= reading.committed ? undefined
        : `${about(reading)} shows revision ${line.event.revision}; ${reading.committed} had been committed`
    }
  }, ofLists),
  always("a list at a resourceVersion is at least as new, or as old exactly when that was asked", [30], () => {
    const readings = new Readings()
    return (line) => {
      const reading = readings.hear(line)
      if (reading === undefined || line.event.type !== "read.served") return undefined
      const { asked, mode } = reading.request
      const { revision } = line.event
      return mode === "exact" ? (revision === asked ? undefined : `${about(reading)} at ${asked} shows ${revision}`)
        : revision >= asked ? undefined : `${about(reading)} from ${asked} on shows ${revision}`
    }
  }, ofLists),
  always("a list as of a revision that was not compacted is not refused as expired", [30], () => {
    const asked = new Map<string, number>()
    let compacted = 0
    return ({ actor, entity, event }) => {
      const name = `${actor} ${entity}`
      if (event.type === "history.marked") compacted = Math.max(compacted, event.compacted)
      else if (event.type === "read.requested") {
        if (event.mode === "exact") asked.set(name, event.asked)
      } else if (event.type === "read.served" || event.type === "read.refused") {
        const revision = asked.get(name)
        asked.delete(name)
        if (revision === undefined || event.type === "read.served" || event.reason !== "Expired") return undefined
        return revision < compacted ? undefined
          : `${actor} takes revision ${revision} for expired; what went was compacted up to ${compacted}`
      }
      return undefined
    }
  }, ["read.", "history.marked"]),
  always("a list is the whole state of one revision", [26], (history) => {
    const readings = new Readings()
    const scopes = history.part(Scopes)
    return (line) => {
      const reading = readings.hear(line)
      if (reading === undefined || line.event.type !== "read.served") return undefined
      const { count, revision, versions } = line.event
      const state = scopes.cursor(reading.request, revision).state()
      return state === undefined || (state.count === count && state.versions === versions) ? undefined
        : `${about(reading)} at revision ${revision}: ${count} objects (versions ${versions}), not ${state.count} `
          + `(${state.versions})`
    }
  }, ofLists)
]

interface Watching {
  readonly agent: string
  readonly resource: string
  readonly cursor: Cursor
}

/** Follows watches, each with a cursor in what it should deliver. */
const ofWatches = ["serverWatch.", "process."]
class Watchings {
  readonly #scopes: Scopes
  readonly #open = new Map<string, Map<string, Watching>>()

  constructor(history: History) {
    this.#scopes = history.part(Scopes)
  }

  opened({ actor, entity, event }: Line): Watching | undefined {
    if (event.type === "process.crashed" || event.type === "process.stopped") this.#open.delete(entity)
    if (event.type !== "serverWatch.opened") return undefined
    let ofActor = this.#open.get(actor)
    if (ofActor === undefined) this.#open.set(actor, ofActor = new Map())
    const watching = { agent: event.agent, resource: event.resource, cursor: this.#scopes.cursor(event, event.from) }
    ofActor.set(entity, watching)
    return watching
  }
  get({ actor, entity }: Line): Watching | undefined {
    return this.#open.get(actor)?.get(entity)
  }
  close({ actor, entity }: Line): void {
    this.#open.get(actor)?.delete(entity)
  }
}

const watches: ReadonlyArray<Property> = [
  always("a watch that begins with the state of things shows the whole state of one revision", [26], (history) => {
    const watchings = new Watchings(history)
    return (line) => {
      const watching = watchings.opened(line)
      if (watching === undefined || line.event.type !== "serverWatch.opened") return undefined
      const { agent, from, initial, resource } = line.event
      const state = watching.cursor.state()
      if (initial === undefined || state === undefined) return undefined
      return state.count === initial.count && state.versions === initial.versions ? undefined
        : `${agent} watches ${resource} from revision ${from} with ${initial.count} objects (versions `
          + `${initial.versions}), not ${state.count} (${state.versions})`
    }
  }, ofWatches),
  always("a watch delivers each matching change once and in order, before it says that it has come so far",
    [27, 28, 29], (history) => {
      const watchings = new Watchings(history)
      return (line) => {
        watchings.opened(line)
        const { event } = line
        const tells = event.type === "serverWatch.synced" || event.type === "serverWatch.bookmarked"
          || event.type === "serverWatch.closed"
        const watching = tells ? watchings.get(line) : undefined
        if (!tells || watching === undefined) return undefined
        if (event.type === "serverWatch.closed") watchings.close(line)
        const due = watching.cursor.advance(event.revision)
        if (due.events === event.events && due.digest === event.digest) return undefined
        return `${watching.agent} was sent ${event.events} changes of ${watching.resource} up to revision `
          + `${event.revision}; ${due.events} were due` + (due.events === event.events ? ", and others" : "")
      }
    }, ofWatches)
]

export const servingProperties: ReadonlyArray<Property> = [...lists, ...watches]
