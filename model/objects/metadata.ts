/**
 * What all objects of Kubernetes have in common: their metadata, as a client gives it and as it is stored, and the
 * means to derive a kind's stored type from the published one.
 */
import type { components } from "#model/objects/generated.d.ts"

/** Every published schema of Kubernetes 1.36.3, by its full name. */
export type Schemas = components["schemas"]

/** The type with these fields always there: what the server has set by the time that it is stored. */
export type With<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: NonNullable<T[P]> }
/** The type with another type for these fields. */
export type Replace<T, R> = Omit<T, keyof R> & R

/** Of resources, by name, as stored: the canonical text. Units: quantity.ts. */
export type Quantities = Readonly<Record<string, string>>

export type GivenMeta = Schemas["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]
/** Of a cluster-scoped object. The revision of the last change is `resourceVersion`, a decimal number as text. */
export type ObjectMeta = With<GivenMeta, "name" | "uid" | "resourceVersion" | "creationTimestamp">
export type NamespacedMeta = With<ObjectMeta, "namespace">
export type OwnerReference = Schemas["io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference"]
export type LabelSelector = Schemas["io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"]
export type Condition = Schemas["io.k8s.apimachinery.pkg.apis.meta.v1.Condition"]

/** Paths of the metadata that every stored object has. */
export const guaranteedMeta = ["metadata.name", "metadata.uid", "metadata.resourceVersion",
  "metadata.creationTimestamp"] as const
