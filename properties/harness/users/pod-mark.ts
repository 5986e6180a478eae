/** A pod gets another label or annotation. */
import * as fc from "fast-check"
import { Effect } from "effect"
import { ask, namespace, resolve, selectorLabel } from "#properties/harness/users/objects.ts"
import {
  fields, podName, replicaSetNames, setsPod, type Act, type OperationKinds
} from "#properties/harness/users/operation-kind.ts"

const deletionCost = "controller.kubernetes.io/pod-deletion-cost"

const patch = (name: string, metadata: object): Act => Effect.flatMap(resolve(name), (own) =>
  ask((client) => client.patch("pods", namespace, own, { metadata })))

export const podMark: OperationKinds<"pod.update" | "pod.price"> = {
  "pod.update": {
    weight: 2,
    draw: () => fields("pod.update", { name: podName, label: fc.constantFrom(...replicaSetNames, "other") }),
    act: ({ label, name }) => patch(name, { labels: { [selectorLabel]: label } })
  },
  "pod.price": {
    weight: 1,
    draw: () => fields("pod.price", { name: setsPod, cost: fc.integer({ min: -1, max: 2 }) }),
    act: ({ cost, name }) => patch(name, { annotations: { [deletionCost]: String(cost) } })
  }
}
