/** A node is closed for new pods, emptied, or opened again. */
import { Effect } from "effect"
import { Client } from "#impl/client.ts"
import { reasonOf } from "#impl/client/errors.ts"
import { ask, namespace } from "#properties/harness/users/objects.ts"
import { fields, nodeName, type Act, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

const cordon = (node: string, unschedulable: true | null): Act =>
  ask((client) => client.patch("nodes", "", node, { spec: { unschedulable } }))

/** kubectl drain: cordon, then delete what is there one by one; pods that vanish meanwhile are none of its business. */
const drain = (node: string): Act => Effect.gen(function*() {
  const client = yield* Client
  yield* cordon(node, true)
  const { items } = yield* client.list("pods", { namespace, fieldSelector: `spec.nodeName=${node}` })
  for (const { metadata } of items) {
    const preconditions = { uid: metadata.uid }
    const result = yield* Effect.result(client.delete("pods", namespace, metadata.name, { preconditions }))
    if (result._tag === "Failure" && reasonOf(result.failure) !== "NotFound" &&
      reasonOf(result.failure) !== "Conflict") {
      return yield* Effect.fail(result.failure)
    }
  }
})

export const cordoning: OperationKinds<"node.cordon" | "node.uncordon" | "node.drain"> = {
  "node.cordon": {
    weight: 1,
    draw: (scene) => fields("node.cordon", { node: nodeName(scene) }),
    act: ({ node }) => cordon(node, true)
  },
  "node.uncordon": {
    weight: 2,
    draw: (scene) => fields("node.uncordon", { node: nodeName(scene) }),
    act: ({ node }) => cordon(node, null)
  },
  "node.drain": {
    weight: 1,
    draw: (scene) => fields("node.drain", { node: nodeName(scene) }),
    act: ({ node }) => drain(node),
    simpler: (operation) => [{ ...operation, type: "node.cordon" }]
  }
}
