/**
 * What Kubernetes promises, as sentences that hear the history line by line.
 *
 * always: false at one line breaks it.  leadsTo: a premise opens an obligation that must close within its bound once
 * faults have stopped.  eventually: holds at rest, and stays.  sometimes: some run of the campaign reaches it.
 * A monitor answers in O(1) amortised, knows nothing of impl/, and is made anew for each run. Each hears some hundreds
 * of lines before the next one does (harness/monitors.ts); they share the history, which answers as of a line.
 */
import type { Line } from "#model/events.ts"
import type { InvariantNumber } from "#model/invariants.ts"
import type { Need } from "#properties/hearing.ts"
import { History } from "#properties/history.ts"

/** Numbers in the catalogue, model/invariants.ts; none for a guarantee of our own. */
export type Invariants = ReadonlyArray<InvariantNumber>

interface Named {
  /** The guarantee, one sentence that is false when it fails. */
  readonly name: string
  readonly invariants: Invariants
  /**
   * The events that the monitor wants, by the beginning of their type ("object.", "podGc.chosen"); committed changes
   * also by their kind ("pods.", "nodes.updated"). Absent: every line.
   * A hundred monitors that hear everything cost more than the run: name them.
   */
  readonly hears?: ReadonlyArray<string>
  /** What it must hear to be judged, where `hears` does not say it (hearing.ts): it does without what only excuses. */
  readonly needs?: ReadonlyArray<Need>
  /** Holds only where code takes no time, or of how Plimsoll is built: never judged on foreign lines. */
  readonly isOurs?: true
}

/**
 * What a monitor says of a line. A text: what broke, with the values that show it. A number: so often its premise came
 * true, and what is promised held. Undefined: the line does not concern it, or it does not count.
 */
export type Said = string | number | undefined
/** The premise came true, and it held. */
export const kept = 1

/** What a monitor could not decide, in words: from then on nothing is claimed, and the run does not count as held. */
export type GiveUp = (what: string) => void
/** A monitor for one run. The history is as of the line that the monitor hears, or as of the last one. */
type Make<Monitor> = (history: History, giveUp?: GiveUp) => Monitor

export type Always = Named & { readonly kind: "always"; readonly make: Make<(line: Line) => Said> }

export interface Obligation {
  readonly entity: string
  /** World time at which the premise came true. */
  readonly since_ms: number
  /** Bound, counted from the later of `since_ms` and the healing. */
  readonly within_ms: number
  /** The line at which the premise came true, and who owes it: `show --why` begins there. */
  readonly seq?: number
  readonly by?: string
}
/** `line` is absent: the history is enough. It may say how many obligations it opened. */
export type LeadsTo = Named & {
  readonly kind: "leadsTo"
  /** Judged in the core phase too, where part of the cluster is still broken: counted from the core's healing. */
  readonly inCore?: true
  readonly make: Make<{ readonly line?: (line: Line) => number | void; readonly open: () => Iterable<Obligation> }>
}
/** `holds` is asked at rest: what is wrong, or of how many it holds. */
export type Eventually = Named & {
  readonly kind: "eventually"
  readonly make: Make<{ readonly line?: (line: Line) => void; readonly holds: () => Said }>
}
/** True at a line that reaches it. */
export type Sometimes = Named & { readonly kind: "sometimes"; readonly make: Make<(line: Line) => boolean> }

export type Property = Always | LeadsTo | Eventually | Sometimes

/** One promise alone hears line by line: for tests. */
export const alone = ({ make }: Always): (line: Line) => string | undefined => {
  const history = new History()
  const hear = make(history)
  return (line) => {
    history.settle()
    history.hear(line)
    const said = hear(line)
    return typeof said === "string" ? said : undefined
  }
}

type Hears = ReadonlyArray<string>
const named = (name: string, invariants: Invariants, hears: Hears | undefined): Named =>
  hears === undefined ? { name, invariants } : { name, invariants, hears }

export const always = (
  name: string, invariants: Invariants, make: Always["make"], hears?: Hears
): Always => ({ kind: "always", ...named(name, invariants, hears), make })
export const leadsTo = (
  name: string, invariants: Invariants, make: LeadsTo["make"], hears?: Hears, inCore?: true
): LeadsTo => ({ kind: "leadsTo", ...named(name, invariants, hears), make, ...(inCore === true ? { inCore } : {}) })
export const eventually = (
  name: string, invariants: Invariants, make: Eventually["make"], hears?: Hears
): Eventually => ({ kind: "eventually", ...named(name, invariants, hears), make })
export const sometimes = (name: string, make: Sometimes["make"], hears?: Hears): Sometimes =>
  ({ kind: "sometimes", ...named(name, [], hears), make })

/** The same promise, with what it must hear to be judged. */
export const needing = <P extends Property>(needs: ReadonlyArray<Need>, property: P): P => ({ ...property, needs })
/** The same promise, held of Plimsoll's own lines alone. */
export const ours = <P extends Property>(property: P): P => ({ ...property, isOurs: true })
