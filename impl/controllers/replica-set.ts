/**
 * replica-set: the ReplicaSet controller. Spec: model/controllers/replica-set.ts.
 *
 * Level-triggered: handlers only put keys on the queue and settle expectations; a sync reads the informers' state.
 * Deviates: pods of a deleted ReplicaSet keep running, with a reference to an owner that is gone: removing them is
 * the garbage collector's, which is not modelled yet. StaleControllerConsistencyReplicaSet (beta in 1.36) is not
 * modelled: expectations alone guard against a stale informer, as before 1.36.
 */
import { Effect } from "effect"
import { Client } from "#impl/client.ts"
import { Journal } from "#impl/journal.ts"
import type { Controller, Informers } from "#impl/ports/controllers.ts"
import { Process } from "#impl/ports.ts"
import { Expectations } from "#impl/controllers/replica-set/expectations.ts"
import { podHandlers, replicaSetHandlers } from "#impl/controllers/replica-set/handlers.ts"
import { defaultParts, type Parts } from "#impl/controllers/replica-set/parts.ts"
import { Story } from "#impl/controllers/replica-set/story.ts"
import { sync } from "#impl/controllers/replica-set/sync.ts"
import { make as makeQueue, run as runQueue } from "#impl/work-queue.ts"
import * as limits from "#model/limits/controllers/replica-set.ts"

export { defaultParts, type Parts } from "#impl/controllers/replica-set/parts.ts"

const run = (informers: Informers, parts: Parts): ReturnType<Controller["run"]> =>
  Effect.gen(function*() {
    const process = yield* Process
    const client = yield* Client
    const expectations = new Expectations(process.monotonic_ms)
    const story = new Story(yield* Journal, expectations)
    const queue = yield* makeQueue("replicaset")
    informers.replicaSets.addHandlers(replicaSetHandlers({ informers, queue, expectations, story }))
    informers.pods.addHandlers(podHandlers({ informers, queue, expectations, story }))
    yield* informers.replicaSets.synced
    yield* informers.pods.synced
    yield* runQueue(queue, limits.workers, (key) =>
      sync({ client, expectations, informers, parts, process, queue, story }, key))
    return yield* Effect.never
  })

export const controller = (parts?: Partial<Parts>): Controller =>
  ({ name: "replicaset-controller", run: (informers) => run(informers, { ...defaultParts, ...parts }) })
