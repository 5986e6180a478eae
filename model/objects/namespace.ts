/**
 * namespaces: the stored form. Spec: model/controllers/namespace.ts.
 *
 * Source: kubernetes registry/core/namespace/strategy.go (PrepareForCreate: Active, finalizer kubernetes);
 * apis/core/v1/defaults.go (SetDefaults_Namespace: the label of its name), v1.36.
 */
import type { ObjectMeta, Schemas, With } from "#model/objects/metadata.ts"

export type GivenNamespace = Schemas["io.k8s.api.core.v1.Namespace"]
export type NamespaceCondition = Schemas["io.k8s.api.core.v1.NamespaceCondition"]

export interface Namespace {
  readonly apiVersion: "v1"
  readonly kind: "Namespace"
  readonly metadata: ObjectMeta
  readonly spec: Schemas["io.k8s.api.core.v1.NamespaceSpec"]
  readonly status: With<Schemas["io.k8s.api.core.v1.NamespaceStatus"], "phase">
}

export const guaranteedNamespace: ReadonlyArray<string> = ["spec", "status.phase"]

const nameLabel = "kubernetes.io/metadata.name"

/** Every namespace can be selected by its name. */
export const defaultNamespace = (given: Namespace): Namespace => {
  const { labels = {}, name } = given.metadata
  return {
    ...given, spec: given.spec ?? {}, status: given.status ?? { phase: "Active" },
    metadata: labels[nameLabel] === name ? given.metadata
      : { ...given.metadata, labels: { ...labels, [nameLabel]: name } }
  }
}
