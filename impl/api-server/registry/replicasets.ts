/**
 * api-server/registry/replicasets: defaults and validation of ReplicaSets. Spec: model/api-server.ts.
 *
 * Source: kubernetes registry/apps/replicaset/strategy.go; apis/apps/validation ValidateReplicaSet.
 */
import { validatePodSpec } from "#impl/api-server/registry/pods.ts"
import { invalidValue, required, type Strategy } from "#impl/api-server/registry/strategy.ts"
import type { Cause } from "#impl/api-server/status.ts"
import { defaultReplicaSet, type ReplicaSet } from "#model/objects/replica-set.ts"
import { equal } from "#model/objects/equality.ts"

const validateSpec = ({ spec }: ReplicaSet): ReadonlyArray<Cause> => {
  const causes: Array<Cause> = []
  const wanted = Object.entries(spec.selector.matchLabels ?? {})
  const labels = spec.template.metadata.labels ?? {}
  if (!Number.isInteger(spec.replicas) || spec.replicas < 0) {
    causes.push(invalidValue("spec.replicas", "must be greater than or equal to 0"))
  }
  if ((spec.minReadySeconds ?? 0) < 0) {
    causes.push(invalidValue("spec.minReadySeconds", "must be greater than or equal to 0"))
  }
  if (wanted.length === 0) causes.push(required("spec.selector"))
  if (!wanted.every(([key, value]) => labels[key] === value)) {
    causes.push(invalidValue("spec.template.metadata.labels", "`selector` does not match template `labels`"))
  }
  if (spec.template.spec.restartPolicy !== "Always") {
    causes.push(invalidValue("spec.template.spec.restartPolicy", "Unsupported value: supported values: \"Always\""))
  }
  return [...causes, ...validatePodSpec(spec.template.spec, "spec.template.spec")]
}

export const replicasets: Strategy<ReplicaSet> = {
  hasStatus: true,
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  defaulted: defaultReplicaSet,
  prepareForCreate: (set) => ({ ...set, status: { replicas: 0 } }),
  validate: validateSpec,
  validateUpdate: (set, existing) => set.spec === existing.spec ? [] : [
    ...validateSpec(set),
    ...(equal(set.spec.selector, existing.spec.selector) ? []
      : [invalidValue("spec.selector", "field is immutable")])
  ]
}
