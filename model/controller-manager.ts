/**
 * kube-controller-manager: the process that hosts controllers. Two instances run; the one that leads runs them.
 *
 * States: process: unheard, starting, standby, leading, ended (initial: unheard).
 * Time:   none here; the lease is leader-election's.
 * Errors: a lease that could not be renewed ends the process: it is `process.crashed`, and a restart stands by.
 * Source: cmd/kube-controller-manager/app/controllermanager.go Run, v1.36; kubernetes.md 4.4.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { typed } from "#model/typed.ts"

type ProcessEvent = Judged<EventOf<"controllerManager"> | EventOf<"process">>
interface Context {
  readonly incarnation: number
  readonly running: ReadonlyArray<string>
}

const { take, when } = typed<Context, ProcessEvent>()

const machine = setup({
  types: { context: {} as Context, events: {} as ProcessEvent },
  guards: {
    isNewer: when("process.started", (context, { incarnation }) => incarnation > context.incarnation),
    isThisOne: when("controllerManager.started", (context, { incarnation }) => incarnation === context.incarnation),
    /** In whatever order: each starts in a goroutine of its own, after a jitter of its own. */
    isFirst: when("controllerManager.controllerStarted", (context, { controller }) =>
      !context.running.includes(controller))
  },
  actions: {
    start: assign(take("process.started", (_context, { incarnation }) => ({ incarnation, running: [] }))),
    hearOf: assign(take("controllerManager.started", (_context, { incarnation }) => ({ incarnation }))),
    run: assign(take("controllerManager.controllerStarted", (context, { controller }) =>
      ({ running: [...context.running, controller] })))
  }
})

const ends = { "process.crashed": { target: "ended" }, "process.stopped": { target: "ended" } } as const

const process = machine.createMachine({
  context: { incarnation: 0, running: [] },
  initial: "unheard",
  states: {
    unheard: {
      description: "Nothing was heard of it yet: its first line tells which incarnation it is.",
      on: { "controllerManager.started": { target: "standby", actions: "hearOf" } }
    },
    ended: {
      description: "Not running, most often because its lease was lost. Only its machine starts the next incarnation.",
      on: { ...ends, "process.started": { guard: "isNewer", target: "starting", actions: "start" } }
    },
    starting: {
      description: "The process runs and has said nothing.",
      on: { ...ends, "controllerManager.started": { guard: "isThisOne", target: "standby" } }
    },
    standby: {
      description: "It competes for the lease. No informer and no controller runs.",
      on: { ...ends, "controllerManager.led": { target: "leading" } }
    },
    leading: {
      description: "Its controllers run, each started once. It leads until it ends.",
      on: { ...ends, "controllerManager.controllerStarted": { guard: "isFirst", actions: "run" } }
    }
  }
})

export const charts = { "controller-manager.process": process } as const
