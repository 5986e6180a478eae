/** What a kind of operation is, and what all kinds are drawn from: few names, so that operations collide. */
import * as fc from "fast-check"
import type { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import type { ApiError } from "#impl/client/errors.ts"
import type { Operation, OperationOf } from "#model/events/operations.ts"
import { defined } from "#properties/harness/draw/numbers.ts"
import type { Topology } from "#properties/harness/draw/run-input.ts"
import type { Swarm } from "#properties/harness/draw/swarm.ts"

type Body<O> = O extends unknown ? Omit<O, "id" | "at_ms"> : never
/** An operation before its place in time. */
export type OperationBody = Body<Operation>
export type Act<A = void> = Effect.Effect<A, ApiError, Client>

/** What a run has: its features and its machines. */
export interface Scene {
  readonly on: Swarm
  readonly topology: Topology
}
export interface OperationKind<O extends Operation> {
  /** How often it is drawn where it is on, against the others. */
  readonly weight: number
  /** How likely it is to be on in a run; usual if absent. What users do to whole nodes is rare. */
  readonly likelihood?: number
  /** Without this feature there is nothing for it to do. */
  readonly needs?: string
  readonly draw: (scene: Scene) => fc.Arbitrary<Body<O>>
  /** Its API calls. */
  readonly act: (operation: O) => Act
  /** Simpler forms of its own, the boldest first; a rounder time is everybody's. */
  readonly simpler?: (operation: O) => ReadonlyArray<Operation>
}
export type OperationKinds<Type extends Operation["type"] = Operation["type"]> =
  { readonly [T in Type]: OperationKind<OperationOf<T>> }

export const replicaSetNames = ["web-0", "web-1", "web-2"] as const
const podNames = ["pod-0", "pod-1", "pod-2", "pod-3", "pod-4"] as const
export const setName = fc.constantFrom(...replicaSetNames)
export const ownPodName = fc.constantFrom(...podNames)
/** "<replica set>/<k>": the k-th pod of the set (by name) when the operation runs. */
export const setsPod = fc.tuple(setName, fc.nat(3)).map(([set, k]) => `${set}/${k}`)
export const podName: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: ownPodName }, { weight: 1, arbitrary: setsPod }
)
export const nodeName = ({ topology }: Scene): fc.Arbitrary<string> =>
  fc.constantFrom(...topology.workers.map(({ name }) => name))
/** From the beginning held back by a finalizer of the user's. */
export const held = ({ on }: Scene): fc.Arbitrary<true | undefined> =>
  on.has("spec:finalizers") ? fc.constantFrom(true, true, undefined) : fc.constant(undefined)

/** A body of that type with the given fields, each drawn. */
export const fields = <T extends Operation["type"]>(
  type: T, rest: Readonly<Record<string, fc.Arbitrary<unknown>>>
): fc.Arbitrary<Body<OperationOf<T>>> =>
  fc.record({ type: fc.constant(type), ...rest }).map(defined) as fc.Arbitrary<Body<OperationOf<T>>>
