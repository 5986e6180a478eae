/**
 * api-server/registry: from what a client sent to what is stored, by the rules of all kinds and of the one.
 * Spec: model/api-server.ts, chart api-server.object.
 *
 * Source: apiserver registry/rest/{create,update}.go BeforeCreate, BeforeUpdate, v1.36.
 */
import { leases } from "#impl/api-server/registry/leases.ts"
import { generatedName, kept, metaForCreate, metaForUpdate, specOf, statusOf, withGeneration }
  from "#impl/api-server/registry/metadata.ts"
import { namespaces } from "#impl/api-server/registry/namespaces.ts"
import { nodes } from "#impl/api-server/registry/nodes.ts"
import { pods } from "#impl/api-server/registry/pods.ts"
import { replicasets } from "#impl/api-server/registry/replicasets.ts"
import { serviceaccounts } from "#impl/api-server/registry/service-accounts.ts"
import type { Strategy } from "#impl/api-server/registry/strategy.ts"
import { badRequest, invalid } from "#impl/api-server/status.ts"
import type { Draws } from "#impl/ports.ts"
import { type ApiObject, type GivenObject, kinds, type Objects, type Resource } from "#model/kinds.ts"
import type { Causes } from "#model/objects/causes.ts"
import { validateMetaUpdate } from "#model/objects/metadata-rules.ts"
import { pathSegment } from "#model/objects/names.ts"
import type { Status } from "#model/objects/status.ts"
import { timeOf } from "#model/objects/time.ts"

const strategies: { readonly [R in Resource]: Strategy<Objects[R]> } =
  { pods, nodes, replicasets, leases, namespaces, serviceaccounts }

export const strategyOf = (resource: Resource): Strategy<ApiObject> =>
  strategies[resource] as unknown as Strategy<ApiObject>

/** With what clients may leave out. */
export const defaulted = (resource: Resource, object: GivenObject): ApiObject => {
  const { defaulted: fill } = strategyOf(resource)
  return fill === undefined ? object as ApiObject : fill(object as ApiObject)
}

export type Prepared =
  | { readonly type: "ready"; readonly object: ApiObject }
  | { readonly type: "refused"; readonly status: Status }

const refused = (status: Status): Prepared => ({ type: "refused", status })
const ready = (resource: Resource, object: ApiObject, causes: Causes): Prepared => causes.length === 0
  ? { type: "ready", object } : refused(invalid(resource, object.metadata.name, causes))

const strangeNamespace = "the namespace of the provided object does not match the namespace sent on the request"

/** Why the object does not belong where it was sent. */
export const wrongNamespace = (resource: Resource, namespace: string, given: GivenObject): Status | undefined => {
  const own = given.metadata?.namespace ?? ""
  return own === "" || own === namespace || !kinds[resource].namespaced ? undefined : badRequest(strangeNamespace)
}

/** With what the server says of a new object: its name, when it shall draw one, its uid and its beginning. */
export const named = (
  resource: Resource, namespace: string, given: GivenObject, now_ms: number, draws: Draws["Service"]
): ApiObject => {
  const { countsGenerations, namespaced } = kinds[resource]
  const { generateName = "", generation, name: own = "", namespace: _namespace, resourceVersion: _version, ...meta } =
    given.metadata ?? {}
  const identity = `${resource}/${namespace}/`
  const name = own !== "" ? own : generateName === "" ? ""
    : generatedName(draws, `${identity}${generateName}`, generateName)
  const metadata = metaForCreate({ ...meta, ...(generateName === "" ? {} : { generateName }) }, {
    name, ...(namespaced ? { namespace } : {}), uid: draws.uuid("api-server/uid", `${identity}${name}`),
    creationTimestamp: timeOf(now_ms),
    ...(countsGenerations ? { generation: 1 } : generation === undefined || generation === 0 ? {} : { generation })
  })
  return { ...given, metadata } as ApiObject
}

/** A new object, named and admitted, as it will be stored. */
export const prepareForCreate = (resource: Resource, object: ApiObject, now_ms: number): Prepared => {
  const strategy = strategyOf(resource)
  const prepared = strategy.prepareForCreate(object, now_ms)
  const { name } = prepared.metadata
  const ofPath: Causes = pathSegment(name).map((message) =>
    ({ reason: "FieldValueInvalid", message: `Invalid value: "${name}": ${message}`, field: "metadata.name" }))
  const causes = strategy.validate(prepared)
  return ready(resource, prepared, causes.length > 0 ? causes : ofPath)
}

export type Part = "status" | "finalize" | undefined

/** What the subresource, or the object itself, may not write is as it was. */
const partOf = (existing: ApiObject, given: ApiObject, part: Part): ApiObject => {
  const [spec, status] = [specOf(existing), statusOf(existing)]
  const keepsSpec = part === "status"
  const ownSpec = keepsSpec ? spec : kept(spec, specOf(given))
  const ownStatus = keepsSpec ? kept(status, statusOf(given)) : status
  return {
    ...given, kind: existing.kind, apiVersion: existing.apiVersion,
    metadata: metaForUpdate(existing.metadata, given.metadata),
    ...(spec === undefined ? {} : { spec: ownSpec }), ...(ownStatus === undefined ? {} : { status: ownStatus })
  } as ApiObject
}

/** The object after a write to itself (status stays) or to its status (the rest stays). `given`: defaulted. */
export const prepareForUpdate = (resource: Resource, existing: ApiObject, given: ApiObject, part: Part): Prepared => {
  const strategy = strategyOf(resource)
  const next = partOf(existing, given, part)
  // Asked of all kinds, and then by each of them once more: clients see such causes twice.
  const common = validateMetaUpdate(next.metadata, existing.metadata)
  if (part === "status") {
    const { prepare, validate } = strategy.status!
    const prepared = prepare === undefined ? next : prepare(next, existing)
    return ready(resource, prepared, [...common, ...validate(prepared, existing)])
  }
  if (part === "finalize") {
    return ready(resource, next, [...common, ...strategy.validateFinalize!(next, existing)])
  }
  const prepared = strategy.prepareForUpdate === undefined ? next : strategy.prepareForUpdate(next, existing)
  const causes = [...common, ...strategy.validateUpdate(prepared, existing)]
  return ready(resource, withGeneration(existing, prepared), causes)
}
