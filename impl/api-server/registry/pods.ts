/** api-server/registry/pods. Spec: model/pod.ts. Source: kubernetes registry/core/pod/strategy.go. */
import type { Strategy } from "#impl/api-server/registry/strategy.ts"
import { type Causes, forbidden } from "#model/objects/causes.ts"
import { validateMeta } from "#model/objects/metadata-rules.ts"
import { dnsSubdomain } from "#model/objects/names.ts"
import type { Pod, PodStatus } from "#model/objects/pod.ts"
import { defaultPod, qosClassOf } from "#model/objects/pod/defaults.ts"
import { validatePodSpec } from "#model/objects/pod/spec.ts"
import { validatePodStatusUpdate, validatePodUpdate } from "#model/objects/pod/update.ts"
import { timeOf } from "#model/objects/time.ts"

const gatedCondition = {
  type: "PodScheduled", status: "False", lastProbeTime: null, reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates"
} as const

const newStatus = ({ spec }: Pod, now_ms: number): PodStatus => {
  const status: PodStatus = { phase: "Pending", qosClass: qosClassOf(spec) }
  const isGated = (spec.schedulingGates ?? []).length > 0
  return isGated ? { ...status, conditions: [{ ...gatedCondition, lastTransitionTime: timeOf(now_ms) }] }
    : status
}

const validateNew = ({ metadata, spec }: Pod): Causes => [
  ...validateMeta(metadata, true, dnsSubdomain, true), ...validatePodSpec(spec, "spec"),
  ...((spec.ephemeralContainers ?? []).length === 0 ? []
    : [forbidden("spec.ephemeralContainers", "cannot be set on create")]),
  ...((spec.schedulingGates ?? []).length > 0 && (spec.nodeName ?? "") !== ""
    ? [forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")] : [])
]

/** The first of its addresses is also in the old field. Source: conversion.go in apis/core/v1. */
const withAddresses = (status: PodStatus): PodStatus => {
  const { podIP, podIPs } = status
  if (podIPs !== undefined && podIPs.length > 0) {
    return podIP === podIPs[0]!.ip ? status : { ...status, podIP: podIPs[0]!.ip }
  }
  return podIP === undefined ? status : { ...status, podIPs: [{ ip: podIP }] }
}

export const pods: Strategy<Pod> = {
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  returnsDeleted: true,
  defaulted: defaultPod,
  prepareForCreate: (pod, now_ms) => ({ ...pod, status: newStatus(pod, now_ms) }),
  validate: validateNew,
  validateUpdate: validatePodUpdate,
  status: {
    /** Owners do not change with a status; old kubelets corrupted them. */
    prepare: (pod, existing) => {
      const { ownerReferences: _given, ...metadata } = pod.metadata
      const { ownerReferences } = existing.metadata
      const { qosClass = existing.status.qosClass } = pod.status
      return {
        ...pod, status: withAddresses({ ...pod.status, qosClass }),
        metadata: ownerReferences === undefined ? metadata : { ...metadata, ownerReferences }
      }
    },
    validate: validatePodStatusUpdate
  }
}
