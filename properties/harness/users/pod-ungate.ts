/** A pod's scheduling gates are taken away. */
import { Effect } from "effect"
import type { Pod } from "#model/objects/pod.ts"
import { change, resolve } from "#properties/harness/users/objects.ts"
import { fields, podName, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

const ungated = (object: Pod): Pod => {
  const { schedulingGates = [], ...spec } = object.spec
  return schedulingGates.length === 0 ? object : { ...object, spec }
}

export const podUngating: OperationKinds<"pod.ungate"> = {
  "pod.ungate": {
    weight: 4, needs: "spec:gates",
    draw: () => fields("pod.ungate", { name: podName }),
    act: ({ name }) => Effect.flatMap(resolve(name), (own) => change("pods", own, ungated))
  }
}
