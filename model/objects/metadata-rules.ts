/**
 * What the metadata of every kind must be, and what of it an update may change.
 * Source: apimachinery api/validation/objectmeta.go, apis/meta/v1/validation; apiserver
 * registry/rest/{create,update}.go.
 */
import {
  type Causes, each, forbidden, immutable, invalidValue, notNegative, required, tooLong
} from "#model/objects/causes.ts"
import { equal } from "#model/objects/equality.ts"
import type { GivenMeta, OwnerReference } from "#model/objects/metadata.ts"
import { asPrefix, dnsLabel, labelValue, qualifiedName } from "#model/objects/names.ts"

type NameRule = (name: string) => ReadonlyArray<string>
type Texts = Readonly<Record<string, string>>
const annotations_max_bytes = 256 * 1024
export const orphanFinalizer = "orphan"
export const foregroundFinalizer = "foregroundDeletion"

export const validateLabels = (labels: Texts, field: string): Causes => Object.entries(labels).flatMap(([key, value]) =>
  [...each(field, key, qualifiedName(key)), ...each(field, value, labelValue(value))])

export const validateAnnotations = (annotations: Texts, field: string): Causes => {
  const entries = Object.entries(annotations)
  const bytes = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  return [
    ...entries.flatMap(([key]) => each(field, key, qualifiedName(key.toLowerCase()))),
    ...(bytes > annotations_max_bytes ? [tooLong(field, annotations_max_bytes)] : [])
  ]
}

const validateOwner = (owner: OwnerReference, field: string): Causes => {
  const demand = (name: "kind" | "name" | "uid"): Causes =>
    owner[name] === "" ? [invalidValue(`${field}.${name}`, "", "must not be empty")] : []
  const isBanned = owner.apiVersion === "v1" && owner.kind === "Event"
  return [
    ...(owner.apiVersion.split("/").at(-1) === "" ? [invalidValue(`${field}.apiVersion`, owner.apiVersion,
      "version must not be empty")] : []),
    ...demand("kind"), ...demand("name"), ...demand("uid"),
    ...(isBanned ? [invalidValue(field, owner, "/v1, Kind=Event is disallowed from being an owner")] : [])
  ]
}
const validateOwners = (owners: ReadonlyArray<OwnerReference>, field: string): Causes => {
  const controllers = owners.filter(({ controller }) => controller === true)
  const named = ({ kind, name }: OwnerReference): string => `${kind}/${name}`
  return [
    ...owners.flatMap((owner) => validateOwner(owner, field)),
    ...controllers.slice(1).map((other) => invalidValue(field, owners, "Only one reference can have Controller set to "
      + `true. Found "true" in references for ${named(controllers[0]!)} and ${named(other)}`))
  ]
}

const validateFinalizers = (finalizers: ReadonlyArray<string>, field: string): Causes => [
  ...finalizers.flatMap((one) => each(field, one, qualifiedName(one))),
  ...(finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer)
    ? [invalidValue(field, finalizers,
      `finalizer ${orphanFinalizer} and ${foregroundFinalizer} cannot be both set`)] : [])
]

/**
 * Core kinds know their finalizers: others need a domain. Source: validateKubeFinalizerName in apis/core/validation.
 */
const standardFinalizers = ["kubernetes", orphanFinalizer, foregroundFinalizer]
export const validateCoreFinalizer = (finalizer: string, field: string): Causes =>
  finalizer.includes("/") || standardFinalizers.includes(finalizer) ? []
    : [invalidValue(field, finalizer, "name is neither a standard finalizer name nor is it fully qualified")]

/** Of a new object. `nameRule` is the kind's own. */
export const validateMeta = (meta: GivenMeta, namespaced: boolean, nameRule: NameRule, isCore = false): Causes => {
  const { annotations, finalizers = [], generateName = "", generation, labels, name = "", namespace = "",
    ownerReferences = [] } = meta
  return [
    ...(generateName === "" ? [] : each("metadata.generateName", generateName, asPrefix(nameRule)(generateName))),
    ...(name === "" ? [required("metadata.name", "name or generateName is required")]
      : each("metadata.name", name, nameRule(name))),
    ...(!namespaced ? namespace === "" ? [] : [forbidden("metadata.namespace", "not allowed on this type")]
      : namespace === "" ? [required("metadata.namespace")]
      : each("metadata.namespace", namespace, dnsLabel(namespace))),
    ...notNegative("metadata.generation", generation),
    ...(labels === undefined ? [] : validateLabels(labels, "metadata.labels")),
    ...(annotations === undefined ? [] : validateAnnotations(annotations, "metadata.annotations")),
    ...validateOwners(ownerReferences, "metadata.ownerReferences"),
    ...validateFinalizers(finalizers, "metadata.finalizers"),
    ...(isCore ? finalizers.flatMap((one, i) => validateCoreFinalizer(one, `metadata.finalizers[${i}]`)) : [])
  ]
}

const unchangeable = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
  "deletionGracePeriodSeconds"] as const

/** Of an object that is written over another. */
export const validateMetaUpdate = (meta: GivenMeta, existing: GivenMeta): Causes => {
  if (meta === existing) return []
  const { annotations, finalizers = [], labels, ownerReferences } = meta
  const isSame = (field: keyof GivenMeta): boolean => meta[field] === existing[field]
  const known = existing.finalizers ?? []
  const late = existing.deletionTimestamp === undefined ? []
    : finalizers.filter((one) => !known.includes(one)).toSorted()
  return [
    ...(late.length === 0 ? [] : [forbidden("metadata.finalizers", "no new finalizers can be added if the object is "
      + `being deleted, found new finalizers []string{${late.map((one) => `"${one}"`).join(", ")}}`)]),
    ...unchangeable.filter((field) => !equal(meta[field], existing[field]))
      .map((field) => invalidValue(`metadata.${field}`, meta[field], immutable)),
    ...(labels === undefined || isSame("labels") ? [] : validateLabels(labels, "metadata.labels")),
    ...(annotations === undefined || isSame("annotations") ? []
      : validateAnnotations(annotations, "metadata.annotations")),
    ...(ownerReferences === undefined || isSame("ownerReferences") ? []
      : validateOwners(ownerReferences, "metadata.ownerReferences"))
  ]
}
