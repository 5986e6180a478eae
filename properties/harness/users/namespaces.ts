/** A namespace is made with something in it, or deleted. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { Client } from "#impl/client.ts"
import type { OperationOf } from "#model/events/operations.ts"
import { logUniform } from "#properties/harness/draw/numbers.ts"
import { plainer, podSpec } from "#properties/harness/draw/pod-spec.ts"
import { ask, finalized, pod, replicaSet } from "#properties/harness/users/objects.ts"
import { type Act, fields, held, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

export const namespaceName = fc.constantFrom("team-0", "team-1")

const fill = ({ held: isHeld, name: namespace, pods, spec }: OperationOf<"namespace.fill">): Act =>
  Effect.gen(function*() {
    const client = yield* Client
    yield* Effect.catchTag(
      client.create("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }),
      "AlreadyExists", () => Effect.void)
    for (let i = 0; i < pods; i++) yield* client.create("pods", pod(`pod-${i}`, spec, namespace))
    const set = replicaSet("web-0", pods, spec, undefined, namespace)
    yield* client.create("replicasets", finalized(set, isHeld === true))
  })

/** Of pods too: a template's finalizers are its pods'. */
const release = (namespace: string): Act => Effect.gen(function*() {
  const client = yield* Client
  for (const resource of ["pods", "replicasets"] as const) {
    const { items } = yield* client.list(resource, { namespace })
    for (const { metadata: { finalizers = [], name } } of items) {
      if (finalizers.length === 0) continue
      yield* client.patch(resource, namespace, name, { metadata: { finalizers: null } })
    }
  }
})

export const namespaceOperation: OperationKinds<"namespace.fill" | "namespace.delete"> = {
  "namespace.fill": {
    weight: 3, likelihood: 0.35,
    draw: (scene) => fields("namespace.fill", {
      name: namespaceName, pods: fc.nat(3), spec: podSpec(scene.on, scene.topology, "Always"), held: held(scene)
    }),
    act: fill,
    simpler: (operation) => [
      ...operation.pods > 0 ? [{ ...operation, pods: operation.pods - 1 }] : [],
      ...plainer(operation.spec).map((spec) => ({ ...operation, spec }))
    ]
  },
  "namespace.delete": {
    weight: 3, likelihood: 0.35,
    draw: ({ on }) => fields("namespace.delete", {
      name: namespaceName,
      release_ms: on.has("spec:finalizers") ? logUniform(20_000, 200_000) : fc.constant(undefined)
    }),
    act: ({ name: namespace, release_ms }) => Effect.andThen(
      ask((client) => client.delete("namespaces", "", namespace)),
      release_ms === undefined ? Effect.void : Effect.delay(release(namespace), release_ms))
  }
}
