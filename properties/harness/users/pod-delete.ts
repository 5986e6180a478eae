/** A pod is deleted. */
import * as fc from "fast-check"
import { Effect } from "effect"
import { ask, namespace, resolve } from "#properties/harness/users/objects.ts"
import { fields, podName, setsPod, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

export const podDeletion: OperationKinds<"pod.delete"> = {
  "pod.delete": {
    weight: 4,
    draw: () => fields("pod.delete", { name: fc.oneof(podName, setsPod),
      gracePeriodSeconds: fc.constantFrom(undefined, undefined, 0, 1, 5, 30) }),
    act: ({ gracePeriodSeconds, name }) => Effect.flatMap(resolve(name), (own) => ask((client) =>
      client.delete("pods", namespace, own, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds })))
  }
}
