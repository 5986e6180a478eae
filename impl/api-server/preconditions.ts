/** api-server/preconditions: what a client demands of the object that it writes. Spec: model/api-server.ts. */
import type { Preconditions } from "#impl/ports/api.ts"
import { conflict, modified } from "#impl/api-server/status.ts"
import type { ApiObject, Resource } from "#model/kinds.ts"
import type { Status } from "#model/objects/status.ts"

/** Empty and absent demands are none. Source: apiserver storage.Preconditions.Check, rest/update.go. */
export const checkPreconditions = (
  resource: Resource, existing: ApiObject, demanded: Preconditions
): Status | undefined => {
  const { name, resourceVersion, uid } = existing.metadata
  if (demanded.uid !== undefined && demanded.uid !== "" && demanded.uid !== uid) {
    return conflict(resource, name,
      `Precondition failed: UID in precondition: ${demanded.uid}, UID in object meta: ${uid}`)
  }
  const version = demanded.resourceVersion
  if (version !== undefined && version !== "" && version !== resourceVersion) return modified(resource, name)
  return undefined
}
