/**
 * What is said of each promise and each chart once a file has been judged: how often its premise came true, whether it
 * held, or for lack of what nobody can tell.
 */
import { epoch_ms } from "#model/limits.ts"
import type { Line } from "#model/events.ts"
import { type Need, sources } from "#properties/hearing.ts"
import type { Streams } from "#properties/harness/judge/input/streams.ts"
import type { Broken } from "#properties/harness/run/monitors.ts"

export interface Breach {
  readonly kind: "safety" | "liveness" | "conformance" | "crash"
  /** RFC 3339. */
  readonly at: string
  /** "pods default/web-1"; absent of what broke at the end. */
  readonly object?: string
  readonly revision?: number
  /** "FILE:LINE" of what came. */
  readonly where?: string
  readonly seq?: number
  readonly message: string
}

export interface Verdict {
  readonly name: string
  /** Charts judge every step; always and leadsTo while it lasts, eventually at rest. */
  readonly kind: "chart" | "always" | "leadsTo" | "eventually"
  readonly invariants: ReadonlyArray<number>
  /** How often its premise came true; of a chart, the steps that it judged. */
  readonly times: number
  readonly verdict: "held" | "broken" | "not judged"
  readonly breach?: Breach
  /** Why it is not judged. */
  readonly lacks?: string
}

export const stampOf = (at_ms: number): string => new Date(epoch_ms + at_ms).toISOString()

/** What watches promise by themselves; undefined: no recording is among the files. */
export const ofStreams = (streams: ReadonlyArray<Streams>): ReadonlyArray<Verdict> => {
  if (streams.length === 0) return []
  const found = streams.map(({ breach }) => breach).find((breach) => breach !== undefined)
  const times = streams.reduce((sum, one) => sum + one.times, 0)
  const about = { name: "a watch tells each change once, in order, and of whom it has told", kind: "always",
    invariants: [3, 4, 27], times } as const
  if (found === undefined) return [{ ...about, verdict: "held" }]
  const { at_ms, ...breach } = found
  return [{ ...about, verdict: "broken", breach: { kind: "safety", at: stampOf(at_ms), ...breach } }]
}

/** "pods default/web-1" of a line about a committed object. */
const objectOf = ({ event }: Line): { readonly object: string; readonly revision: number } | undefined => {
  if (!("key" in event) || !("resource" in event) || !("revision" in event)) return undefined
  const { key, resource, revision } = event
  return { object: `${resource} ${String(key).slice(`/registry/${resource}/`.length)}`, revision: Number(revision) }
}

export const breachOf = (
  { at_ms, kind, line, message }: Pick<Broken, "kind" | "message" | "at_ms" | "line">, where: string | undefined
): Breach => ({
  kind, at: stampOf(at_ms), ...(line === undefined ? {} : objectOf(line)),
  ...(where === undefined || where === "" ? {} : { where }), ...(line === undefined ? {} : { seq: line.seq }), message
})

const order = Object.keys(sources)
/** Of what is lacking what others are least likely to have: the one reason that is given. "changes of jobs". */
export const lackOf = (needs: ReadonlyArray<Need>): string => {
  const [last] = needs.toSorted((a, b) => order.indexOf(b) - order.indexOf(a))
  return last === undefined ? "lines that tell of it"
    : last in sources ? sources[last as keyof typeof sources] : `changes of ${last}`
}
