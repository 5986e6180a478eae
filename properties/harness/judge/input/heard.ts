/**
 * input/heard: what files say of a cluster, whatever their form: the readers (own, recording, watch, audit) speak this,
 * order.ts puts it in order, course.ts makes lines of it.
 */
import type { Line } from "#model/events.ts"
import type { Streams } from "#properties/harness/judge/input/streams.ts"

/** An object as somebody else's API server wrote it. */
export interface ForeignObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion: string
  }
}

/** Where in its file it stands, for messages: "FILE:LINE". */
interface Placed {
  /** World time (0 is model/limits' epoch) at which it arrived. */
  readonly at_ms: number
  readonly where: string
}
/** One committed change. */
export type Change = Placed & {
  readonly what: "change"
  readonly type: "created" | "updated" | "deleted"
  readonly resource: string
  /** Of a removal that nobody gave a revision: that of what came before it; it lies behind that one. */
  readonly revision: number
  readonly object: ForeignObject
  /** Others may have come before it, to this object: it is a sight, not a step. */
  readonly isAfterHole?: true
  /** It was there before the file began, and so may others of its kind be. */
  readonly isLatecomer?: true
}
/** All objects of a kind as of a revision: where its watch began, or where it began anew after a gap. */
export type Listed = Placed & {
  readonly what: "listed"
  readonly resource: string
  readonly revision: number
  readonly objects: ReadonlyArray<ForeignObject>
}
/** A watch stands, and goes on after that revision without loss. */
export type Opened = Placed & { readonly what: "opened"; readonly resource: string; readonly revision: number }
/** Everything of that kind up to the revision has been told. */
export type Passed = Placed & { readonly what: "passed"; readonly resource: string; readonly revision: number }
/** The watch is closed: it may go on where it stood, or begin anew. */
export type Closed = Placed & { readonly what: "closed"; readonly resource: string }
/** What follows upon that revision of a kind is lost, until its objects are listed anew. For good: they never are. */
export type Gap = Placed & { readonly what: "gap"; readonly resource: string; readonly revision: number
  readonly why: string; readonly isForGood?: true }
/** Something was done to the cluster: what must come true in time is counted from its end. */
export type Disturbed = Placed & { readonly what: "disturbed"; readonly why: string }
/** A line of another source than the store, made by a reader: its seq is given later. */
export type Told = Placed & { readonly what: "told"; readonly line: Omit<Line, "seq">; readonly revision: number }

/** What comes next is older than what has been judged: nothing is concluded over this point. */
export type Straggled = Placed & { readonly what: "straggled"; readonly why: string }
/** Time went by. */
export type Ticked = Placed & { readonly what: "ticked" }

export type Heard = Change | Listed | Opened | Passed | Closed | Gap | Disturbed | Told | Straggled | Ticked

export const revisionOf = ({ metadata }: ForeignObject): number => Number(metadata.resourceVersion)

/** What is wrong with a file, in a sentence that says where. */
export class BadInputFile extends Error {}

/** What a reader tells beside what it heard. */
export interface Facts {
  /** What the header of a recording says: flags that differ from the defaults, by component. */
  flags: Readonly<Record<string, unknown>>
  /** Whether arrivals are known. */
  hasTimes: boolean
  /** Whether every version of an object is told. */
  hasVersions: boolean
  /** Sources beside committed objects. */
  readonly sources: Set<string>
  /** Sentences for the user: a cut line, what counts as not heard. */
  readonly notes: Array<string>
  /** Of each recording, what its watches promise by themselves. */
  readonly streams: Array<Streams>
}
