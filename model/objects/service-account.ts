/**
 * serviceaccounts: the stored form; neither spec nor status, and no defaulting.
 * Source: kubernetes apis/core/validation ValidateServiceAccount; registry/core/serviceaccount/strategy.go, v1.36.
 */
import type { Causes } from "#model/objects/causes.ts"
import type { NamespacedMeta, Replace, Schemas } from "#model/objects/metadata.ts"
import { validateMeta, validateMetaUpdate } from "#model/objects/metadata-rules.ts"
import { dnsSubdomain } from "#model/objects/names.ts"

export type GivenServiceAccount = Schemas["io.k8s.api.core.v1.ServiceAccount"]
export type ServiceAccount = Replace<GivenServiceAccount, {
  readonly apiVersion: "v1"
  readonly kind: "ServiceAccount"
  readonly metadata: NamespacedMeta
}>

export const guaranteedServiceAccount: ReadonlyArray<string> = ["metadata.namespace"]

export const validateServiceAccount = ({ metadata }: ServiceAccount): Causes =>
  validateMeta(metadata, true, dnsSubdomain, true)
export const validateServiceAccountUpdate = (account: ServiceAccount, existing: ServiceAccount): Causes =>
  [...validateMetaUpdate(account.metadata, existing.metadata), ...validateServiceAccount(account)]

/** Of its secrets only the names are kept. */
export const withoutStrangeSecrets = (account: ServiceAccount): ServiceAccount =>
  account.secrets === undefined ? account
  : { ...account, secrets: account.secrets.map(({ name }) => name === undefined ? {} : { name }) }
