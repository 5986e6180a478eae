/**
 * What a scope of the exhaustive search is made of. A scope is data: charts as components, channels between them, an
 * alphabet of event values, a budget of faults, and what is promised. The search derives everything from it.
 *
 * Time. Every component lives at its own "now", which is 0: what it remembers lies in the past (negative) or is a
 * deadline ahead (positive). Time passes by the scope's ticks, for all components at once, unless one of them is
 * urgent; or, for a component whose clock is independent, by `after_ms` of what it does.
 *
 * Bounds. What would leave a bound (`within`, a channel's capacity) is cut and counted, never saturated.
 */
import type { AnyStateMachine } from "xstate"
import type { StateValue } from "#model/events.ts"

/** An event as a chart receives it, without the envelope, which the search adds. */
export interface EventValue {
  readonly type: string
  readonly [field: string]: unknown
}

/** A component as others may see it: its chart's state and what it remembers, rebased to now. */
export interface View {
  readonly state: StateValue
  readonly context: any
}

/** Something that a component does by itself: a decision, a timeout, something that the world does to it. */
export interface Deed {
  readonly event: EventValue
  /** Weakly fair (the default): it does not stay possible for ever without being done. */
  readonly fair?: boolean
  /** By the component's own clock, since its last event: give values on both sides of each limit. */
  readonly after_ms?: number
  /** Only then. For what parts of one process know of each other, and for a timeout that is longer than any delay. */
  readonly if?: (at: At) => boolean
}

export interface Component {
  readonly chart: AnyStateMachine
  readonly limits?: object
  /** The envelope's, where guards compare them. By default the component's name. */
  readonly actor?: string
  readonly entity?: string
  /** What brought it where the search begins. */
  readonly begins?: ReadonlyArray<EventValue>
  readonly does?: (view: View) => ReadonlyArray<Deed>
  /** Fields of the context that hold an instant of the component's clock. Undefined and infinite ones stay. */
  readonly instants?: ReadonlyArray<string>
  /** Instants further back than this are the same; it must exceed the largest limit of the chart. */
  readonly horizon_ms?: number
  /** Forgets what no guard looks at and sorts interchangeable names. */
  readonly canonical?: (context: any, state: StateValue) => any
  /** False cuts the step that leads there. */
  readonly within?: (view: View) => boolean
  /** True: something is due now, and time does not pass before it is done. */
  readonly urgent?: (view: View) => boolean
}

/** A step that a component took, for channels to say what it sends. */
export interface Step {
  readonly event: EventValue
  readonly before: View
  readonly after: View
  readonly emitted: ReadonlyArray<any>
}

export interface Channel {
  readonly from: string
  readonly to: string
  /**
   * datagram: delivered in any order. stream: in order; emptied when one of its ends crashes.
   * joint: no message but one step of both; where `to` refuses its part, `from` cannot do its own, unless `refused`
   * says that the part is dropped.
   */
  readonly kind: "datagram" | "stream" | "joint"
  /** By the type of the event that `from` takes: the events that `to` is given. */
  readonly sends: Readonly<Record<string, (step: Step) => EventValue | ReadonlyArray<EventValue> | undefined>>
  /** Messages that may be under way; one more is cut, */
  readonly capacity?: number
  /** or dropped, where the sender's real queue has a bound and drops what it cannot hold. */
  readonly full?: "cut" | "dropped"
  /** Messages may be lost, within the budget of losses. */
  readonly lossy?: boolean
  /** What becomes of a message that the chart of `to` refuses: it is dropped (the default), stays, or is answered. */
  readonly refused?: "dropped" | "kept" | Answer
}
/** A refusal that goes back through another channel. */
export interface Answer {
  readonly through: string
  readonly with: (message: EventValue) => EventValue | undefined
}

/** Components that crash together, and how often in all. */
export interface CrashBudget {
  readonly of: ReadonlyArray<string>
  readonly times: number
  /** What reaches the next incarnation first, put on channels in this order: what its informers list. */
  readonly then?: (at: At) => ReadonlyArray<{ readonly through: string; readonly message: EventValue }>
}

/** The whole state, for those who may look at it. */
export interface At {
  (component: string): View
  /** Messages under way on a channel. */
  readonly underWay: (channel: string) => number
}

export interface Scope {
  readonly name: string
  /** One sentence: what is searched. */
  readonly says: string
  readonly components: Readonly<Record<string, Component>>
  readonly channels: Readonly<Record<string, Channel>>
  readonly ticks_ms?: ReadonlyArray<number>
  readonly faults?: {
    readonly losses?: number
    readonly duplicates?: number
    readonly crashes?: Readonly<Record<string, CrashBudget>>
  }
  /** Sentences that are true of every reachable state. */
  readonly always: Readonly<Record<string, (at: At) => boolean>>
  /** Sentences that some reachable state makes true: a search in which nothing happens proves nothing. */
  readonly sometimes?: Readonly<Record<string, (at: At) => boolean>>
  /** Under weak fairness, wherever `from` holds, `to` comes to hold. */
  readonly leadsTo?: Readonly<Record<string, { readonly from: (at: At) => boolean; readonly to: (at: At) => boolean }>>
}
