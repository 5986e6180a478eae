/**
 * pod-gc: the collector of pods that nobody else will remove. Runs each 20 s in the controller manager.
 *
 * States: node: present, quarantined, missing. pod: kept, toBeMarked, toBeDeleted, deleted.
 * Time:   a node must be missing from the informer for 40 s before a live GET decides.
 * Errors: a refused or unanswered write is `podGc.failed`; the next round tries again.
 * Source: pkg/controller/podgc/gc_controller.go, v1.36; kubernetes.md 7.3.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import * as defaults from "#model/limits/controllers/pod-gc.ts"

interface Limits {
  readonly quarantine_ms: number
}

const node = setup({
  types: {
    context: {} as { readonly limits: Limits; readonly since_ms: number },
    events: {} as Judged<EventOf<"nodeQuarantine">>,
    input: {} as { readonly limits?: Partial<Limits> } | undefined
  },
  guards: {
    isMissing: ({ context, event }) => event.type === "nodeQuarantine.checked" && event.isMissing &&
      event.clock_ms - context.since_ms >= context.limits.quarantine_ms,
    isThere: ({ context, event }) => event.type === "nodeQuarantine.checked" && !event.isMissing &&
      event.clock_ms - context.since_ms >= context.limits.quarantine_ms
  },
  actions: { begin: assign({ since_ms: ({ event }) => event.clock_ms }) }
}).createMachine({
  context: ({ input }) => ({ limits: { ...defaults, ...input?.limits }, since_ms: 0 }),
  initial: "present",
  states: {
    present: {
      description: "The informer shows the node, or no pod names it.",
      on: { "nodeQuarantine.began": { target: "quarantined", actions: "begin" } }
    },
    quarantined: {
      description: "Pods name it but the informer does not show it: it may be late, or the node may come back.",
      on: {
        "nodeQuarantine.ended": { target: "present" },
        "nodeQuarantine.checked": [
          { guard: "isMissing", target: "missing" },
          // The quarantine begins anew in the next round, if the informer still does not show it.
          { guard: "isThere", target: "present" }
        ]
      }
    },
    missing: {
      description: "A live GET confirmed it in this round: its pods are orphans. The next round begins anew.",
      on: { "nodeQuarantine.began": { target: "quarantined", actions: "begin" } }
    }
  }
})

type Chosen = Extract<Judged<EventOf<"podGc">>, { readonly type: "podGc.chosen" }>
const isTerminal = ({ phase }: Chosen): boolean => phase === "Succeeded" || phase === "Failed"
/** Terminated pods are terminal, orphans name a node, and what was never scheduled does not. */
const hasItsReason = (event: Chosen): boolean => event.reason === "terminated" ? isTerminal(event)
  : (event.reason === "orphaned") === (event.node !== "")

const chosen = {
  "podGc.chosen": [{ guard: "isLive", target: "toBeMarked" }, { guard: "isTerminal", target: "toBeDeleted" }]
} as const

const pod = setup({
  types: { events: {} as Judged<EventOf<"podGc">> },
  guards: {
    isLive: ({ event }) => event.type === "podGc.chosen" && hasItsReason(event) && !isTerminal(event),
    isTerminal: ({ event }) => event.type === "podGc.chosen" && hasItsReason(event) && isTerminal(event)
  }
}).createMachine({
  initial: "kept",
  states: {
    kept: { description: "The collector leaves it alone.", on: chosen },
    toBeMarked: {
      description: "Its phase has to become Failed, so that controllers replace it, before anything is deleted.",
      on: { "podGc.markedFailed": "toBeDeleted", "podGc.failed": "kept" }
    },
    toBeDeleted: {
      description: "It is terminal: the force delete is out.",
      on: { "podGc.deleted": "deleted", "podGc.failed": "kept" }
    },
    deleted: {
      description: "The API server took the force delete. Finalizers may still hold the object: it is chosen again.",
      on: chosen
    }
  }
})

export const charts = { "pod-gc.node": node, "pod-gc.pod": pod } as const
