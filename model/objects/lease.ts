/**
 * leases: the stored form; its stamps have microseconds. Spec: model/leader-election.ts. No defaulting of its own.
 * Source: kubernetes apis/coordination/validation/validation.go ValidateLease, v1.36.
 */
import { type Causes, forbidden, notNegative, notSupported, positive } from "#model/objects/causes.ts"
import type { NamespacedMeta, Schemas } from "#model/objects/metadata.ts"
import { validateMeta, validateMetaUpdate } from "#model/objects/metadata-rules.ts"
import { dnsSubdomain } from "#model/objects/names.ts"

export type GivenLease = Schemas["io.k8s.api.coordination.v1.Lease"]
export type LeaseSpec = Schemas["io.k8s.api.coordination.v1.LeaseSpec"]

export interface Lease {
  readonly apiVersion: "coordination.k8s.io/v1"
  readonly kind: "Lease"
  readonly metadata: NamespacedMeta
  readonly spec: LeaseSpec
}

export const guaranteedLease: ReadonlyArray<string> = ["metadata.namespace", "spec"]

const strategies = ["OldestEmulationVersion"]

const validateSpec = ({ leaseDurationSeconds, leaseTransitions, preferredHolder, strategy }: LeaseSpec): Causes => [
  ...positive("spec.leaseDurationSeconds", leaseDurationSeconds),
  ...notNegative("spec.leaseTransitions", leaseTransitions),
  ...(strategy === undefined || strategy.includes("/") || strategies.includes(strategy) ? []
    : [notSupported("spec.strategy.strategy", strategy, strategies)]),
  ...((preferredHolder ?? "") !== "" && (strategy ?? "") === ""
    ? [forbidden("spec.preferredHolder", "may only be specified when `strategy` is defined")] : [])
]

export const validateLease = (lease: Lease): Causes =>
  [...validateMeta(lease.metadata, true, dnsSubdomain), ...validateSpec(lease.spec)]

/** The spec alone: who may write it may write all of it. */
export const validateLeaseUpdate = (lease: Lease, existing: Lease): Causes =>
  [...validateMetaUpdate(lease.metadata, existing.metadata), ...validateSpec(lease.spec)]
