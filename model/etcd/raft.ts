/**
 * etcd.raft: the role of one member, and what it may have promised.
 *
 * States: down, follower, preCandidate, candidate, leader (initial: down).
 * Time:   an election starts, and check-quorum deposes, no earlier than electionTimeout_ms after the last line that
 *         restarts that clock (heartbeats restart it too but make no line, so this is a lower bound).
 * Errors: a crash or stop is `process.crashed` or `process.stopped` of the machine; what was promised survives it.
 * Source: ../reference/kubernetes.md 2.3 and 12.1; etcd-io/raft raft.go; Ongaro's thesis 3.4-3.6, 6.4, 9.6.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import * as limits from "#model/limits/etcd.ts"
import { typed } from "#model/typed.ts"

type Chosen = Pick<typeof limits, "electionTimeout_ms">
export interface Context {
  readonly limits: Chosen
  readonly term: number
  /** "" for none in this term. */
  readonly vote: string
  /** The leader that this member followed in this term; "" while none is known. */
  readonly leader: string
  readonly members: number
  /** What was applied since the start, and the highest index that this member ever applied. */
  readonly applied: number
  readonly appliedTerm: number
  readonly appliedEver: number
  readonly revision: number
  readonly quietSince_ms: number
}

export type Event = Judged<EventOf<"raft" | "vote" | "entry"> | EventOf<"process">>
interface Args { readonly context: Context; readonly event: Event }

const { take, when } = typed<Context, Event>()

const isMajority = (voters: ReadonlyArray<string>, context: Context): boolean =>
  new Set(voters).size === voters.length && voters.length * 2 > context.members

const hasBeenQuiet = ({ context, event }: Args): boolean =>
  event.clock_ms - context.quietSince_ms >= context.limits.electionTimeout_ms
const isCurrentTerm = ({ context, event }: Args): boolean => "term" in event && event.term === context.term

const machine = setup({
  types: {
    context: {} as Context, events: {} as Event, input: {} as { readonly limits?: Partial<Chosen> } | undefined
  },
  guards: {
    /** Term, vote and entries that it acted upon are still there. */
    keptItsPromises: when("raft.recovered", (context, event) => {
      const { applied, appliedTerm, lastIndex, members, revision, term, vote } = event
      return term >= context.term && (term > context.term || context.vote === "" || vote === context.vote) &&
        lastIndex >= context.appliedEver && applied <= lastIndex && appliedTerm <= term && revision >= 1 &&
        (context.members === 0 || members === context.members)
    }),
    electionIsDue: (args: Args) => isCurrentTerm(args) && hasBeenQuiet(args),
    wonPreVote: when("raft.campaigned", (context, { actor, term, voters }) =>
      term === context.term + 1 && isMajority(voters, context) && voters.includes(actor)),
    wonVote: when("raft.elected", (context, { actor, term, voters }) => term === context.term &&
      context.vote === actor && isMajority(voters, context) && voters.includes(actor)),
    isOutvotedInTerm: isCurrentTerm,
    quorumIsGone: (args: Args) => isCurrentTerm(args) && hasBeenQuiet(args),
    isLaterTerm: when("raft.followed", (context, { actor, leader, term }) => term > context.term && leader !== actor),
    /** Within a term a leader is found once and stays the same. */
    isLeaderOfTerm: when("raft.followed", (context, { actor, leader, term }) =>
      term === context.term && leader !== "" && leader !== actor &&
      (context.leader === "" || context.leader === leader)),
    isFreshLeader: when("raft.followed", (context, { actor, leader, term }) =>
      term === context.term && leader !== "" && leader !== actor && context.leader === ""),
    hasItsVoteLeft: when("vote.granted", (context, { actor, candidate, term }) =>
      candidate !== actor && term === context.term && context.vote === ""),
    /** In whatever role: what is committed is applied. */
    isNextEntry: when("entry.applied", (context, { index, proposal, revision, term }) =>
      index === context.applied + 1 && term >= context.appliedTerm && term <= context.term &&
      (revision === context.revision || (proposal !== "" && revision === context.revision + 1)))
  },
  actions: {
    recover: assign(take("raft.recovered", (context, event) => {
      const { applied, appliedTerm, clock_ms, members, revision, term, vote } = event
      return { term, vote, leader: "", members, applied, appliedTerm, revision,
        appliedEver: Math.max(context.appliedEver, applied), quietSince_ms: clock_ms }
    })),
    restartClock: assign(({ event }) => ({ leader: "", quietSince_ms: event.clock_ms })),
    voteForItself: assign(take("raft.campaigned", (_context, { actor, clock_ms, term }) =>
      ({ term, vote: actor, leader: "", quietSince_ms: clock_ms }))),
    lead: assign(({ event }) => ({ leader: event.actor, quietSince_ms: event.clock_ms })),
    stepDown: assign(({ event }) => ({ leader: "", quietSince_ms: event.clock_ms })),
    enterTerm: assign(take("raft.followed", (_context, { clock_ms, leader, term }) =>
      ({ term, vote: "", leader, quietSince_ms: clock_ms }))),
    follow: assign(take("raft.followed", (_context, { clock_ms, leader }) => ({ leader, quietSince_ms: clock_ms }))),
    vote: assign(take("vote.granted", (_context, { candidate, clock_ms }) =>
      ({ vote: candidate, quietSince_ms: clock_ms }))),
    apply: assign(take("entry.applied", (context, { index, revision, term }) =>
      ({ applied: index, appliedTerm: term, appliedEver: Math.max(context.appliedEver, index), revision })))
  }
})

const laterTerm = { guard: "isLaterTerm", target: "follower", actions: "enterTerm" } as const
const ended = { "process.crashed": { target: "down" }, "process.stopped": { target: "down" } } as const
/** In whatever role. */
const whileUp = { ...ended, "entry.applied": { guard: "isNextEntry", actions: "apply" } } as const

export const chart = machine.createMachine({
  id: "etcd.raft",
  context: ({ input }) => ({
    limits: { electionTimeout_ms: limits.electionTimeout_ms, ...input?.limits },
    term: 0, vote: "", leader: "", members: 0, applied: 0, appliedTerm: 0, appliedEver: 0, revision: 1,
    quietSince_ms: 0
  }),
  initial: "down",
  states: {
    down: {
      description: "Not running. Term, vote and log rest on its disk.",
      on: { ...ended, "raft.recovered": { guard: "keptItsPromises", target: "follower", actions: "recover" } }
    },
    follower: {
      description: "Takes entries from a leader, or waits for one.",
      on: {
        ...whileUp,
        "raft.electionTimedOut": { guard: "electionIsDue", target: "preCandidate", actions: "restartClock" },
        "raft.followed": [laterTerm, { guard: "isFreshLeader", actions: "follow" }],
        "vote.granted": { guard: "hasItsVoteLeft", actions: "vote" }
      }
    },
    preCandidate: {
      description: "Asks whether a majority would vote for it, without raising its term.",
      on: {
        ...whileUp,
        "raft.electionTimedOut": { guard: "electionIsDue", actions: "restartClock" },
        "raft.campaigned": { guard: "wonPreVote", target: "candidate", actions: "voteForItself" },
        "raft.outvoted": { guard: "isOutvotedInTerm", target: "follower", actions: "restartClock" },
        "raft.followed": [laterTerm, { guard: "isLeaderOfTerm", target: "follower", actions: "follow" }],
        "vote.granted": { guard: "hasItsVoteLeft", actions: "vote" }
      }
    },
    candidate: {
      description: "Voted for itself in a new term and asks for votes.",
      on: {
        ...whileUp,
        "raft.electionTimedOut": { guard: "electionIsDue", target: "preCandidate", actions: "restartClock" },
        "raft.elected": { guard: "wonVote", target: "leader", actions: "lead" },
        "raft.outvoted": { guard: "isOutvotedInTerm", target: "follower", actions: "restartClock" },
        "raft.followed": [laterTerm, { guard: "isLeaderOfTerm", target: "follower", actions: "follow" }]
      }
    },
    leader: {
      description: "Has the votes of a majority: orders the entries of its term.",
      on: {
        ...whileUp,
        "raft.quorumLost": { guard: "quorumIsGone", target: "follower", actions: "stepDown" },
        "raft.followed": laterTerm
      }
    }
  }
})
