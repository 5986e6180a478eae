/**
 * api-server/registry/leases: validation of Leases. Spec: model/leader-election.ts.
 *
 * Source: kubernetes registry/coordination/lease/strategy.go; apis/coordination/validation.
 */
import { invalidValue, type Strategy } from "#impl/api-server/registry/strategy.ts"
import type { Cause } from "#impl/api-server/status.ts"
import type { Lease } from "#model/objects/lease.ts"

const validateSpec = ({ spec }: Lease): ReadonlyArray<Cause> => {
  const causes: Array<Cause> = []
  if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) {
    causes.push(invalidValue("spec.leaseDurationSeconds", "must be greater than 0"))
  }
  if (spec.leaseTransitions !== undefined && spec.leaseTransitions < 0) {
    causes.push(invalidValue("spec.leaseTransitions", "must be greater than or equal to 0"))
  }
  return causes
}

export const leases: Strategy<Lease> = {
  hasStatus: false,
  allowsCreateOnUpdate: true,
  allowsUnconditionalUpdate: false,
  defaulted: (lease) => ({ ...lease, spec: lease.spec ?? {} }),
  prepareForCreate: (lease) => lease,
  validate: validateSpec,
  validateUpdate: (lease) => validateSpec(lease)
}
