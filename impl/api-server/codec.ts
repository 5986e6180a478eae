/**
 * api-server/codec: between what etcd stores and what clients see. Spec: model/api-server.ts.
 *
 * Stored values carry no resourceVersion; the revision that wrote them is it. A value is written once, so its decoded
 * form is remembered with it: every server, cache and line shares one object. That is a pure memo, not shared state.
 */
import type { KeyValue } from "#impl/ports/etcd.ts"
import type { ApiObject, Resource } from "#model/kinds.ts"

export const prefixOf = (resource: Resource): string => `/registry/${resource}/`
export const keyFor = (resource: Resource, namespace: string | undefined, name: string): string =>
  namespace === undefined || namespace === "" ? `/registry/${resource}/${name}`
    : `/registry/${resource}/${namespace}/${name}`
const registry = "/registry/"
/** The key by which API servers agree on who compacts etcd; compact.go, v1.36. */
export const compactionKey = "compact_rev_key"
/** Whether an object stands under it. */
export const isObjectKey = (key: string): boolean => key.startsWith(registry)
const registryLength = registry.length
export const resourceOf = (key: string): Resource =>
  key.slice(registryLength, key.indexOf("/", registryLength)) as Resource

export const withVersion = <O extends ApiObject>(object: O, revision: number): O =>
  ({ ...object, metadata: { ...object.metadata, resourceVersion: revision === 0 ? "" : String(revision) } })

const decodedForms = new WeakMap<object, ApiObject>()

/** What was stored at `revision`, as clients see it. */
export const decodeValue = (value: object, revision: number): ApiObject => {
  const known = decodedForms.get(value)
  if (known !== undefined) return known
  const object = withVersion(value as ApiObject, revision)
  decodedForms.set(value, object)
  return object
}
export const decode = (kv: KeyValue): ApiObject => decodeValue(kv.value, kv.modRevision)

/** What is written to etcd. */
export const encode = (object: ApiObject): ApiObject => withVersion(object, 0)

export const revisionOf = (object: ApiObject): number => Number(object.metadata.resourceVersion)
