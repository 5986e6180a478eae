/** A ReplicaSet is deleted. */
import { ask, namespace } from "#properties/harness/users/objects.ts"
import { fields, setName, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

export const replicaSetDeletion: OperationKinds<"replicaSet.delete"> = {
  "replicaSet.delete": {
    weight: 2,
    draw: () => fields("replicaSet.delete", { name: setName }),
    act: ({ name }) => ask((client) => client.delete("replicasets", namespace, name))
  }
}
