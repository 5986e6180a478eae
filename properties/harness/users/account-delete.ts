/** The account `default` of a namespace is deleted. */
import * as fc from "fast-check"
import { defaultAccount } from "#model/limits/controllers/service-account.ts"
import { namespaceName } from "#properties/harness/users/namespaces.ts"
import { ask, namespace as usual } from "#properties/harness/users/objects.ts"
import { fields, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

export const accountDeletion: OperationKinds<"account.delete"> = {
  "account.delete": {
    weight: 1, likelihood: 0.35,
    draw: () => fields("account.delete", { name: fc.oneof(fc.constant(usual), namespaceName) }),
    act: ({ name }) => ask((client) => client.delete("serviceaccounts", name, defaultAccount))
  }
}
