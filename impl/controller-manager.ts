/**
 * kube-controller-manager: a shell that elects a leader and runs the controllers it is given. Spec:
 * model/controller-manager.ts.
 */
import { Effect } from "effect"
import { Client, make as makeClient } from "#impl/client.ts"
import { Informers, make as makeInformers } from "#impl/informer.ts"
import { Journal, type StateOf } from "#impl/journal.ts"
import { run as runElected } from "#impl/leader-election.ts"
import type { Controller } from "#impl/ports/controllers.ts"
import { type Draws, type Network, Process } from "#impl/ports.ts"
import type { charts } from "#model/controller-manager.ts"
import type { EventOf } from "#model/events.ts"

export interface Config {
  /** In the order in which they start. */
  readonly controllers: ReadonlyArray<Controller>
}

export interface Parts {
  readonly informers: Effect.Effect<Informers["Service"], never, Client | Process | Journal | Draws>
}

export const defaultParts: Parts = { informers: makeInformers() }

export const program = (
  config: Config, parts?: Partial<Parts>
): Effect.Effect<never, never, Process | Network | Journal | Draws> =>
  Effect.gen(function*() {
    const process = yield* Process
    const journal = yield* Journal
    const { informers } = { ...defaultParts, ...parts }
    const write = (
      event: EventOf<"controllerManager">, state: StateOf<typeof charts["controller-manager.process"]>
    ): void => journal.wrote("controller-manager.process", "kube-controller-manager", event, state)
    write({ type: "controllerManager.started", incarnation: process.incarnation }, "standby")

    const lead = Effect.gen(function*() {
      write({ type: "controllerManager.led" }, "leading")
      // Together: a defect in one of them is the process's own.
      const all = Effect.forEach(config.controllers, (controller) => {
        write({ type: "controllerManager.controllerStarted", controller: controller.name }, "leading")
        return controller.run
      }, { concurrency: "unbounded", discard: true })
      yield* Effect.provideService(all, Informers, yield* informers)
      return yield* Effect.never
    })
    return yield* Effect.provideService(
      runElected("kube-controller-manager", lead, false), Client, yield* makeClient("kube-controller-manager"))
  })
