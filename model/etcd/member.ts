/**
 * etcd.member: the life of one member's data.
 *
 * States: down, torn, running, failed, dataLost (initial: down).
 * Time:   none.
 * Errors: a failed write or fsync ends the process (`wal.failed`, then it must crash); lost or damaged data bars the
 *         member for ever, since it forgot its promises: only a change of membership, not here yet, can replace it.
 * Source: etcd-io/etcd server/storage/wal (repair.go, wal.go), server/etcdserver/bootstrap.go, v3.8.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { typed } from "#model/typed.ts"

export interface Context {
  /**
   * What its log must hold for it to take part. 0: its data directory was never made, as far as the trace tells.
   * Infinity: more than any log can hold, for it forgot its promises.
   */
  readonly records_min: number
}
export type Event = Judged<EventOf<"member" | "wal" | "process">>

const { take, when } = typed<Context, Event>()

const machine = setup({
  types: { context: {} as Context, events: {} as Event },
  guards: {
    /** A disk may be lost before the member has said a word to anybody. */
    isNew: when("member.bootstrapped", ({ records_min }, { actor, isUnknownToPeers, members }) =>
      (records_min === 0 || (isUnknownToPeers && records_min < Infinity)) && members.includes(actor)),
    /** The directory may have been made by a process that crashed before it could say so: then it is empty. */
    hasData: when("member.recovered", ({ records_min }, { lastIndex, records }) =>
      records >= records_min && (records_min > 0 || lastIndex === 0)),
    /** Only what was never durable can be torn, and nobody was told of that. A first start may leave nothing else. */
    isTornEnd: when("wal.truncated", ({ records_min }, { cut, records }) => cut >= 1 && records >= records_min)
  },
  actions: {
    join: assign({ records_min: 1 }),
    recover: assign(take("member.recovered", (_context, { records }) => ({ records_min: records }))),
    bar: assign({ records_min: Infinity })
  }
})

const crashed = { "process.crashed": { target: "down" } } as const
const ended = { ...crashed, "process.stopped": { target: "down" } } as const
const fails = { "wal.failed": { target: "failed" } } as const
const recovers = { "member.recovered": { guard: "hasData", target: "running", actions: "recover" } } as const

export const chart = machine.createMachine({
  id: "etcd.member",
  context: { records_min: 0 },
  initial: "down",
  states: {
    down: {
      description: "Not running, or reading its log.",
      on: {
        ...ended, ...fails, ...recovers,
        "wal.truncated": { guard: "isTornEnd", target: "torn" },
        "member.bootstrapped": { guard: "isNew", target: "running", actions: "join" },
        "member.dataLost": { target: "dataLost", actions: "bar" }
      }
    },
    torn: {
      description: "Left a torn end of its log out, and replays the rest.",
      on: { ...ended, ...fails, ...recovers }
    },
    running: {
      description: "Takes part in raft and serves clients.",
      on: { ...ended, ...fails }
    },
    failed: {
      description: "Does not know what its disk holds: says and sends nothing more, and crashes; nobody can stop it.",
      on: crashed
    },
    dataLost: {
      description: "Forgot its promises: stays out until it is replaced.",
      on: ended
    }
  }
})
