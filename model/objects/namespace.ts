/**
 * namespaces: the stored form. Spec: model/controllers/namespace.ts.
 *
 * Source: kubernetes registry/core/namespace/strategy.go (PrepareForCreate: Active, finalizer kubernetes);
 * apis/core/v1/defaults.go (SetDefaults_Namespace: the label of its name); apis/core/validation ValidateNamespace and
 * its kin, v1.36.
 */
import { type Causes, each, invalidValue } from "#model/objects/causes.ts"
import type { ObjectMeta, Schemas, With } from "#model/objects/metadata.ts"
import { validateCoreFinalizer, validateMeta, validateMetaUpdate } from "#model/objects/metadata-rules.ts"
import { dnsLabel, qualifiedName } from "#model/objects/names.ts"

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
  const { labels = {}, name = "" } = given.metadata
  return {
    ...given, spec: given.spec ?? {}, status: given.status ?? { phase: "Active" },
    metadata: labels[nameLabel] === name || name === "" ? given.metadata
      : { ...given.metadata, labels: { ...labels, [nameLabel]: name } }
  }
}

/** Who takes its content away holds it with this one, in the spec. */
export const contentFinalizer = "kubernetes"

/** Its name may have been drawn after its defaults were filled in. */
export const newNamespace = (given: Namespace): Namespace => {
  const { finalizers = [] } = given.spec
  return {
    ...defaultNamespace(given), status: { phase: "Active" },
    spec: finalizers.includes(contentFinalizer) ? given.spec
      : { ...given.spec, finalizers: [...finalizers, contentFinalizer] }
  }
}

const validateFinalizer = (finalizer: string, field: string): Causes =>
  [...each(field, finalizer, qualifiedName(finalizer)), ...validateCoreFinalizer(finalizer, field)]

export const validateNamespace = ({ metadata, spec }: Namespace): Causes => [
  ...validateMeta(metadata, false, dnsLabel, true),
  ...(spec.finalizers ?? []).flatMap((one) => validateFinalizer(one, "spec.finalizers"))
]
export const validateNamespaceUpdate = (namespace: Namespace, existing: Namespace): Causes =>
  [...validateNamespace(namespace), ...validateMetaUpdate(namespace.metadata, existing.metadata)]

export const validateNamespaceStatusUpdate = ({ metadata, status }: Namespace, existing: Namespace): Causes => {
  const [lawful, when] = metadata.deletionTimestamp === undefined ? ["Active", "is empty"]
    : ["Terminating", "is not empty"]
  return [
    ...validateMetaUpdate(metadata, existing.metadata),
    ...(status.phase === lawful ? [] : [invalidValue("status.Phase", status.phase,
      `may only be '${lawful}' if \`deletionTimestamp\` ${when}`)])
  ]
}

export const validateFinalize = ({ metadata, spec }: Namespace, existing: Namespace): Causes => [
  ...validateMetaUpdate(metadata, existing.metadata),
  ...(spec.finalizers ?? []).flatMap((one, i) => validateFinalizer(one, `spec.finalizers[${i}]`))
]
