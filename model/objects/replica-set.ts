/**
 * replicasets: the stored form. Spec: model/controllers/replica-set.ts.
 *
 * Source: kubernetes apis/apps/v1/defaults.go (SetDefaults_ReplicaSet), registry/apps/replicaset/strategy.go, v1.36.
 */
import type { NamespacedMeta, Replace, Schemas, With } from "#model/objects/metadata.ts"
import { defaultPodSpec, guaranteedPodSpec, type PodTemplate } from "#model/objects/pod.ts"

export type GivenReplicaSet = Schemas["io.k8s.api.apps.v1.ReplicaSet"]
export type ReplicaSetSpec = Replace<With<Schemas["io.k8s.api.apps.v1.ReplicaSetSpec"], "replicas">,
  { readonly template: PodTemplate }>
export type ReplicaSetStatus = Schemas["io.k8s.api.apps.v1.ReplicaSetStatus"]

export interface ReplicaSet {
  readonly apiVersion: "apps/v1"
  readonly kind: "ReplicaSet"
  readonly metadata: With<NamespacedMeta, "generation">
  readonly spec: ReplicaSetSpec
  readonly status: ReplicaSetStatus
}

export const guaranteedReplicaSet: ReadonlyArray<string> = ["metadata.namespace", "metadata.generation", "spec.replicas",
  "spec.selector", "spec.template.metadata", ...guaranteedPodSpec.map((path) => `spec.template.spec.${path}`),
  "status.replicas"]

export const defaultReplicaSet = (given: ReplicaSet): ReplicaSet => {
  const { template } = given.spec
  return {
    ...given,
    spec: {
      ...given.spec, replicas: given.spec.replicas ?? 1,
      template: { metadata: template.metadata ?? {}, spec: defaultPodSpec(template.spec) }
    }
  }
}
