/**
 * Scope leader-election: candidates for one lease, on clocks that run alike, over a network that delays and loses.
 *
 * States: of the candidate, which is the scope's own: idle, writing, ended (initial: idle).
 * Time:   a write is given up after requestTimeout_ms, the lead at renewDeadline_ms: both are urgent.
 * Errors: a refused write and one without an answer are failures of the elector.
 * Source: client-go tools/leaderelection/leaderelection.go v0.37; reference 4.4, 12.7.
 *
 * Per candidate the elector's chart and what client-go's LeaderElector remembers of the record (the Candidate below);
 * the record itself as it is committed. A write carries the revision after the one that was seen, so the record's own
 * guard refuses it when somebody else wrote meanwhile: that is the compare-and-swap. Times are client-go's 15 s,
 * 10 s and 5 s in units of 5 s, but for the lease, which gets a unit more: an answer may take the whole request
 * time-out, and then the holder counts its deadline from later than the others do. (With 15 s the search finds that
 * two lead at once; client-go says as much: it does not fence.) Revisions are bounded.
 */
import { assign, setup } from "xstate"
import type { At, Channel, Component, EventValue, Scope, Step } from "#model/cluster/scope.ts"
import { charts } from "#model/leader-election.ts"

interface Size {
  readonly candidates: ReadonlyArray<string>
  readonly leaseDuration_ms: number
  readonly revision_max: number
  readonly crashes: number
  readonly losses: number
}

const unit_ms = 5_000
const renewDeadline_ms = 2 * unit_ms
const requestTimeout_ms = unit_ms

interface Candidate {
  readonly duration_ms: number
  /** The record as last seen; revision 0: none. */
  readonly revision: number
  readonly holder: string
  readonly transitions: number
  readonly seen_ms: number
  /** The write that is out: since when, and for which revision; its answer is told from a late one by that. */
  readonly sent_ms: number
  readonly asked: number
  /** What allowed the write. */
  readonly how: string
}
type CandidateEvent = EventValue & { readonly clock_ms: number; readonly actor: string }

const candidate = setup({
  types: { context: {} as Candidate, events: {} as CandidateEvent, input: {} as { limits: { duration_ms: number } } },
  guards: {
    mayWrite: ({ context, event }) => context.holder === "" || context.holder === event.actor
      || event.clock_ms - context.seen_ms >= context.duration_ms,
    isAnswer: ({ context, event }) => event["revision"] === context.asked,
    isAnswerAndNews: ({ context, event }) => event["revision"] === context.asked && context.asked > context.revision,
    isNews: ({ context, event }) => (event["revision"] as number) > context.revision,
    isOver: ({ context, event }) => event.clock_ms - context.sent_ms >= requestTimeout_ms
  },
  actions: {
    see: assign(({ event }) => ({ revision: event["revision"] as number, holder: event["holder"] as string,
      transitions: event["transitions"] as number, seen_ms: event.clock_ms })),
    send: assign({ sent_ms: ({ event }) => event.clock_ms, asked: ({ event }) => event["revision"] as number,
      how: ({ context, event }) => context.revision === 0 ? "created" : context.holder === "" ? "free"
        : context.holder === event.actor ? "own" : "expired" }),
    end: assign({ sent_ms: 0, asked: 0, how: "" })
  }
}).createMachine({
  context: ({ input }) => ({ duration_ms: input.limits.duration_ms, revision: 0, holder: "", transitions: 0, seen_ms: 0,
    sent_ms: 0, asked: 0, how: "" }),
  initial: "idle",
  on: { "record.seen": { guard: "isNews", actions: "see" } },
  states: {
    idle: { description: "Between two tries.",
      on: { "write.sent": { guard: "mayWrite", target: "writing", actions: "send" }, "elector.ended": "ended" } },
    writing: { description: "A write is out.", on: {
      "write.accepted": [{ guard: "isAnswerAndNews", target: "idle", actions: ["see", "end"] },
        { guard: "isAnswer", target: "idle", actions: "end" }],
      "write.refused": { guard: "isAnswer", target: "idle", actions: "end" },
      "write.timedOut": { guard: "isOver", target: "idle", actions: "end" },
      "elector.ended": "ended" } },
    ended: { description: "Its process ends." }
  }
})

const record = (revision: number, holder: string, transitions: number, duration_ms: number): EventValue => ({
  type: revision === 1 ? "object.created" : "object.updated", revision, resource: "leases",
  key: "/registry/leases/lock",
  object: { kind: "Lease", metadata: { name: "lock", uid: "lock", resourceVersion: String(revision) },
    spec: { holderIdentity: holder, leaseTransitions: transitions, leaseDurationSeconds: duration_ms / 1000 } }
})
const specOf = (event: EventValue): { holderIdentity: string; leaseTransitions: number } =>
  (event["object"] as any).spec
const told = (type: string, event: EventValue): EventValue => ({ type, revision: event["revision"],
  holder: specOf(event).holderIdentity, transitions: specOf(event).leaseTransitions })

const candidateOf = (me: string, { leaseDuration_ms }: Size): Component => ({
  chart: candidate, actor: me, limits: { duration_ms: leaseDuration_ms },
  instants: ["seen_ms", "sent_ms"], horizon_ms: leaseDuration_ms,
  // Only a write that is out has a time, and only somebody else's record expires.
  canonical: (context) => ({ ...context, sent_ms: context.asked === 0 ? 0 : context.sent_ms,
    seen_ms: context.holder === me || context.holder === "" ? 0 : context.seen_ms }),
  does: ({ state, context }) => state === "idle" ? [{ event: { type: "write.sent", revision: context.revision + 1,
    transitions: context.transitions + (context.holder === me ? 0 : 1) } }]
    : state === "writing" ? [{ event: { type: "write.timedOut" } }] : [],
  urgent: ({ state, context }) => state === "writing" && context.sent_ms <= -requestTimeout_ms
})

const electorOf = (me: string, { leaseDuration_ms }: Size): Component => ({
  chart: charts["leader-election.elector"], actor: me,
  limits: { leaseDuration_ms, renewDeadline_ms },
  begins: [{ type: "elector.started", identity: me }],
  instants: ["startedAt_ms", "succeededAt_ms"], horizon_ms: leaseDuration_ms,
  // The time of its start matters while it waits, that of its success while it leads.
  canonical: (context, state) => ({ ...context, startedAt_ms: state === "standby" ? context.startedAt_ms : 0,
    succeededAt_ms: state === "leading" || state === "renewing" ? context.succeededAt_ms : 0 }),
  does: ({ state, context }) => {
    const isOverdue = context.succeededAt_ms <= -renewDeadline_ms
    if (state === "renewing") return isOverdue ? [{ event: { type: "elector.lost", identity: me } }] : []
    return state === "leading" && isOverdue ? [{ event: { type: "elector.renewFailed" } }] : []
  },
  urgent: ({ state, context }) =>
    (state === "leading" || state === "renewing") && context.succeededAt_ms <= -renewDeadline_ms
})

const leaseOf = ({ leaseDuration_ms, revision_max }: Size): Component => ({
  chart: charts["leader-election.lease"], limits: { leaseDuration_ms, renewDeadline_ms },
  instants: ["changedAt_ms"], horizon_ms: leaseDuration_ms,
  within: ({ context }) => context.revision <= revision_max
})

const channelsOf = (me: string, { leaseDuration_ms }: Size): Readonly<Record<string, Channel>> => {
  const isMine = (event: EventValue): boolean => specOf(event).holderIdentity === me
  const accepted = ({ event }: Step): EventValue | undefined =>
    isMine(event) ? told("write.accepted", event) : undefined
  const seen = ({ event }: Step): EventValue => told("record.seen", event)
  const part = (from: string, to: string, sends: Channel["sends"]): Channel =>
    ({ from, to, kind: "joint", refused: "dropped", sends })
  return {
    [`writes of ${me}`]: { from: `candidate ${me}`, to: "lease", kind: "datagram", lossy: true, capacity: 2,
      sends: { "write.sent": ({ event }) =>
        record(event["revision"] as number, me, event["transitions"] as number, leaseDuration_ms) },
      refused: { through: `answers to ${me}`,
        with: (message) => ({ type: "write.refused", revision: message["revision"] }) } },
    [`answers to ${me}`]: { from: "lease", to: `candidate ${me}`, kind: "stream", lossy: true, capacity: 2,
      sends: { "object.created": accepted, "object.updated": accepted } },
    // It reads so often that it sees each change at once: the boldest that a candidate can be.
    [`reads of ${me}`]: part("lease", `candidate ${me}`, { "object.created": seen, "object.updated": seen }),
    [`success of ${me}`]: part(`candidate ${me}`, `elector ${me}`, { "write.accepted": ({ event, before }) => [
      { type: "elector.acquired", identity: me, how: before.context.how, transitions: event["transitions"],
        took_ms: 0 },
      { type: "elector.renewed", took_ms: 0 }] }),
    [`failure of ${me}`]: part(`candidate ${me}`, `elector ${me}`, {
      "write.timedOut": () => ({ type: "elector.renewFailed" }),
      "write.refused": () => ({ type: "elector.renewFailed" }) }),
    [`end of ${me}`]: part(`elector ${me}`, `candidate ${me}`, { "elector.lost": () => ({ type: "elector.ended" }) })
  }
}

export const leaderElection = (size: Size): Scope => {
  const { candidates } = size
  const leads = (at: At, name: string): boolean =>
    ["leading", "renewing"].includes(at(`elector ${name}`).state as string)
  return {
    name: "leader-election",
    says: `${candidates.length} candidates for one lease, one of which may crash`,
    components: { lease: leaseOf(size), ...Object.fromEntries(candidates.flatMap((name) =>
      [[`candidate ${name}`, candidateOf(name, size)], [`elector ${name}`, electorOf(name, size)]])) },
    channels: Object.assign({}, ...candidates.map((name) => channelsOf(name, size))),
    ticks_ms: [unit_ms],
    faults: { losses: size.losses, crashes: Object.fromEntries(candidates.slice(0, 1).map((name) => [name,
      { of: [`candidate ${name}`, `elector ${name}`], times: size.crashes }])) },
    always: { "at most one candidate leads": (at) => candidates.filter((name) => leads(at, name)).length <= 1 },
    sometimes: {
      "a candidate leads": (at) => leads(at, candidates[0]!),
      "the lease passes to another": (at) => at("lease").context.spec.leaseTransitions > 1,
      "a leader gives up": (at) => at(`elector ${candidates[0]!}`).state === "lost"
    }
  }
}
