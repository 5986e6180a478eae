/** api-server/registry/leases. Spec: model/leader-election.ts. Source: kubernetes registry/coordination/lease. */
import type { Strategy } from "#impl/api-server/registry/strategy.ts"
import { type Lease, validateLease, validateLeaseUpdate } from "#model/objects/lease.ts"

export const leases: Strategy<Lease> = {
  allowsCreateOnUpdate: true,
  allowsUnconditionalUpdate: false,
  returnsDeleted: false,
  defaulted: (lease) => lease.spec === undefined ? { ...(lease as Lease), spec: {} } : lease,
  prepareForCreate: (lease) => lease,
  validate: validateLease,
  validateUpdate: validateLeaseUpdate
}
