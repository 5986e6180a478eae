/**
 * api-server/registry/metadata: what of an object's metadata the server writes itself.
 * Spec: model/api-server.ts, chart api-server.object.
 *
 * Deviates: managedFields are not kept.
 * Source: apiserver registry/rest/{meta,create,update}.go.
 */
import type { Draws } from "#impl/ports.ts"
import type { ApiObject } from "#model/kinds.ts"
import type { GivenMeta, ObjectMeta } from "#model/objects/metadata.ts"
import { equal } from "#model/objects/equality.ts"
import { generateName_max } from "#model/limits/api-server.ts"

/** Without vowels and look-alikes. Source: apimachinery util/rand. */
export const drawnAlphabet = "bcdfghjklmnpqrstvwxz2456789"
export const drawnLength = 5

export const generatedName = (draws: Draws["Service"], identity: string, generateName: string): string => {
  let name = generateName.slice(0, generateName_max)
  for (let index = 0; index < drawnLength; index += 1) {
    name += drawnAlphabet[draws.below("api-server/generateName", identity, drawnAlphabet.length)]!
  }
  return name
}

export const specOf = (object: object): unknown => (object as { readonly spec?: unknown }).spec
export const statusOf = (object: object): unknown => (object as { readonly status?: unknown }).status

/** The old value when the new one says the same, so that whoever compares next sees it at once. */
export const kept = <A>(before: A, after: A): A => (equal(before, after) ? before : after)

type Owned = Pick<GivenMeta, "namespace" | "generation"> & Pick<ObjectMeta, "name" | "uid" | "creationTimestamp">

/** Of a new object. */
export const metaForCreate = (given: GivenMeta, owned: Owned): ObjectMeta => {
  const { deletionGracePeriodSeconds: _grace, deletionTimestamp: _deletion, managedFields: _managed, selfLink: _self,
    ...rest } = given
  return { ...rest, ...owned, resourceVersion: "" }
}

/** Of a later write: what the server owns stays, and what is left out of it comes back. */
export const metaForUpdate = (existing: ObjectMeta, given: GivenMeta): ObjectMeta => {
  const { deletionGracePeriodSeconds = existing.deletionGracePeriodSeconds, deletionTimestamp, generation: _generation,
    managedFields: _managed, namespace: _namespace, selfLink: _self, uid = existing.uid, ...rest } = given
  const { creationTimestamp, generation, name, resourceVersion } = existing
  const end = existing.deletionTimestamp ?? deletionTimestamp
  return kept(existing, {
    ...rest, name, creationTimestamp, uid, resourceVersion,
    ...(existing.namespace === undefined ? {} : { namespace: existing.namespace }),
    ...(generation === undefined ? {} : { generation }),
    ...(end === undefined ? {} : { deletionTimestamp: end }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds })
  })
}

/** Generation counts changes of the spec, in kinds that count. */
export const withGeneration = <O extends ApiObject>(existing: O, next: O): O => {
  const { generation } = existing.metadata
  return generation === undefined || equal(specOf(existing), specOf(next)) ? next
    : { ...next, metadata: { ...next.metadata, generation: generation + 1 } }
}
