/**
 * kube-scheduler: chooses a node for each pod that has none, and binds it. Two instances run; one of them leads.
 *
 * States: process: standby, leading. queuePod: absent, gated, active, backoff, unschedulable, inFlight, gone.
 *         cachePod: initial, assumed, added, deleted. cacheNode: absent, present. cycle: idle, scheduling.
 *         binding: waiting, binding, bound.
 * Time:   back-off 1 s doubling to 10 s, from the failed attempt; a pod may lie unschedulable for 5 min.
 * Errors: a refused or unanswered binding is `podBinding.failed`; a pod without a feasible node `scheduling.failed`.
 * Source: pkg/scheduler/backend/{queue,cache}, schedule_one.go, v1.36; kubernetes.md 5, 12.23, 12.24.
 */
import { assign, emit, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { chart as queuePod } from "#model/scheduler/queue-pod.ts"

type Crash = EventOf<"process">

const process = setup({
  types: { context: {} as object, events: {} as Judged<EventOf<"schedulerProcess"> | Crash> },
  actions: { begin: () => {} }
}).createMachine({
  context: {},
  initial: "standby",
  states: {
    standby: {
      description: "It keeps its informers, cache and queue up to date and waits for the lease.",
      on: { "schedulerProcess.started": { actions: "begin" }, "schedulerProcess.led": { target: "leading" } }
    },
    leading: {
      description: "It schedules. It leaves this state only by ending: a lost lease ends the process.",
      on: { "process.crashed": { target: "standby" }, "process.stopped": { target: "standby" } }
    }
  }
})

interface CachePod {
  /** The node on whose totals the pod counts; "" while on none. */
  readonly node: string
}
type CacheEvent = Judged<EventOf<"schedulerCache">>

const cachePod = setup({
  types: { context: {} as CachePod, events: {} as CacheEvent },
  guards: {
    sameNode: ({ context, event }) => event.node === context.node,
    otherNode: ({ context, event }) => event.type === "schedulerCache.corrected" && event.from === context.node &&
      event.node !== context.node,
    takesPlace: ({ event }) => "requests" in event && event.requests["pods"] === 1
  },
  actions: {
    count: assign({ node: ({ event }) => event.node }),
    uncount: assign({ node: "" })
  }
}).createMachine({
  context: { node: "" },
  initial: "initial",
  states: {
    initial: {
      description: "The pod counts on no node.",
      on: {
        "schedulerCache.assumed": { guard: "takesPlace", target: "assumed", actions: "count" },
        "schedulerCache.confirmed": { guard: "takesPlace", target: "added", actions: "count" }
      }
    },
    assumed: {
      description: "It counts on the chosen node although the API server has not confirmed the binding. No expiry.",
      on: {
        "schedulerCache.confirmed": { guard: "sameNode", target: "added" },
        "schedulerCache.corrected": { guard: "otherNode", target: "added", actions: "count" },
        "schedulerCache.forgotten": { guard: "sameNode", target: "initial", actions: "uncount" }
      }
    },
    added: {
      description: "The informer showed it on its node.",
      on: { "schedulerCache.removed": { guard: "sameNode", target: "deleted", actions: "uncount" } }
    },
    deleted: { description: "It is gone or terminal; its uid never comes back.", type: "final", tags: "gone" }
  }
})

interface CacheNode {
  /** The newest version of it that was shown, also while it is absent: a node that comes back is newer. */
  readonly revision: number
  /** What the filters last read of it, as text; "" while it is absent. */
  readonly picture: string
}
type NodeEvent = Judged<EventOf<"schedulerNode">>

const sorted = (record: Readonly<Record<string, string | number>>): ReadonlyArray<string> =>
  Object.entries(record).map(([key, value]) => `${key}=${value}`).sort()
const pictureOf = (event: NodeEvent): string => event.type !== "schedulerNode.changed" ? ""
  : JSON.stringify([sorted(event.allocatable), event.unschedulable, event.taints, sorted(event.labels)])

const cacheNode = setup({
  types: { context: {} as CacheNode, events: {} as NodeEvent },
  guards: {
    // A process's informer shows the versions of an object in their order, also over a new list.
    isNewer: ({ context, event }) => event.type === "schedulerNode.changed" && event.revision > context.revision,
    // Heartbeats change a node all the time; pods are only tried again when a filter may answer otherwise.
    isNewerAndLooksDifferent: ({ context, event }) => event.type === "schedulerNode.changed"
      && event.revision > context.revision && pictureOf(event) !== context.picture
  },
  actions: {
    read: assign(({ context, event }) => ({ picture: pictureOf(event),
      revision: event.type === "schedulerNode.changed" ? event.revision : context.revision }))
  }
}).createMachine({
  context: { revision: 0, picture: "" },
  initial: "absent",
  states: {
    absent: {
      description: "No such node in the snapshot.",
      on: { "schedulerNode.changed": { guard: "isNewer", target: "present", actions: "read" } }
    },
    present: {
      description: "The node can be chosen if it passes the filters.",
      on: {
        "schedulerNode.changed": { guard: "isNewerAndLooksDifferent", actions: "read" },
        "schedulerNode.removed": { target: "absent", actions: "read" }
      }
    }
  }
})

type CycleEvent = Judged<EventOf<"scheduling">>

const cycle = setup({
  types: {
    context: {} as { readonly uid: string },
    events: {} as CycleEvent,
    emitted: {} as {
      readonly type: string; readonly entity: string; readonly chart: string; readonly within_ms: number
    }
  },
  guards: {
    isThisPod: ({ context, event }) => event.uid === context.uid,
    isFeasible: ({ context, event }) => event.type === "scheduling.placed" && event.uid === context.uid &&
      event.node !== "" && event.feasible >= 1 && event.feasible <= event.evaluated,
    wasRefusedByAll: ({ context, event }) => event.type === "scheduling.failed" && event.uid === context.uid &&
      Object.values(event.refused).reduce((sum, count) => sum + count, 0) === event.nodes
  },
  actions: {
    begin: assign({ uid: ({ event }) => event.uid }),
    end: assign({ uid: "" }),
    placed: emit(({ event }) => ({ type: "schedulerCache.assumed", entity: event.uid, chart: "scheduler.cachePod",
      within_ms: 0 })),
    bind: emit(({ event }) => ({ type: "podBinding.began", entity: event.uid, chart: "scheduler.binding",
      within_ms: 0 }))
  }
}).createMachine({
  context: { uid: "" },
  initial: "idle",
  states: {
    idle: {
      description: "No pod is being placed.",
      on: { "scheduling.began": { target: "scheduling", actions: "begin" } }
    },
    scheduling: {
      description: "One pod is held against a snapshot of the nodes. Cycles never overlap.",
      on: {
        "scheduling.placed": { guard: "isFeasible", target: "idle", actions: ["placed", "bind", "end"] },
        "scheduling.failed": { guard: "wasRefusedByAll", target: "idle", actions: "end" },
        "scheduling.skipped": { guard: "isThisPod", target: "idle", actions: "end" }
      }
    }
  }
})

const binding = setup({
  types: { context: {} as { readonly node: string }, events: {} as Judged<EventOf<"podBinding">> },
  guards: { sameNode: ({ context, event }) => event.node === context.node },
  actions: { remember: assign({ node: ({ event }) => event.node }) }
}).createMachine({
  context: { node: "" },
  initial: "waiting",
  states: {
    waiting: {
      description: "No binding is under way.",
      on: { "podBinding.began": { target: "binding", actions: "remember" } }
    },
    binding: {
      description: "POST pods/binding is out. Other pods are placed meanwhile.",
      on: {
        "podBinding.succeeded": { guard: "sameNode", target: "bound" },
        "podBinding.failed": { guard: "sameNode", target: "waiting" }
      }
    },
    bound: { description: "The API server answered 201.", type: "final", tags: "gone" }
  }
})

export const charts = {
  "scheduler.process": process,
  "scheduler.queuePod": queuePod,
  "scheduler.cachePod": cachePod,
  "scheduler.cacheNode": cacheNode,
  "scheduler.cycle": cycle,
  "scheduler.binding": binding
} as const
