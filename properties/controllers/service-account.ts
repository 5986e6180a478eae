/** What the ServiceAccount controller promises: a pod that names no account finds one. */
import { isDefault, lawful } from "#model/controllers/service-account.ts"
import { controllerPromises } from "#properties/controller.ts"
import type { Ruled } from "#properties/controller/ruled.ts"
import { committed } from "#properties/history.ts"
import { type Property, sometimes } from "#properties/property.ts"

const namespace: Ruled<"namespaces", "serviceaccounts"> = {
  name: "a namespace", queue: "serviceaccount", of: "namespaces", owns: "serviceaccounts",
  ownerOf: ({ metadata }) => metadata.namespace, isForgetful: true,
  counts: isDefault, wants: () => 1, status: [], lawful
}

export const properties: ReadonlyArray<Property> = [
  ...controllerPromises(namespace),
  sometimes("a default account that was deleted is made again", () => {
    const deleted = new Set<string>()
    return (line) => {
      const account = committed(line, "serviceaccounts")
      if (account?.type === "object.deleted") deleted.add(account.key)
      return account?.type === "object.created" && deleted.has(account.key)
    }
  }, ["serviceaccounts."])
]
