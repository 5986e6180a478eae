/** A pod is made, or made anew. */
import { Effect } from "effect"
import { Client } from "#impl/client.ts"
import { reasonOf } from "#impl/client/errors.ts"
import type { OperationOf } from "#model/events/operations.ts"
import type { GivenPodSpec } from "#model/objects/pod.ts"
import { ownPodSpec, plainer } from "#properties/harness/draw/pod-spec.ts"
import { ask, finalized, namespace, pod } from "#properties/harness/users/objects.ts"
import { fields, held, ownPodName, type Act, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

const goneAfter_ms = 1_000 // ASSUMED: kubectl wait polls about once a second.
const goneTries_max = 120 // ASSUMED

/** Delete, wait until the object of that uid is gone, create anew: what a StatefulSet or an impatient user does. */
const recreate = (name: string, spec: GivenPodSpec): Act => Effect.gen(function*() {
  const client = yield* Client
  const before = yield* Effect.result(client.get("pods", namespace, name))
  if (before._tag === "Success") {
    const uid = before.success.metadata.uid
    const deleted = yield* Effect.result(client.delete("pods", namespace, name, { preconditions: { uid } }))
    if (deleted._tag === "Failure" &&
      reasonOf(deleted.failure) !== "NotFound") return yield* Effect.fail(deleted.failure)
    for (let tries = 0; tries < goneTries_max; tries++) {
      const now = yield* Effect.result(client.get("pods", namespace, name))
      if (now._tag === "Failure" && reasonOf(now.failure) === "NotFound") break
      if (now._tag === "Success" && now.success.metadata.uid !== uid) break
      yield* Effect.sleep(goneAfter_ms)
    }
  } else if (reasonOf(before.failure) !== "NotFound") return yield* Effect.fail(before.failure)
  yield* client.create("pods", pod(name, spec))
})

const withPlainer = <O extends OperationOf<"pod.create" | "pod.recreate">>(operation: O): ReadonlyArray<O> =>
  plainer(operation.spec).map((spec) => ({ ...operation, spec }))

export const podCreation: OperationKinds<"pod.create" | "pod.recreate"> = {
  "pod.create": {
    weight: 6,
    draw: (scene) => fields("pod.create",
      { name: ownPodName, spec: ownPodSpec(scene.on, scene.topology), held: held(scene) }),
    act: ({ held: isHeld, name, spec }) =>
      ask((client) => client.create("pods", finalized(pod(name, spec), isHeld === true))),
    simpler: withPlainer
  },
  "pod.recreate": {
    weight: 3,
    draw: ({ on, topology }) => fields("pod.recreate", { name: ownPodName, spec: ownPodSpec(on, topology) }),
    act: ({ name, spec }) => recreate(name, spec),
    simpler: (operation) => [...withPlainer(operation), { ...operation, type: "pod.create" }]
  }
}
