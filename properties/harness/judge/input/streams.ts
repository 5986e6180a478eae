/**
 * input/streams: what a watch promises by itself, as it arrives: revisions rise, each change is told once, and who is
 * told of was listed or added before and has not been deleted since. Judged before anything is put in order.
 * Source: apiserver storage/cacher (dispatch in order of revisions, watch from a resourceVersion), v1.36; 3, 4, 27.
 */
import { type Heard, revisionOf } from "#properties/harness/judge/input/heard.ts"

export interface StreamBreach {
  readonly at_ms: number
  readonly where: string
  readonly object: string
  readonly revision: number
  readonly message: string
}

interface Stream {
  revision: number
  /** Who is there; undefined: it was never listed, so nobody knows. */
  present: Set<string> | undefined
}

export class Streams {
  readonly #streams = new Map<string, Stream>()
  /** Changes that were judged. */
  times = 0
  breach: StreamBreach | undefined

  hear(heard: Heard): void {
    if (!("resource" in heard)) return
    let stream = this.#streams.get(heard.resource)
    if (stream === undefined) this.#streams.set(heard.resource, stream = { revision: 0, present: undefined })
    if (heard.what === "listed") {
      stream.revision = heard.revision
      stream.present = new Set(heard.objects.map(({ metadata }) => metadata.uid))
    } else if (heard.what === "opened") {
      // From where it was asked for: what was told may be told again.
      if (heard.revision > 0) stream.revision = Math.min(stream.revision, heard.revision)
    } else if (heard.what === "gap") stream.present = undefined
    else if (heard.what === "change") this.#change(heard, stream)
  }

  #change(heard: Extract<Heard, { readonly what: "change" }>, stream: Stream): void {
    this.times++
    const { at_ms, object, resource, revision, type, where } = heard
    const { name, namespace, uid } = object.metadata
    const wrong = revision <= stream.revision ? `it is told after revision ${stream.revision} of its kind`
      : stream.present === undefined ? undefined
        : type === "created" ? stream.present.has(uid) ? "it is added, and was there" : undefined
          : stream.present.has(uid) ? undefined : `it is ${type}, and was never added`
    stream.revision = Math.max(stream.revision, revisionOf(object))
    if (type === "deleted") stream.present?.delete(uid)
    else stream.present?.add(uid)
    if (wrong === undefined) return
    this.breach ??= { at_ms, where, revision, message: wrong,
      object: `${resource} ${namespace === undefined ? "" : `${namespace}/`}${name}` }
  }
}
