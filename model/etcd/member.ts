/**
 * etcd.member: the life of one member's data.
 *
 * States: down, running, failed, dataLost (initial: down).
 * Time:   none.
 * Errors: a failed write or fsync ends the process (`wal.failed`, then it must crash); lost or damaged data bars the
 *         member for ever, since it forgot its promises: only a change of membership, not here yet, can replace it.
 * Source: etcd-io/etcd server/storage/wal (repair.go, wal.go), server/etcdserver/bootstrap.go, v3.8.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"

export interface Context {
  /** Whether its data directory was made, as far as the trace tells. */
  readonly isMember: boolean
  readonly isBarred: boolean
  /** It left a torn end of its log out, and replays the rest. */
  readonly isTorn: boolean
  /** It does not know what its disk holds: it crashes, and is not there to be stopped. */
  readonly hasFailed: boolean
  readonly records: number
}
export type Event = Judged<EventOf<"member" | "wal" | "process">>
type Of<Type extends Event["type"]> = Extract<Event, { readonly type: Type }>
interface Args { readonly context: Context; readonly event: Event }
const as = <Type extends Event["type"]>(_type: Type, event: Event): Of<Type> => event as Of<Type>

const machine = setup({
  types: { context: {} as Context, events: {} as Event },
  guards: {
    /** A disk may be lost before the member has said a word to anybody. */
    isNew: ({ context, event }: Args) => {
      const { isUnknownToPeers, members } = as("member.bootstrapped", event)
      const { isBarred, isMember, isTorn } = context
      return (!isMember || isUnknownToPeers) && !isBarred && !isTorn && members.includes(event.actor)
    },
    /** The directory may have been made by a process that crashed before it could say so: then it is empty. */
    hasData: ({ context, event }: Args) => {
      const { lastIndex, records } = as("member.recovered", event)
      return !context.isBarred && records >= context.records && (context.isMember || lastIndex === 0)
    },
    /** Only what was never durable can be torn, and nobody was told of that. A first start may leave nothing else. */
    isTornEnd: ({ context, event }: Args) => {
      const { cut, records } = as("wal.truncated", event)
      return !context.isBarred && !context.isTorn && cut >= 1 && records >= context.records
    },
    isWhole: ({ context }: Args) => !context.isTorn,
    isThere: ({ context }: Args) => !context.hasFailed
  },
  actions: {
    join: assign(() => ({ isMember: true, records: 1 })),
    recover: assign(({ event }) => ({ isMember: true, records: as("member.recovered", event).records })),
    bar: assign(() => ({ isBarred: true })),
    tear: assign(() => ({ isTorn: true })),
    fail: assign(() => ({ hasFailed: true })),
    end: assign(() => ({ isTorn: false, hasFailed: false }))
  }
})

const fails = { target: "failed", actions: "fail" } as const

export const chart = machine.createMachine({
  id: "etcd.member",
  context: { isMember: false, isBarred: false, isTorn: false, hasFailed: false, records: 0 },
  initial: "down",
  on: {
    "process.crashed": { target: ".down", actions: "end" },
    "process.stopped": { guard: "isThere", target: ".down", actions: "end" }
  },
  states: {
    down: {
      description: "Not running, or reading its log.",
      on: {
        "wal.truncated": { guard: "isTornEnd", actions: "tear" },
        "member.bootstrapped": { guard: "isNew", target: "running", actions: "join" },
        "member.recovered": { guard: "hasData", target: "running", actions: "recover" },
        "member.dataLost": { guard: "isWhole", target: "dataLost", actions: "bar" },
        "wal.failed": fails
      }
    },
    running: {
      description: "Takes part in raft and serves clients.",
      on: { "wal.failed": fails }
    },
    failed: { description: "Does not know what its disk holds: says and sends nothing more, and ends." },
    dataLost: { description: "Forgot its promises: stays out until it is replaced." }
  }
})
