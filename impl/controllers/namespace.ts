/**
 * namespace: empties a namespace that is being deleted and then lets it go. Spec: model/controllers/namespace.ts.
 *
 * Source: pkg/controller/namespace/namespace_controller.go; deletion/namespaced_resources_deleter.go Delete, v1.36.
 * Deviates: the phase Terminating is the API server's, in the write that marks it, so that nobody sets it here; who
 * waits for an estimate forgets the failures before it.
 */
import { Effect, Result } from "effect"
import type { ApiError } from "#impl/client/errors.ts"
import { controller as make, type Services } from "#impl/controller.ts"
import type { StillThere, Sync } from "#impl/controller/sync.ts"
import { conditionsAfter } from "#impl/controllers/namespace/conditions.ts"
import { deleteContent } from "#impl/controllers/namespace/content.ts"
import { queueBackoff_ms, slowestRetry_ms } from "#model/limits/client.ts"
import { look_ms, workers } from "#model/limits/controllers/namespace.ts"
import { contentFinalizer, type Namespace } from "#model/objects/namespace.ts"

type Syncing = Sync<"namespaces">

/** Undefined: it is gone. */
const live = ({ client }: Services, name: string): Effect.Effect<Namespace | undefined, ApiError> =>
  Effect.catchTag(client.get("namespaces", "", name), "NotFound", () => Effect.succeed(undefined))

/** Against whoever writes it meanwhile; another namespace of that name is none of ours. */
const finalize = (sync: Syncing, on: Services, namespace: Namespace): Effect.Effect<void, ApiError> => {
  const { name, uid } = namespace.metadata
  const finalizers = (namespace.spec.finalizers ?? []).filter((one) => one !== contentFinalizer)
  const done = sync.write({ verb: "update", resource: "namespaces", subresource: "finalize", uid },
    on.client.finalize({ ...namespace, spec: { ...namespace.spec, finalizers } }))
  return Effect.asVoid(done).pipe(
    Effect.catchTag("NotFound", () => Effect.void),
    Effect.catchTag("Conflict", (conflict) => Effect.flatMap(live(on, name), (now) => now === undefined ? Effect.void
      : now.metadata.uid === uid ? finalize(sync, on, now) : Effect.fail(conflict))))
}

const act = (
  sync: Syncing, _: unknown, on: Services
): Effect.Effect<number | undefined, ApiError | StillThere> => Effect.gen(function*() {
  sync.begin()
  const namespace = yield* live(on, sync.object.metadata.name)
  if (namespace?.metadata.deletionTimestamp === undefined || (namespace.spec.finalizers ?? []).length === 0) return
  sync.plan([], false, true)
  const wall_ms = () => on.process.wall_ms()
  const left = yield* deleteContent(on.client, sync, namespace, wall_ms)
  let current = namespace
  const conditions = conditionsAfter(namespace.status.conditions ?? [], left, wall_ms())
  if (conditions !== undefined) {
    // What it says is not what matters: whoever cannot write it goes on.
    const { uid } = namespace.metadata
    const written = yield* Effect.result(sync.write(
      { verb: "update", resource: "namespaces", subresource: "status", uid },
      on.client.updateStatus("namespaces", { ...namespace, status: { ...namespace.status, conditions } })))
    if (Result.isSuccess(written)) current = written.success
  }
  if (left.failures.length > 0) return yield* Effect.fail(left.failures[0]!)
  if (left.estimate_s > 0) return (Math.floor(left.estimate_s / 2) + 1) * 1000
  yield* finalize(sync, on, current)
  return undefined
})

export const controller = make<"namespaces">("namespace-controller", {
  queue: "namespace", of: "namespaces", workers, delay_ms: look_ms, parts: {},
  limiter: { first_ms: queueBackoff_ms, max_ms: slowestRetry_ms["namespace"]! },
  wakes: ({ metadata }) => metadata.deletionTimestamp !== undefined,
  plan: () => ({ writes: [] }), act
})
