/** leases: the stored form; its stamps have microseconds. Spec: model/leader-election.ts. No defaulting of its own. */
import type { NamespacedMeta, Schemas } from "#model/objects/metadata.ts"

export type GivenLease = Schemas["io.k8s.api.coordination.v1.Lease"]
export type LeaseSpec = Schemas["io.k8s.api.coordination.v1.LeaseSpec"]

export interface Lease {
  readonly apiVersion: "coordination.k8s.io/v1"
  readonly kind: "Lease"
  readonly metadata: NamespacedMeta
  readonly spec: LeaseSpec
}

export const guaranteedLease: ReadonlyArray<string> = ["metadata.namespace", "spec"]
