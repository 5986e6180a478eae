/** api-server/registry/service-accounts: little but metadata. Source: kubernetes registry/core/serviceaccount. */
import type { Strategy } from "#impl/api-server/registry/strategy.ts"
import {
  type ServiceAccount, validateServiceAccount, validateServiceAccountUpdate, withoutStrangeSecrets
} from "#model/objects/service-account.ts"

export const serviceaccounts: Strategy<ServiceAccount> = {
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  returnsDeleted: true,
  prepareForCreate: withoutStrangeSecrets,
  validate: validateServiceAccount,
  prepareForUpdate: withoutStrangeSecrets,
  validateUpdate: validateServiceAccountUpdate
}
