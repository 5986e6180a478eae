/**
 * replicasets: the stored form. Spec: model/controllers/replica-set.ts.
 *
 * Source: kubernetes apis/apps/v1/defaults.go (SetDefaults_ReplicaSet), registry/apps/replicaset/strategy.go,
 * apis/apps/validation ValidateReplicaSet and its kin, v1.36.
 */
import {
  type Causes, forbidden, immutable, invalidValue, notNegative, notSupported, required
} from "#model/objects/causes.ts"
import { equal } from "#model/objects/equality.ts"
import { isEmptySelector, selects, validateLabelSelector } from "#model/objects/label-selector.ts"
import type { NamespacedMeta, Replace, Schemas, With } from "#model/objects/metadata.ts"
import { validateAnnotations, validateLabels, validateMeta, validateMetaUpdate } from "#model/objects/metadata-rules.ts"
import { dnsSubdomain } from "#model/objects/names.ts"
import { guaranteedPodSpec, type PodTemplate } from "#model/objects/pod.ts"
import { defaultPodSpec } from "#model/objects/pod/defaults.ts"
import { validatePodSpec } from "#model/objects/pod/spec.ts"

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

export const guaranteedReplicaSet: ReadonlyArray<string> = ["metadata.namespace", "metadata.generation",
  "spec.replicas",
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

const validateTemplate = ({ metadata, spec }: PodTemplate, field: string): Causes => [
  ...validateLabels(metadata.labels ?? {}, `${field}.labels`),
  ...validateAnnotations(metadata.annotations ?? {}, `${field}.annotations`),
  ...validatePodSpec(spec, `${field}.spec`),
  ...((spec.ephemeralContainers ?? []).length === 0 ? []
    : [forbidden(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template")])
]

const noMatch = "`selector` does not match template `labels`"

const validateSpec = ({ minReadySeconds, replicas, selector, template }: ReplicaSetSpec): Causes => {
  const { labels = {} } = template.metadata
  return [
    ...notNegative("spec.replicas", replicas), ...notNegative("spec.minReadySeconds", minReadySeconds),
    ...validateLabelSelector(selector, "spec.selector"),
    // The field is required, but nothing before this has asked for it.
    ...((selector as typeof selector | undefined) === undefined
      ? [required("spec.selector"), invalidValue("spec.template.metadata.labels", labels, noMatch)]
      : isEmptySelector(selector)
        ? [invalidValue("spec.selector", selector, "empty selector is invalid for deployment")]
      : selects(selector, labels) ? []
      : [invalidValue("spec.template.metadata.labels", labels, noMatch)]),
    ...validateTemplate(template, "spec.template"),
    ...(template.spec.restartPolicy === "Always" ? []
      : [notSupported("spec.template.spec.restartPolicy", template.spec.restartPolicy, ["Always"])]),
    ...(template.spec.activeDeadlineSeconds === undefined ? []
      : [forbidden("spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in ReplicaSet is not Supported")])
  ]
}

export const validateReplicaSet = ({ metadata, spec }: ReplicaSet): Causes =>
  [...validateMeta(metadata, true, dnsSubdomain, true), ...validateSpec(spec)]

export const validateReplicaSetUpdate = (set: ReplicaSet, existing: ReplicaSet): Causes => [
  ...validateMetaUpdate(set.metadata, existing.metadata),
  ...(set.spec === existing.spec ? [] : validateSpec(set.spec)),
  ...(equal(set.spec.selector, existing.spec.selector) ? []
    : [invalidValue("spec.selector", set.spec.selector, immutable)])
]

const counted = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration",
  "terminatingReplicas"] as const

export const validateReplicaSetStatusUpdate = ({ metadata, status }: ReplicaSet, existing: ReplicaSet): Causes => {
  const { availableReplicas = 0, readyReplicas = 0, replicas } = status
  const atMost = (name: "fullyLabeledReplicas" | "readyReplicas" | "availableReplicas"): Causes =>
    (status[name] ?? 0) <= replicas ? []
      : [invalidValue(`status.${name}`, status[name], "cannot be greater than status.replicas")]
  return [
    ...validateMetaUpdate(metadata, existing.metadata),
    ...counted.flatMap((name) => notNegative(`status.${name}`, status[name])),
    ...atMost("fullyLabeledReplicas"), ...atMost("readyReplicas"), ...atMost("availableReplicas"),
    ...(availableReplicas <= readyReplicas ? []
      : [invalidValue("status.availableReplicas", availableReplicas, "cannot be greater than readyReplicas")])
  ]
}
