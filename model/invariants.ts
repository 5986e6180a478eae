/**
 * The catalogue of what Kubernetes promises: each invariant's number, its sentence, its source and its exceptions.
 * Promises name the numbers, and a failure prints the sentences. Numbers are the reference's (invariants.md).
 */
import { collected, services, shared, whole, workloads } from "#model/invariants/controllers.ts"
import type { Invariant } from "#model/invariants/invariant.ts"
import { pods, volumes } from "#model/invariants/nodes.ts"
import { nodes, scheduler } from "#model/invariants/scheduling.ts"
import { apiServer, etcd } from "#model/invariants/storage.ts"

export const invariants = {
  ...etcd, ...apiServer, ...pods, ...volumes, ...scheduler, ...nodes, ...workloads, ...collected, ...services,
  ...shared, ...whole
} as const

type Catalogue = typeof invariants
/** The number of an invariant that Kubernetes promises: what a promise may name. */
export type InvariantNumber = {
  [Number in keyof Catalogue]: Catalogue[Number]["kind"] extends "none" ? never : Number
}[keyof Catalogue]

/** By a number that may come from a trace of another version. */
export const invariantOf = (number: number): Invariant | undefined =>
  (invariants as Readonly<Record<number, Invariant>>)[number]
