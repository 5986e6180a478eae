/**
 * namespace/content: takes the content of a namespace away, pods before everything else, and counts what remains.
 * Source: pkg/controller/namespace/deletion/namespaced_resources_deleter.go deleteAllContent, v1.36.
 * Deviates: resources in the order of the table of kinds instead of any; all can be discovered and deleted at once.
 */
import { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import type { ApiError } from "#impl/client/errors.ts"
import { StillThere, type Sync } from "#impl/controller/sync.ts"
import { kinds, type Resource, resources } from "#model/kinds.ts"
import { finalizerEstimate_s } from "#model/limits/controllers/namespace.ts"
import type { Namespace } from "#model/objects/namespace.ts"
import type { Pod } from "#model/objects/pod.ts"
import { millisOf } from "#model/objects/time.ts"

export interface Left {
  /** How much longer it may take, in seconds; 0: nobody knows of anything to wait for. */
  estimate_s: number
  /** How many, by resource and by finalizer. While there are pods nobody has counted the rest. */
  readonly remaining: Map<Resource, number>
  readonly finalizers: Map<string, number>
  readonly failures: Array<ApiError | StillThere>
}

/** The longest grace of those that still run, as long as that is not over since the namespace was deleted. */
const graceOf = (pods: ReadonlyArray<Pod>, deleted_ms: number, now_ms: number): number => {
  const running = pods.filter(({ status: { phase } }) => phase !== "Succeeded" && phase !== "Failed")
  const grace_s = running.reduce((most, { spec }) => Math.max(most, spec.terminationGracePeriodSeconds ?? 0), 0)
  return now_ms - deleted_ms >= grace_s * 1000 ? 0 : grace_s
}

export const deleteContent = (
  client: Client["Service"], sync: Sync<"namespaces">, { metadata }: Namespace, now_ms: () => number
): Effect.Effect<Left> => Effect.gen(function*() {
  const { deletionTimestamp, name: namespace, uid } = metadata
  const left: Left = { estimate_s: 0, remaining: new Map(), finalizers: new Map(), failures: [] }
  const empty = (resource: Resource, grace_s: number) => Effect.gen(function*() {
    left.estimate_s = Math.max(left.estimate_s, grace_s)
    yield* sync.write({ verb: "deletecollection", resource, uid },
      client.deleteCollection(resource, { namespace, propagationPolicy: "Background" }))
    const { items } = yield* client.list(resource, { namespace })
    if (items.length === 0) return
    left.remaining.set(resource, items.length)
    const held = items.flatMap(({ metadata: { finalizers = [] } }) => finalizers)
    for (const finalizer of held) left.finalizers.set(finalizer, (left.finalizers.get(finalizer) ?? 0) + 1)
    if (grace_s > 0) return
    if (held.length === 0) return yield* Effect.fail(new StillThere(`${resource} in ${namespace}`))
    left.estimate_s = Math.max(left.estimate_s, finalizerEstimate_s)
  })
  const note = <A>(one: Effect.Effect<A, ApiError | StillThere>) => Effect.match(one, {
    onSuccess: () => {}, onFailure: (failure) => void left.failures.push(failure)
  })
  yield* note(Effect.flatMap(client.list("pods", { namespace }), ({ items }) =>
    empty("pods", graceOf(items, millisOf(deletionTimestamp!), now_ms()))))
  if (left.remaining.has("pods")) return left
  for (const resource of resources) {
    if (kinds[resource].namespaced && resource !== "pods") yield* note(empty(resource, 0))
  }
  return left
})
