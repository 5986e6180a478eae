/**
 * One kind, followed: listed, then watched from that revision on. A watch that ends is opened again from where it
 * stood, without loss; where the server no longer knows that revision (410, as the answer or as an event), the kind is
 * listed anew, and what came between shows as the difference of two lists. Whatever fails is written, and tried again
 * after a pause that doubles. Every line but the header's has the recorder's clock.
 *
 *   listing ──LIST──▶ opening ──OPENED──▶ watching ──CLOSED──▶ opening …
 *      ▲                  │ 410                │ ERROR 410
 *      └──────────────────┴────────────────────┘          forbidden at the first list: the end
 */
import type { Readable } from "node:stream"
import { because, statusOf, type Cluster } from "#properties/harness/record/cluster.ts"
import { pathOf, type Kind } from "#properties/harness/record/kinds.ts"
import { linesOf, textOf } from "#properties/harness/record/lines.ts"
import { membersOf, onOneLine, revisionOf, stringOf } from "#properties/harness/record/raw.ts"
import type { Mark } from "#properties/harness/record/writer.ts"

export const page = 500 // defaultPageSize; client-go tools/pager/pager.go, v0.37
const request_ms = 120_000 // ASSUMED: twice --request-timeout of the API server, per page
const watch_s = 300 // minWatchTimeout; client-go tools/cache/reflector.go, v0.37: asked is x U(1, 2)
const overdue_ms = 30_000 // ASSUMED: a watch that lasts longer than it asked for is dead
const backoff_ms = 500 // ASSUMED: shorter than client-go's 800 ms: a recorder comes first to see what others did
const backoff_max_ms = 30_000 // client-go tools/cache/reflector.go, v0.37

export interface Surroundings {
  readonly cluster: Pick<Cluster, "get">
  readonly write: (mark: Mark, object?: ReadonlyArray<string>) => Promise<void> | undefined
  /** The recording is over. */
  readonly signal: AbortSignal
  readonly wait: (ms: number) => Promise<void>
  /** In [0, 1): so that not all watches end in the same second. */
  readonly chance: () => number
}

/** What is in a recording of one kind. */
export interface Tally {
  lists: number
  changes: number
  bookmarks: number
  /** Opened again from where it stood, and there was nothing lost. */
  resumed: number
  failures: number
  isOpen: boolean
  /** Why it fails now, or was given up; undefined: it is watched. */
  trouble: string | undefined
}

interface Watching {
  readonly type: "watching"
  readonly from: string
  readonly isResumed: boolean
  readonly body: Readable
}
type State = { readonly type: "listing" } | { readonly type: "opening"; readonly from: string } | Watching |
  { readonly type: "over" }

const listing: State = { type: "listing" }
const over: State = { type: "over" }

/** The pages of a list as one. Members beside the items are the first page's, without what asks for the next. */
const joined = (pages: ReadonlyArray<ReadonlyMap<string, string>>): ReadonlyArray<string> => {
  const first = pages[0]!
  const metadata = [...membersOf(first.get("metadata") ?? "{}") ?? []]
    .filter(([name]) => name !== "continue" && name !== "remainingItemCount")
  const texts = [...first].filter(([name]) => name !== "items").map(([name, raw]) => {
    const text = name === "metadata" ? `{${metadata.map(([key, one]) => `"${key}":${one}`).join()}}` : raw
    return `${JSON.stringify(name)}:${text}`
  })
  const items = pages.map((one) => (one.get("items") ?? "null").replace(/^\[\s*|\s*\]$/g, ""))
    .filter((text) => text !== "" && text !== "null")
  const pieces = items.flatMap((text, i) => i === 0 ? [onOneLine(text)] : [",", onOneLine(text)])
  return [`{${onOneLine(texts.join())},"items":[`, ...pieces, "]}"]
}

export class Watch {
  readonly tally: Tally = {
    lists: 0, changes: 0, bookmarks: 0, resumed: 0, failures: 0, isOpen: false,
    trouble: undefined
  }
  readonly kind: Kind
  readonly #around: Surroundings
  #failuresInARow = 0
  #isFirstSinceList = true

  constructor(kind: Kind, around: Surroundings) {
    this.kind = kind
    this.#around = around
  }

  /** Returns when the recording is over, or when the kind is forbidden. */
  async run(): Promise<void> {
    let state = listing
    while (state.type !== "over" && !this.#around.signal.aborted) {
      try {
        state = await this.#step(state)
      } catch (error) {
        // A connection that could not be made, or broke before its answer was there.
        if (this.#around.signal.aborted) return
        await this.#failed({ why: because(error) })
      }
    }
  }

  #step(state: State): Promise<State> {
    switch (state.type) {
      case "listing": return this.#list()
      case "opening": return this.#open(state.from)
      case "watching": return this.#listen(state)
      case "over": return Promise.resolve(state)
    }
  }

  async #list(): Promise<State> {
    const pages: Array<ReadonlyMap<string, string>> = []
    for (let next: string | undefined = ""; next !== undefined;) {
      const more = next === "" ? "" : `&continue=${encodeURIComponent(next)}`
      const { body, code, wait_ms } = await this.#get(`?limit=${page}${more}`, request_ms)
      const text = await textOf(body)
      const members = code === 200 ? membersOf(text) : undefined
      if (members === undefined) {
        // A page whose snapshot is compacted: from the first page again.
        const why = code === 200 ? "the list is cut off" : statusOf(code, text)
        const isGivenUp = code === 403 && this.tally.lists === 0
        await this.#failed({ why, code }, isGivenUp ? 0 : wait_ms)
        return isGivenUp ? over : listing
      }
      pages.push(members)
      next = stringOf(membersOf(members.get("metadata") ?? ""), "continue") || undefined
    }
    const from = stringOf(membersOf(pages[0]!.get("metadata") ?? ""), "resourceVersion")
    if (from === undefined) {
      await this.#failed({ why: "the list has no resourceVersion", code: 200 })
      return listing
    }
    this.tally.lists++
    this.#isFirstSinceList = true
    await this.#write({ type: "LIST" }, joined(pages))
    return { type: "opening", from }
  }

  async #open(from: string): Promise<State> {
    const timeout_s = Math.round(watch_s * (1 + this.#around.chance()))
    const query = `?watch=true&allowWatchBookmarks=true&resourceVersion=${from}&timeoutSeconds=${timeout_s}`
    const { body, code, wait_ms } = await this.#get(query, timeout_s * 1_000 + overdue_ms)
    if (code === 200) {
      const isResumed = !this.#isFirstSinceList
      this.#isFirstSinceList = false
      this.tally.trouble = undefined
      await this.#write({ type: "OPENED", resourceVersion: from, code })
      this.tally.isOpen = true
      return { type: "watching", from, isResumed, body }
    }
    const why = statusOf(code, await textOf(body))
    if (code !== 410) {
      await this.#failed({ resourceVersion: from, why, code }, wait_ms)
      return { type: "opening", from }
    }
    await this.#failed({ resourceVersion: from, why, code }, 0)
    return this.#tooOld()
  }

  async #listen({ body, from: begin, isResumed }: Watching): Promise<State> {
    let from = begin
    let isTooOld = false
    let heard = 0
    let why = "end"
    try {
      for await (const line of linesOf(body)) {
        if (line.trim() === "") continue
        const event = membersOf(line)
        const type = stringOf(event, "type")
        const object = event?.get("object")
        if (type === undefined || object === undefined) {
          why = `a line that is no event: ${line.slice(0, 100)}`
          break
        }
        await this.#write({ type }, [onOneLine(object)])
        if (type === "ERROR") {
          isTooOld = membersOf(object)?.get("code") === "410"
          why = isTooOld ? why : `error: ${statusOf(Number(membersOf(object)?.get("code")), object)}`
          break
        }
        from = revisionOf(object) ?? from
        this.#failuresInARow = 0
        heard++
        if (type === "BOOKMARK") this.tally.bookmarks++
        else this.tally.changes++
      }
    } catch (error) {
      why = because(error)
    }
    body.destroy()
    this.tally.isOpen = false
    if (isResumed && !isTooOld) this.tally.resumed++
    if (this.#around.signal.aborted) return over
    await this.#write({ type: "CLOSED", resourceVersion: from, why })
    if (isTooOld) return this.#tooOld()
    // One that said nothing at all, or broke, is opened again after a pause; else servers would be pressed.
    if (heard === 0 || why !== "end") await this.#pause(undefined)
    return { type: "opening", from }
  }

  #get(query: string, within_ms: number): ReturnType<Cluster["get"]> {
    const signal = AbortSignal.any([this.#around.signal, AbortSignal.timeout(within_ms)])
    return this.#around.cluster.get(pathOf(this.kind) + query, signal)
  }

  async #write(mark: Mark, object?: ReadonlyArray<string>): Promise<void> {
    await this.#around.write({ resource: this.kind.resource, ...mark }, object)
  }

  /** `wait_ms`: what the server asks for; 0: no pause. */
  async #failed(mark: Mark & { readonly why: string }, wait_ms?: number): Promise<void> {
    this.tally.failures++
    this.tally.trouble = mark.why
    await this.#write({ type: "FAILED", ...mark })
    if (wait_ms !== 0) await this.#pause(wait_ms)
  }

  /** Listed anew at once; one after the other without an event in between are failures like others. */
  async #tooOld(): Promise<State> {
    if (this.#failuresInARow === 0) this.#failuresInARow = 1
    else await this.#pause(undefined)
    return listing
  }

  async #pause(asked_ms: number | undefined): Promise<void> {
    const own_ms = Math.min(backoff_max_ms, backoff_ms * 2 ** this.#failuresInARow++)
    await this.#around.wait(Math.max(own_ms, asked_ms ?? 0))
  }
}
