/**
 * controller: the sync that all controllers share: what was seen, what is planned, what was written.
 *
 * States: sync: idle, looking, working (plain, reporting), retrying, reported, acting (initial: idle).
 *         expectations: met, outstanding (initial: met).
 * Time:   expectations are given up after 5 min by the controller's clock.
 * Errors: a failed creation ends the slow start; what failed is no longer expected; a sync in which something failed
 *         has failed, but for what was gone already, and for what a terminating namespace does not take.
 * Source: pkg/controller/controller_utils.go, controller_ref_manager.go, util/consistency/consistency.go,
 *         replicaset/replica_set.go slowStartBatch and updateReplicaSetStatus, v1.36; kubernetes.md 4.3.
 */
import { assign, setup } from "xstate"
import type { ApiObject } from "#model/kinds.ts"
import type { LabelSelector, OwnerReference } from "#model/objects/metadata.ts"
import { equal } from "#model/objects/equality.ts"
import type { EventOf, Judged } from "#model/events.ts"
import * as defaults from "#model/limits/controller.ts"

interface Limits {
  readonly slowStartInitialBatch: number
  readonly statusUpdateRetries: number
  readonly expectationsTimeout_ms: number
}
type Input = { readonly limits?: Partial<Limits> } | undefined

interface Sync {
  readonly limits: Limits
  /** Creations that have not been attempted; of the batch under way, that are not answered. */
  readonly remaining: number
  readonly inBatch: number
  readonly batchSize: number
  /** Creations that ended the slow start. */
  readonly refused: number
  /** What the plan deletes and was not answered. */
  readonly victims: ReadonlyArray<string>
  /** Writes that failed for good. */
  readonly failures: number
  /** Of the status. */
  readonly tries: number
}
type SyncEvent = Judged<EventOf<"sync">>
type Answer = Judged<Extract<EventOf<"sync">, { readonly type: "sync.wrote" | "sync.failed" }>>

const isAnswer = (event: SyncEvent): event is Answer => event.type === "sync.wrote" || event.type === "sync.failed"
const isFailure = (event: SyncEvent): boolean => event.type === "sync.failed" && !(
  (event.reason === "NotFound" && event.subresource !== "status")
  || (event.verb === "create" && event.reason === "NamespaceTerminating"))
const isStatus = (event: SyncEvent): boolean => isAnswer(event) && event.subresource === "status"
const isFinished = ({ inBatch, refused, remaining, victims }: Sync): boolean =>
  inBatch === 0 && victims.length === 0 && (remaining === 0 || refused > 0)

const sync = setup({
  types: { context: {} as Sync, events: {} as SyncEvent, input: {} as Input },
  guards: {
    isBehind: ({ event }) => event.type === "sync.stale" && event.wrote > event.shown,
    isClaim: ({ event }) => isAnswer(event) && event.verb === "patch" && event.uid !== undefined && !isStatus(event),
    actsItself: ({ event }) => event.type === "sync.planned" && event.acts,
    onlyReports: ({ event }) => event.type === "sync.planned" && event.reports && !event.acts
      && new Set(event.deletes).size === event.deletes.length,
    onlyWorks: ({ event }) => event.type === "sync.planned" && !event.reports && !event.acts
      && event.creates + event.deletes.length > 0 && new Set(event.deletes).size === event.deletes.length,
    startsSlowly: ({ context, event }) => event.type === "sync.batchStarted" && context.inBatch === 0
      && context.victims.length === 0 && context.refused === 0 && event.size === Math.min(context.remaining,
      context.batchSize === 0 ? context.limits.slowStartInitialBatch : context.batchSize * 2),
    isCreation: ({ context, event }) => isAnswer(event) && event.verb === "create" && context.inBatch > 0,
    isDeletion: ({ context, event }) => isAnswer(event) && event.verb === "delete"
      && context.victims.includes(event.uid ?? ""),
    isReport: ({ context, event }) => isStatus(event) && isFinished(context),
    triesAgain: ({ context, event }) => isStatus(event) && context.tries <= context.limits.statusUpdateRetries,
    allWentWell: ({ context, event }) => event.type === "sync.ended" && isFinished(context)
      && event.outcome === (context.failures === 0 ? "done" : "failed"),
    reportsFailures: ({ context, event }) => isStatus(event) && isFinished(context) && context.failures > 0,
    needsNoReport: ({ context, event }) => event.type === "sync.ended" && event.outcome === "failed"
      && isFinished(context) && context.failures > 0,
    isFailed: ({ event }) => event.type === "sync.ended" && event.outcome === "failed",
    /** Also what it read may have failed. */
    failsForAReason: ({ context, event }) => event.type === "sync.ended"
      && (event.outcome === "failed" || context.failures === 0)
  },
  actions: {
    begin: assign({ remaining: 0, inBatch: 0, batchSize: 0, refused: 0, victims: [], failures: 0, tries: 0 }),
    plan: assign(({ context, event }) => event.type !== "sync.planned" ? context
      : { ...context, remaining: event.creates, victims: event.deletes }),
    startBatch: assign(({ context, event }) => event.type !== "sync.batchStarted" ? context : {
      ...context, inBatch: event.size, batchSize: event.size, remaining: context.remaining - event.size
    }),
    answerCreation: assign(({ context, event }) => ({
      inBatch: context.inBatch - 1, failures: context.failures + Number(isFailure(event)),
      refused: context.refused + Number(event.type === "sync.failed" && event.reason !== "NamespaceTerminating")
    })),
    answerDeletion: assign(({ context, event }) => ({
      victims: context.victims.filter((uid) => !isAnswer(event) || uid !== event.uid),
      failures: context.failures + Number(isFailure(event))
    })),
    answer: assign({ failures: ({ context, event }) => context.failures + Number(isFailure(event)) }),
    tryStatus: assign({ tries: ({ context }) => context.tries + 1 }),
    /** What cannot be said in a status is not what matters, and after a conflict it is tried again. */
    answerAct: assign({ failures: ({ context, event }) => context.failures + Number(isFailure(event)
      && !isStatus(event) && !(event.type === "sync.failed" && event.reason === "Conflict")) }),
    putOff: () => {}
  }
}).createMachine({
  id: "sync",
  context: ({ input }) => ({
    limits: { ...defaults, ...input?.limits },
    remaining: 0, inBatch: 0, batchSize: 0, refused: 0, victims: [], failures: 0, tries: 0
  }),
  initial: "idle",
  states: {
    idle: {
      description: "No worker does anything for this key.",
      tags: ["gone"],
      on: {
        "sync.began": { target: "looking", actions: "begin" },
        "sync.stale": { guard: "isBehind", actions: "putOff" }
      }
    },
    looking: {
      description: "It has seen its object and what belongs to it; what it does not select leaves, orphans come.",
      on: {
        "sync.wrote": { guard: "isClaim", actions: "answer" },
        "sync.failed": { guard: "isClaim", actions: "answer" },
        "sync.planned": [
          { guard: "actsItself", target: "acting", actions: "plan" },
          { guard: "onlyReports", target: "working.reporting", actions: "plan" },
          { guard: "onlyWorks", target: "working.plain", actions: "plan" }
        ],
        "sync.ended": { guard: "failsForAReason", target: "idle" }
      }
    },
    working: {
      description: "Deletions all at once, then batches of 1, 2, 4, … creations; the first failure ends them.",
      initial: "plain",
      on: {
        "sync.batchStarted": { guard: "startsSlowly", actions: "startBatch" },
        "sync.wrote": [
          { guard: "isCreation", actions: "answerCreation" },
          { guard: "isDeletion", actions: "answerDeletion" }
        ],
        "sync.failed": [
          { guard: "isCreation", actions: "answerCreation" },
          { guard: "isDeletion", actions: "answerDeletion" }
        ]
      },
      states: {
        plain: {
          description: "The status is as it should be, unless something fails.",
          on: {
            "sync.wrote": { guard: "reportsFailures", target: "#sync.reported" },
            "sync.failed": { guard: "reportsFailures", target: "#sync.retrying", actions: "tryStatus" },
            "sync.ended": { guard: "allWentWell", target: "#sync.idle" }
          }
        },
        reporting: {
          description: "The status is written next, also after a failure, unless that failure is what it says.",
          on: {
            "sync.wrote": { guard: "isReport", target: "#sync.reported" },
            "sync.failed": { guard: "isReport", target: "#sync.retrying", actions: "tryStatus" },
            "sync.ended": { guard: "needsNoReport", target: "#sync.idle" }
          }
        }
      }
    },
    retrying: {
      description: "The status could not be written: once more, on the object as it is now.",
      on: {
        "sync.wrote": { guard: "triesAgain", target: "reported" },
        "sync.failed": { guard: "triesAgain", actions: "tryStatus" },
        "sync.ended": { guard: "isFailed", target: "idle" }
      }
    },
    reported: {
      description: "The status says what was seen.",
      on: { "sync.ended": { guard: "allWentWell", target: "idle" } }
    },
    acting: {
      description: "It does what no other controller does; what it says of itself may fail, and what is tried again.",
      on: {
        "sync.wrote": { actions: "answerAct" },
        "sync.failed": { actions: "answerAct" },
        "sync.ended": { guard: "failsForAReason", target: "idle" }
      }
    }
  }
})

type ExpectationsEvent = Judged<EventOf<"expectations">>

const expectations = setup({
  types: {
    context: {} as { readonly limits: Limits; readonly since_ms: number },
    events: {} as ExpectationsEvent, input: {} as Input
  },
  guards: {
    expectsSomething: ({ event }) => event.type === "expectations.set" && event.creates + event.deletes > 0,
    waitedLong: ({ context, event }) => event.clock_ms - context.since_ms >= context.limits.expectationsTimeout_ms
  },
  actions: { begin: assign({ since_ms: ({ event }) => event.clock_ms }) }
}).createMachine({
  id: "expectations",
  context: ({ input }) => ({ limits: { ...defaults, ...input?.limits }, since_ms: 0 }),
  initial: "met",
  states: {
    met: {
      description: "The informers have shown what was asked for: the next sync may count and act.",
      tags: ["gone"],
      on: { "expectations.set": { guard: "expectsSomething", target: "outstanding", actions: "begin" } }
    },
    outstanding: {
      description: "Not all of the controller's own creations and deletions have been shown: none follows.",
      on: {
        "expectations.met": { target: "met" },
        "expectations.forgotten": { target: "met" },
        "expectations.expired": { guard: "waitedLong", target: "met" }
      }
    }
  }
})

export const charts = { "controller.sync": sync, "controller.expectations": expectations } as const

// What `lawful(object, owned, written)` of a controller is asked about: the relation between what it saw and wrote.

/** What a sync has written so far, what failed among it too. */
export interface Written<Owned extends ApiObject> {
  readonly creations: number
  /** Uids. */
  readonly deletions: ReadonlySet<string>
  /** A creation or a deletion has failed, for good. */
  readonly hasFailed: boolean
  /** The news. */
  readonly last: {
    readonly verb: "create" | "update" | "patch" | "delete" | "deletecollection"
    readonly resource: string
    readonly subresource?: string
    /** As committed; absent when it failed, and of a deletion. */
    readonly object?: Owned | ApiObject
    /** As it stood before. */
    readonly previous?: Owned | ApiObject
  }
  /** The controller's wall clock; absent when clocks disagree. */
  readonly now_ms: number | undefined
}

export const controllerOf = ({ metadata }: ApiObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)

const isMet = (
  { key, operator, values = [] }: NonNullable<LabelSelector["matchExpressions"]>[number],
  labels: Readonly<Record<string, string>>
): boolean => {
  const isThere = Object.hasOwn(labels, key)
  if (operator === "Exists") return isThere
  if (operator === "DoesNotExist") return !isThere
  return (operator === "In") === (isThere && values.includes(labels[key]!))
}

/** All requirements hold, and there is one. */
export const isSelected = ({ matchExpressions = [], matchLabels = {} }: LabelSelector, { metadata }: ApiObject) => {
  const { labels = {} } = metadata
  const equals = Object.entries(matchLabels)
  return equals.length + matchExpressions.length > 0 && equals.every(([key, value]) => labels[key] === value)
    && matchExpressions.every((requirement) => isMet(requirement, labels))
}

/** 81: it came to one owner or left one, its other owners stayed, and nothing else was touched. */
export const isOwnersChange = (before: ApiObject, after: ApiObject): boolean => {
  const [had, has] = [before.metadata.ownerReferences ?? [], after.metadata.ownerReferences ?? []]
  const left = had.filter((owner) => !has.some((other) => equal(owner, other)))
  const came = has.filter((owner) => !had.some((other) => equal(owner, other)))
  const rest = ({ metadata, ...object }: ApiObject) => {
    const { managedFields: _, ownerReferences: __, resourceVersion: ___, ...others } = metadata
    return { ...object, metadata: others }
  }
  return left.length + came.length === 1 && had.length + came.length === has.length + left.length
    && equal(rest(before), rest(after))
}
