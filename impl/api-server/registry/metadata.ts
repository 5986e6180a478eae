/**
 * api-server/registry/metadata: the rules that hold for every kind. Spec: model/api-server.ts, chart api-server.object.
 *
 * Source: apiserver registry/rest/{meta,create,update}.go; apimachinery api/validation/objectmeta.go.
 */
import { forbidden, invalidValue, required } from "#impl/api-server/registry/strategy.ts"
import type { Cause } from "#impl/api-server/status.ts"
import type { Draws } from "#impl/ports.ts"
import type { ApiObject } from "#model/kinds.ts"
import type { GivenMeta, ObjectMeta } from "#model/objects/metadata.ts"
import { equal } from "#model/objects/equality.ts"
import { generateName_max } from "#model/limits/api-server.ts"

/** Without vowels and look-alikes. Source: apimachinery util/rand. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789"
const suffixLength = 5

export const generatedName = (draws: Draws["Service"], identity: string, generateName: string): string => {
  let name = generateName.slice(0, generateName_max)
  for (let index = 0; index < suffixLength; index += 1) {
    name += alphabet[draws.below("api-server/generateName", identity, alphabet.length)]!
  }
  return name
}

export const specOf = (object: object): unknown => (object as { readonly spec?: unknown }).spec

const dns1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const nameLength_max = 253

export const validateName = (name: string): ReadonlyArray<Cause> => {
  if (name === "") return [required("metadata.name", "name or generateName is required")]
  if (name.length > nameLength_max) {
    return [invalidValue("metadata.name", `must be no more than ${nameLength_max} bytes`)]
  }
  return dns1123.test(name) ? []
    : [invalidValue("metadata.name", "a lowercase RFC 1123 subdomain must consist of lower case alphanumerics")]
}

/** Metadata of a new object: what the server owns is the server's. Deviates: managedFields are not kept. */
export const metaForCreate = (
  given: GivenMeta, owned: Pick<GivenMeta, "namespace" | "generation"> & Pick<ObjectMeta, "name" | "uid" | "creationTimestamp">
): ObjectMeta => {
  const { deletionGracePeriodSeconds: _grace, deletionTimestamp: _deletion, generation: _generation,
    managedFields: _managed, namespace: _namespace, selfLink: _self, ...rest } = given
  return { ...rest, ...owned, resourceVersion: "" }
}

/** Metadata of an update: what the server owns stays. */
export const metaForUpdate = (existing: ObjectMeta, given: GivenMeta): ObjectMeta => {
  const { deletionGracePeriodSeconds: _grace, deletionTimestamp: _deletion, generation: _generation,
    managedFields: _managed, namespace: _namespace, selfLink: _self, ...rest } = given
  const { creationTimestamp, deletionGracePeriodSeconds, deletionTimestamp, generation, name, namespace } = existing
  return {
    ...rest, name, creationTimestamp, uid: existing.uid, resourceVersion: existing.resourceVersion,
    ...(namespace === undefined ? {} : { namespace }),
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds })
  }
}

export const validateMetaUpdate = (given: GivenMeta, existing: ObjectMeta): ReadonlyArray<Cause> => {
  const causes: Array<Cause> = []
  if (given.creationTimestamp !== undefined && given.creationTimestamp !== existing.creationTimestamp) {
    causes.push(invalidValue("metadata.creationTimestamp", "field is immutable"))
  }
  if (existing.deletionTimestamp !== undefined) {
    const known = existing.finalizers ?? []
    const added = (given.finalizers ?? []).filter((finalizer) => !known.includes(finalizer))
    if (added.length > 0) {
      causes.push(forbidden("metadata.finalizers",
        `no new finalizers can be added if the object is being deleted, found new finalizers ${added.join(", ")}`))
    }
  }
  const controllers = (given.ownerReferences ?? []).filter((owner) => owner.controller === true)
  if (controllers.length > 1) {
    causes.push(invalidValue("metadata.ownerReferences", "Only one reference can have Controller set to true"))
  }
  return causes
}

/** Generation counts changes of the spec, in kinds that count. */
export const withGeneration = <O extends ApiObject>(existing: O, next: O): O => {
  const { generation } = existing.metadata
  return generation === undefined || equal(specOf(existing), specOf(next)) ? next
    : { ...next, metadata: { ...next.metadata, generation: generation + 1 } }
}
