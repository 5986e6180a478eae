/** A finalizer of the user's own is added or removed. */
import * as fc from "fast-check"
import { Effect } from "effect"
import { ask, change, finalized, namespace, resolve } from "#properties/harness/users/objects.ts"
import { fields, podName, setName, type Act, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

/** kubectl patch, unconditional: what holds the object is taken away, whoever writes meanwhile. */
const letGo = (resource: "pods" | "replicasets", name: string): Act =>
  ask((client) => client.patch(resource, namespace, name, { metadata: { finalizers: null } }))

export const finalization: OperationKinds<"replicaSet.finalize" | "pod.finalize"> = {
  "replicaSet.finalize": {
    weight: 2, needs: "spec:finalizers",
    draw: () => fields("replicaSet.finalize", { name: setName, present: fc.boolean() }),
    act: ({ name, present }) => present ? change("replicasets", name, (set) => finalized(set, true))
      : letGo("replicasets", name)
  },
  "pod.finalize": {
    weight: 6, needs: "spec:finalizers",
    draw: () => fields("pod.finalize", { name: podName, present: fc.boolean() }),
    act: ({ name, present }) => Effect.flatMap(resolve(name), (own) =>
      present ? change("pods", own, (one) => finalized(one, true)) : letGo("pods", own))
  }
}
