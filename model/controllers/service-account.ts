/**
 * service-account: keeps an account `default` in each active namespace.
 *
 * States: those of the sync that all controllers share (model/controller.ts); an account's life is api-server.object.
 * Time:   none.
 * Errors: what a terminating namespace refuses is no failure; an account that is there already is tried again.
 * Source: kubernetes.io, "Managing Service Accounts"; services-and-work.md 6. `lawful` is written from those.
 */
import type { Written } from "#model/controller.ts"
import { defaultAccount } from "#model/limits/controllers/service-account.ts"
import type { Namespace } from "#model/objects/namespace.ts"
import type { ServiceAccount } from "#model/objects/service-account.ts"

export const isDefault = ({ metadata }: ServiceAccount): boolean => metadata.name === defaultAccount

/** Why the last of these writes is not lawful for this namespace with the accounts that were seen in it. */
export const lawful = (
  { metadata, status }: Namespace, accounts: ReadonlyArray<ServiceAccount>, written: Written<ServiceAccount>
): string | undefined => {
  const { creations, last } = written
  if (last.verb !== "create" || last.resource !== "serviceaccounts") return `${last.verb}s ${last.resource}`
  if (status.phase !== "Active") return `creates an account in a namespace that is ${status.phase}`
  if (creations > 1 || accounts.some(isDefault)) return "creates an account that it saw, or has made"
  if (last.object === undefined) return undefined
  const { name, namespace } = last.object.metadata
  return name === defaultAccount && namespace === metadata.name ? undefined
    : `creates ${namespace}/${name} for the namespace ${metadata.name}`
}
