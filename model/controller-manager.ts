/**
 * kube-controller-manager: the process that hosts controllers. Two instances run; the one that leads runs them.
 *
 * States: process: standby, leading, lost.
 * Time:   none here; the lease is leader-election's.
 * Errors: a lease that could not be renewed ends the process: it is `process.crashed`, and a restart stands by.
 * Source: cmd/kube-controller-manager/app/controllermanager.go Run, v1.36; kubernetes.md 4.4.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"

type ProcessEvent = Judged<EventOf<"controllerManager"> | EventOf<"process">>

const process = setup({
  types: { context: {} as { readonly incarnation: number; readonly running: ReadonlyArray<string> },
    events: {} as ProcessEvent },
  guards: {
    isNewer: ({ context, event }) =>
      event.type === "controllerManager.started" && event.incarnation > context.incarnation,
    isFirst: ({ context, event }) => event.type === "controllerManager.controllerStarted" &&
      !context.running.includes(event.controller)
  },
  actions: {
    start: assign(({ context, event }) =>
      event.type === "controllerManager.started" ? { incarnation: event.incarnation, running: [] } : context),
    run: assign({ running: ({ context, event }) =>
      event.type === "controllerManager.controllerStarted" ? [...context.running, event.controller]
        : context.running })
  }
}).createMachine({
  context: { incarnation: 0, running: [] },
  initial: "lost",
  states: {
    lost: {
      description: "Not running: not yet started, or ended, most often because its lease was lost.",
      on: { "controllerManager.started": { guard: "isNewer", target: "standby", actions: "start" } }
    },
    standby: {
      description: "It competes for the lease. No informer and no controller runs.",
      on: {
        "controllerManager.led": { target: "leading" },
        "process.crashed": { target: "lost" },
        "process.stopped": { target: "lost" }
      }
    },
    leading: {
      description: "Its controllers run, each started once.",
      on: {
        "controllerManager.controllerStarted": { guard: "isFirst", actions: "run" },
        "process.crashed": { target: "lost" },
        "process.stopped": { target: "lost" }
      }
    }
  }
})

export const charts = { "controller-manager.process": process } as const
