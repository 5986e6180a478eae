/** A ReplicaSet is made. */
import * as fc from "fast-check"
import type { OperationOf } from "#model/events/operations.ts"
import { plainer, podSpec } from "#properties/harness/draw/pod-spec.ts"
import { ask, finalized, replicaSet } from "#properties/harness/users/objects.ts"
import { fields, held, setName, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

export const replicas = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 5 }) }, { weight: 1, arbitrary: fc.nat(12) }
)
/** One, half as many, one less. */
export const fewer = <O extends { readonly replicas: number }>(operation: O): ReadonlyArray<O> =>
  [1, operation.replicas >> 1, operation.replicas - 1]
    .filter((fewer) => fewer >= 0 && fewer < operation.replicas).map((fewer) => ({ ...operation, replicas: fewer }))
export const withPlainer = <O extends { readonly template: OperationOf<"replicaSet.create">["template"] }>(
  operation: O
): ReadonlyArray<O> => plainer(operation.template).map((template) => ({ ...operation, template }))

export const replicaSetCreation: OperationKinds<"replicaSet.create"> = {
  "replicaSet.create": {
    weight: 4,
    draw: (scene) => fields("replicaSet.create", {
      name: setName, replicas, template: podSpec(scene.on, scene.topology, "Always"),
      minReadySeconds: fc.constantFrom(undefined, undefined, undefined, 5, 30), held: held(scene)
    }),
    act: ({ held: isHeld, minReadySeconds, name, replicas, template }) => ask((client) => client.create("replicasets",
      finalized(replicaSet(name, replicas, template, minReadySeconds), isHeld === true))),
    simpler: (operation) => [...fewer(operation), ...withPlainer(operation)]
  }
}
