/**
 * What a list or watch should contain, worked out from the ground truth alone: per scope, the changes in order and the
 * state after each. Matching is written anew here, so that the server's own cannot hide its mistakes.
 */
import { digested, emptyDigest } from "#model/events/digest.ts"
import type { Line } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import { isObject } from "#properties/api-server/history.ts"
import type { Moment } from "#properties/history/kept.ts"

export interface Scope {
  readonly resource: string
  readonly namespace?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

/** What selectors can ask of an object. */
interface Traits {
  readonly name: string
  readonly namespace: string
  readonly node: string
  readonly phase: string
  readonly unschedulable: string
  readonly labels: Readonly<Record<string, string>>
}
const noLabels: Readonly<Record<string, string>> = {}
const traitsOf = (object: ApiObject): Traits => ({
  name: object.metadata.name, namespace: object.metadata.namespace ?? "", labels: object.metadata.labels ?? noLabels,
  node: object.kind === "Pod" ? object.spec.nodeName ?? "" : "",
  phase: object.kind === "Pod" ? object.status.phase : "",
  unschedulable: object.kind === "Node" ? String(object.spec.unschedulable ?? false) : ""
})

interface Entry {
  readonly seq: number
  readonly revision: number
  readonly now: Traits | undefined
  readonly before: Traits | undefined
  /** Of everything in the log's own scope after this entry. */
  readonly count: number
  readonly versions: number
}
export interface Log {
  readonly entries: Array<Entry>
  count: number
  versions: number
}

const fieldOf = (traits: Traits, field: string): string | undefined => field === "metadata.name" ? traits.name
  : field === "metadata.namespace" ? traits.namespace : field === "spec.nodeName" ? traits.node
  : field === "status.phase" ? traits.phase : field === "spec.unschedulable" ? traits.unschedulable : undefined

type Matches = (traits: Traits) => boolean
const matching = ({ fieldSelector = "", labelSelector = "", namespace = "" }: Scope): Matches => {
  const wanted: Array<Matches> = namespace === "" ? [] : [(traits) => traits.namespace === namespace]
  const read = (selector: string, of: (traits: Traits, key: string) => string | undefined): void => {
    for (const part of selector === "" ? [] : selector.split(",")) {
      const isNegated = part.includes("!=")
      const [key = "", value = ""] = part.split(isNegated ? "!=" : /==?/).map((side) => side.trim())
      wanted.push((traits) => (of(traits, key) === value) !== isNegated)
    }
  }
  read(fieldSelector, fieldOf)
  read(labelSelector, (traits, key) => traits.labels[key])
  return (traits) => wanted.every((holds) => holds(traits))
}

const exactNode = /^spec\.nodeName==?([^,=!]+)$/

/** Heard once, for all promises of lists and watches. */
export class Scopes {
  readonly hears = ["object.created", "object.updated", "object.deleted"] as const
  readonly #moment: Moment
  readonly #current = new Map<string, { readonly revision: number; readonly traits: Traits }>()
  readonly #logs = new Map<string, Log>()

  constructor(moment: Moment) {
    this.#moment = moment
  }

  hear({ event, seq }: Line): void {
    if (!isObject(event)) return
    const { key, resource, revision } = event
    const old = this.#current.get(key)
    const now = event.type === "object.deleted" ? undefined : traitsOf(event.object as ApiObject)
    const before = old?.traits
    const removed = old?.revision ?? 0
    if (now === undefined) this.#current.delete(key)
    else this.#current.set(key, { revision, traits: now })
    const change = { seq, revision, now, before }
    this.#add(resource, change, now === undefined ? 0 : revision, removed)
    if (resource !== "pods") return
    const nodes = new Set([now?.node, before?.node])
    for (const node of nodes) {
      if (node === undefined || node === "") continue
      const isIn = now?.node === node
      const wasIn = before?.node === node
      this.#add(`pods@${node}`, change, isIn ? revision : 0, wasIn ? removed : 0)
    }
  }

  #add(name: string, change: Omit<Entry, "count" | "versions">, added: number, removed: number): void {
    const log = this.#log(name)
    log.count += (added > 0 ? 1 : 0) - (removed > 0 ? 1 : 0)
    log.versions += added - removed
    log.entries.push({ ...change, count: log.count, versions: log.versions })
  }

  #log(name: string): Log {
    let log = this.#logs.get(name)
    if (log === undefined) this.#logs.set(name, log = { entries: [], count: 0, versions: 0 })
    return log
  }

  /** A reader of the scope that stands after `revision`. */
  cursor(scope: Scope, revision: number): Cursor {
    const node = scope.resource === "pods" ? exactNode.exec(scope.fieldSelector ?? "")?.[1] : undefined
    const log = this.#log(node === undefined ? scope.resource : `pods@${node}`)
    const isWhole = (scope.labelSelector ?? "") === "" && (scope.namespace ?? "") === ""
      && ((scope.fieldSelector ?? "") === "" || node !== undefined)
    return new Cursor(this.#moment, log, matching(scope), isWhole, revision)
  }
}

export class Cursor {
  readonly #moment: Moment
  readonly #log: Log
  readonly #matches: Matches
  readonly #isWhole: boolean
  #position: number

  constructor(moment: Moment, log: Log, matches: Matches, isWhole: boolean, revision: number) {
    this.#moment = moment
    this.#log = log
    this.#matches = matches
    this.#isWhole = isWhole
    this.#position = positionAfter(log.entries, revision, moment)
  }

  /** The state at the cursor; undefined when the scope is too fine for the logs to tell. */
  state(): { readonly count: number; readonly versions: number } | undefined {
    if (!this.#isWhole) return undefined
    const entry = this.#log.entries[this.#position - 1]
    return { count: entry?.count ?? 0, versions: entry?.versions ?? 0 }
  }

  /** What a watch must have delivered from here up to `revision`; moves on to there. */
  advance(revision: number): { readonly events: number; readonly digest: number } {
    let events = 0
    let digest = emptyDigest
    const { entries } = this.#log
    while (this.#position < entries.length && isUpTo(entries[this.#position]!, revision, this.#moment)) {
      const { before, now, revision: at } = entries[this.#position]!
      this.#position += 1
      const is = now !== undefined && this.#matches(now)
      const was = before !== undefined && this.#matches(before)
      if (!is && !was) continue
      events += 1
      digest = digested(digest, is ? (was ? "MODIFIED" : "ADDED") : "DELETED", at)
    }
    return { events, digest }
  }
}

/** It is of that revision or an earlier one, and was committed by then. */
const isUpTo = (entry: Entry, revision: number, { seq }: Moment): boolean =>
  entry.revision <= revision && entry.seq <= seq

const positionAfter = (entries: ReadonlyArray<Entry>, revision: number, moment: Moment): number => {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isUpTo(entries[middle]!, revision, moment)) low = middle + 1
    else high = middle
  }
  return low
}
