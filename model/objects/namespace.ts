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
