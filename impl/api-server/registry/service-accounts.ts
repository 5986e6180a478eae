/** api-server/registry/service-accounts: nothing but metadata. Source: kubernetes registry/core/serviceaccount. */
import type { Strategy } from "#impl/api-server/registry/strategy.ts"
import type { ServiceAccount } from "#model/objects/service-account.ts"

export const serviceaccounts: Strategy<ServiceAccount> = {
  hasStatus: false,
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  prepareForCreate: (account) => account,
  validate: () => [],
  validateUpdate: () => []
}
