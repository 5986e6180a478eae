/** A ReplicaSet is scaled, or gets another template. */
import { podSpec } from "#properties/harness/draw/pod-spec.ts"
import { change } from "#properties/harness/users/objects.ts"
import { fields, setName, type OperationKinds } from "#properties/harness/users/operation-kind.ts"
import { fewer, replicas, withPlainer } from "#properties/harness/users/replica-set-create.ts"

export const replicaSetChange: OperationKinds<"replicaSet.scale" | "replicaSet.update"> = {
  "replicaSet.scale": {
    weight: 4,
    draw: () => fields("replicaSet.scale", { name: setName, replicas }),
    act: ({ name, replicas }) => change("replicasets", name, (set) => ({ ...set, spec: { ...set.spec, replicas } })),
    simpler: fewer
  },
  "replicaSet.update": {
    weight: 1,
    draw: ({ on, topology }) =>
      fields("replicaSet.update", { name: setName, template: podSpec(on, topology, "Always") }),
    act: ({ name, template }) => change("replicasets", name, (set) =>
      ({ ...set, spec: { ...set.spec, template: { ...set.spec.template, spec: template } } })),
    simpler: withPlainer
  }
}
