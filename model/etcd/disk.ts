/**
 * etcd.disk: what of raft's log is on a member's disk. Part of model/etcd.ts.
 *
 * States: unread, read (initial: unread).
 * Time:   none: a sync takes as long as the disk does.
 * Errors: a crash or stop is `process.crashed` or `process.stopped` of the machine; the next start reads anew.
 * Source: etcd-io/etcd server/storage/wal, v3.8; raft §5.3: a follower overwrites what conflicts with its leader's log.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { typed } from "#model/typed.ts"

type Persisted = Extract<EventOf<"entry">, { readonly type: "entry.persisted" }>
export interface Context {
  /** The last entry, and its term. */
  readonly last: number
  readonly lastTerm: number
  /** The term in which it was accepted in this incarnation; 0: what is there was found there. */
  readonly acceptedIn: number
}
export type Event = Judged<Persisted | EventOf<"process">>
interface Args { readonly context: Context; readonly event: Event }

const { take, when } = typed<Context, Event>()

const acceptedIn = ({ inTerm, term }: Persisted): number => inTerm ?? term
const isStretch = (event: Persisted): boolean =>
  event.from <= event.to && event.term >= 1 && acceptedIn(event) >= event.term
const follows = ({ context, event }: Args): boolean =>
  event.type === "entry.persisted" && isStretch(event) && event.from === context.last + 1

const machine = setup({
  types: { context: {} as Context, events: {} as Event, input: {} as object | undefined },
  guards: {
    isFirst: when("entry.persisted", (_context, event) => isStretch(event) && event.from === 1),
    /** Stretch by stretch, each of a later term. */
    isFound: (args: Args) => follows(args) && args.event.type === "entry.persisted" && args.event.found === true &&
      args.context.acceptedIn === 0 && args.event.term > args.context.lastTerm,
    isNext: (args: Args) => follows(args) && args.event.type === "entry.persisted" && args.event.found !== true &&
      acceptedIn(args.event) >= args.context.acceptedIn,
    /** A leader never takes back what it has sent: only one of a later term overwrites. */
    isConflict: when("entry.persisted", (context, event) => isStretch(event) && event.found !== true &&
      event.from <= context.last && acceptedIn(event) > context.acceptedIn)
  },
  actions: {
    hold: assign(take("entry.persisted", (_context, event) => ({
      last: event.to, lastTerm: event.term, acceptedIn: event.found === true ? 0 : acceptedIn(event)
    }))),
    forget: assign({ last: 0, lastTerm: 0, acceptedIn: 0 })
  }
})

const ended = {
  "process.crashed": { target: "unread", actions: "forget" },
  "process.stopped": { target: "unread", actions: "forget" }
} as const

export const chart = machine.createMachine({
  id: "etcd.disk",
  context: { last: 0, lastTerm: 0, acceptedIn: 0 },
  initial: "unread",
  states: {
    unread: {
      description: "Nobody has said what is there.",
      on: { ...ended, "entry.persisted": { guard: "isFirst", target: "read", actions: "hold" } }
    },
    read: {
      description: "What is there is known, and grows.",
      on: {
        ...ended,
        "entry.persisted": [
          { guard: "isFound", actions: "hold" },
          { guard: "isNext", actions: "hold" },
          { guard: "isConflict", actions: "hold" }
        ]
      }
    }
  }
})
