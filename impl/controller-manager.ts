/**
 * kube-controller-manager: a shell that elects a leader and runs the controllers it is given. Spec:
 * model/controller-manager.ts.
 */
import { Effect } from "effect"
import { Client, make as makeClient } from "#impl/client.ts"
import { make as makeInformer } from "#impl/informer.ts"
import { Journal, type StateOf } from "#impl/journal.ts"
import { run as runElected } from "#impl/leader-election.ts"
import type { Controller, Informers } from "#impl/ports/controllers.ts"
import { type Draws, type Network, Process } from "#impl/ports.ts"
import type { charts } from "#model/controller-manager.ts"
import type { EventOf } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"

export interface Config {
  /** In the order in which they start. */
  readonly controllers: ReadonlyArray<Controller>
}

export interface Parts {
  readonly makeInformers: Effect.Effect<Informers, never, Client | Process | Journal | Draws>
}

const podIndexes: Readonly<Record<string, (pod: Pod) => ReadonlyArray<string>>> = {
  node: (pod) => pod.spec.nodeName === undefined || pod.spec.nodeName === "" ? [] : [pod.spec.nodeName],
  owner: (pod) => {
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true)
    return owner === undefined ? [] : [owner.uid]
  },
  orphan: (pod) => pod.metadata.ownerReferences?.some((reference) => reference.controller === true) === true ? []
    : [pod.metadata.namespace]
}

export const defaultParts: Parts = {
  makeInformers: Effect.gen(function*() {
    return {
      nodes: yield* makeInformer("nodes", {}),
      leases: yield* makeInformer("leases", {}),
      replicaSets: yield* makeInformer("replicasets", {}),
      pods: yield* makeInformer("pods", {}, { indexes: podIndexes })
    }
  })
}

export const program = (
  config: Config, parts?: Partial<Parts>
): Effect.Effect<never, never, Process | Network | Journal | Draws> =>
  Effect.gen(function*() {
    const process = yield* Process
    const journal = yield* Journal
    const { makeInformers } = { ...defaultParts, ...parts }
    const write = (
      event: EventOf<"controllerManager">, state: StateOf<typeof charts["controller-manager.process"]>
    ): void => journal.wrote("controller-manager.process", "kube-controller-manager", event, state)
    write({ type: "controllerManager.started", incarnation: process.incarnation }, "standby")

    const lead = Effect.gen(function*() {
      write({ type: "controllerManager.led" }, "leading")
      const informers = yield* makeInformers
      // Together: a defect in one of them is the process's own.
      yield* Effect.forEach(config.controllers, (controller) => {
        write({ type: "controllerManager.controllerStarted", controller: controller.name }, "leading")
        return controller.run(informers)
      }, { concurrency: "unbounded", discard: true })
      return yield* Effect.never
    })
    return yield* Effect.provideService(
      runElected("kube-controller-manager", lead, false), Client, yield* makeClient("kube-controller-manager"))
  })
