/** serviceaccounts: the stored form; neither spec nor status, and no defaulting. */
import type { NamespacedMeta, Replace, Schemas } from "#model/objects/metadata.ts"

export type GivenServiceAccount = Schemas["io.k8s.api.core.v1.ServiceAccount"]
export type ServiceAccount = Replace<GivenServiceAccount, {
  readonly apiVersion: "v1"
  readonly kind: "ServiceAccount"
  readonly metadata: NamespacedMeta
}>

export const guaranteedServiceAccount: ReadonlyArray<string> = ["metadata.namespace"]
