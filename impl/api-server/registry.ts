/**
 * api-server/registry: from what a client sent to what is stored, by the rules of all kinds and of the one.
 * Spec: model/api-server.ts, chart api-server.object.
 */
import { leases } from "#impl/api-server/registry/leases.ts"
import {
  generatedName, metaForCreate, metaForUpdate, specOf, validateMetaUpdate, validateName, withGeneration
} from "#impl/api-server/registry/metadata.ts"
import { namespaces } from "#impl/api-server/registry/namespaces.ts"
import { nodes } from "#impl/api-server/registry/nodes.ts"
import { pods } from "#impl/api-server/registry/pods.ts"
import { replicasets } from "#impl/api-server/registry/replicasets.ts"
import { serviceaccounts } from "#impl/api-server/registry/service-accounts.ts"
import { kept, type Strategy } from "#impl/api-server/registry/strategy.ts"
import { badRequest, invalid } from "#impl/api-server/status.ts"
import type { Draws } from "#impl/ports.ts"
import { type ApiObject, type GivenObject, kinds, type Objects, type Resource } from "#model/kinds.ts"
import type { Status } from "#model/objects/status.ts"
import { timeOf } from "#model/objects/time.ts"

const strategies: { readonly [R in Resource]: Strategy<Objects[R]> } =
  { pods, nodes, replicasets, leases, namespaces, serviceaccounts }

export const strategyOf = (resource: Resource): Strategy<ApiObject> =>
  strategies[resource] as unknown as Strategy<ApiObject>

const defaulted = ({ defaulted: fill }: Strategy<ApiObject>, object: ApiObject): ApiObject =>
  fill === undefined ? object : fill(object)

export type Prepared =
  | { readonly type: "ready"; readonly object: ApiObject }
  | { readonly type: "refused"; readonly status: Status }

const refused = (status: Status): Prepared => ({ type: "refused", status })

/** A new object as it will be stored. `now_ms`: wall clock. Draws a name when asked to generate one, and a uid. */
export const prepareForCreate = (
  resource: Resource, namespace: string, given: GivenObject, now_ms: number, draws: Draws["Service"]
): Prepared => {
  const strategy = strategyOf(resource)
  const kind = kinds[resource]
  const { generateName = "", resourceVersion = "", ...meta } = given.metadata ?? {}
  if (given.kind !== kind.kind) return refused(badRequest(`${given.kind ?? ""} in request is not a ${kind.kind}`))
  if ((meta.namespace ?? "") !== "" && meta.namespace !== namespace) {
    return refused(badRequest("the namespace of the provided object does not match the namespace sent on the request"))
  }
  // Deviates: the real server answers 500 here, which would leave the client in doubt.
  if (resourceVersion !== "") return refused(badRequest("resourceVersion should not be set on objects to be created"))
  const name = (meta.name ?? "") !== "" ? meta.name!
    : generateName === "" ? "" : generatedName(draws, `${resource}/${namespace}/${generateName}`, generateName)
  const metadata = metaForCreate({ ...meta, ...(generateName === "" ? {} : { generateName }) }, {
    name, ...(kind.namespaced ? { namespace } : {}),
    uid: draws.uuid("api-server/uid", `${resource}/${namespace}/${name}`),
    creationTimestamp: timeOf(now_ms), ...(kind.countsGenerations ? { generation: 1 } : {})
  })
  const prepared = strategy.prepareForCreate(defaulted(strategy, { ...given, metadata } as ApiObject))
  const causes = [
    ...validateName(name),
    ...(kind.namespaced && namespace === ""
      ? [{ reason: "FieldValueRequired", message: "Required value", field: "metadata.namespace" }] : []),
    ...validateMetaUpdate(prepared.metadata, prepared.metadata),
    ...strategy.validate(prepared)
  ]
  return causes.length === 0 ? { type: "ready", object: prepared } : refused(invalid(resource, name, causes))
}

/** The object after a write to its main resource (status stays) or to its status (the rest stays). */
export const prepareForUpdate = (
  resource: Resource, existing: ApiObject, given: GivenObject, subresource: "status" | undefined
): Prepared => {
  const strategy = strategyOf(resource)
  const causes = [...validateMetaUpdate(given.metadata ?? {}, existing.metadata)]
  const metadata = metaForUpdate(existing.metadata, given.metadata ?? {})
  if (subresource === "status") {
    const { ownerReferences: _given, ...rest } = metadata
    const { ownerReferences } = existing.metadata
    const next = {
      ...existing, status: (given as Objects["pods"]).status,
      metadata: ownerReferences === undefined ? rest : { ...rest, ownerReferences }
    } as ApiObject
    return causes.length === 0 ? { type: "ready", object: next }
      : refused(invalid(resource, existing.metadata.name, causes))
  }
  const { status } = existing as { readonly status?: unknown }
  const filled = specOf(given) === specOf(existing) ? given as ApiObject : defaulted(strategy, given as ApiObject)
  const next = {
    ...filled, ...(specOf(existing) === undefined ? {} : { spec: kept(specOf(existing), specOf(filled)) }),
    ...(status === undefined ? {} : { status }), metadata, kind: existing.kind, apiVersion: existing.apiVersion
  } as ApiObject
  causes.push(...strategy.validateUpdate(next, existing))
  return causes.length === 0 ? { type: "ready", object: withGeneration(existing, next) }
    : refused(invalid(resource, existing.metadata.name, causes))
}
