/**
 * What two servers name differently: uids, revisions, drawn names, and stamps that one of them made. They are matched
 * as they appear in answers, and put into the requests that follow.
 */
import type { Json } from "#properties/harness/differential/recorded.ts"

const drawn = /^(.*-)[bcdfghjklmnpqrstvwxz2456789]{5}$/
const uid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const isUnused = (text: string): boolean => text === ""

export class Names {
  readonly #ours = new Map<string, string>()
  readonly #revisions = new Map<string, string>()
  /** By the uid of the object and their stamp. */
  readonly #stamps = new Map<string, string>()

  /** A drawn name, or a uid, of theirs and of ours. */
  match(theirs: string, ours: string): boolean {
    if (theirs === ours) return true
    if (isUnused(theirs) || isUnused(ours)) return false
    const known = this.#ours.get(theirs)
    if (known !== undefined) return known === ours
    const stem = drawn.exec(theirs)?.[1]
    const isPair = uid.test(theirs) ? uid.test(ours) : stem !== undefined && drawn.exec(ours)?.[1] === stem
    if (isPair) this.#ours.set(theirs, ours)
    return isPair
  }

  /** Learns from an object that both have answered. */
  learn(theirs: unknown, ours: unknown): void {
    const a = (theirs as { readonly metadata?: Json } | undefined)?.metadata
    const b = (ours as { readonly metadata?: Json } | undefined)?.metadata
    if (a === undefined || b === undefined) return
    const pair = (field: string): readonly [string, string] | undefined =>
      typeof a[field] === "string" && typeof b[field] === "string" ? [a[field], b[field]] : undefined
    for (const field of ["uid", "name"]) {
      const both = pair(field)
      if (both !== undefined) this.match(...both)
    }
    const revision = pair("resourceVersion")
    if (revision !== undefined) this.#revisions.set(...revision)
    for (const field of ["creationTimestamp", "deletionTimestamp"]) {
      const both = pair(field)
      if (both !== undefined) this.#stamps.set(`${String(a["uid"])}/${both[0]}`, both[1])
    }
  }

  /** A text of theirs in our words. */
  text(theirs: string): string {
    const known = this.#ours.get(theirs)
    if (known !== undefined) return known
    for (const [name, own] of this.#ours) if (uid.test(name) && theirs.includes(name)) return theirs.replace(name, own)
    return theirs
  }

  path(theirs: string): string {
    const [path = "", query] = theirs.split("?")
    const own = path.split("/").map((part) => this.#ours.get(part) ?? part).join("/")
    return query === undefined ? own : `${own}?${query}`
  }

  /** A body of theirs in our words. */
  body(theirs: unknown): unknown {
    const of = (theirs as { readonly metadata?: Json } | null)?.metadata
    const owner = String(of?.["uid"] ?? "")
    const walk = (value: unknown, field: string): unknown => {
      if (Array.isArray(value)) return value.map((one) => walk(one, field))
      if (typeof value === "object" && value !== null) {
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [this.text(key), walk(one, key)]))
      }
      if (typeof value !== "string") return value
      if (field === "resourceVersion") return this.#revisions.get(value) ?? value
      if (stamp.test(value)) return this.#stamps.get(`${owner}/${value}`) ?? value
      return this.text(value)
    }
    return walk(theirs, "")
  }
}
