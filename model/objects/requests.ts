/**
 * What a pod asks for: the sum of its containers' requests, in the units of quantity.ts, and one of "pods".
 * Source: kubernetes component-helpers/resource PodRequests, v1.36. Deviates: init containers and overhead are not modelled.
 */
import type { Container, PodSpec } from "#model/objects.ts"
import { amount } from "#model/objects/quantity.ts"

export type Amounts = Readonly<Record<string, number>>

const known = new WeakMap<ReadonlyArray<Container>, Amounts>()

/** Remembered by the array of containers, which pods of one template share. */
export const requestsOf = (spec: PodSpec): Amounts => {
  const before = known.get(spec.containers)
  if (before !== undefined) return before
  const sum: Record<string, number> = { cpu: 0, memory: 0, pods: 1 }
  for (const container of spec.containers) {
    const requests = container.resources?.requests
    if (requests === undefined) continue
    for (const resource in requests) sum[resource] = (sum[resource] ?? 0) + amount(resource, requests[resource]!)
  }
  known.set(spec.containers, sum)
  return sum
}

const knownAmounts = new WeakMap<object, Amounts>()

/** Quantities as integers, e.g. a node's allocatable. */
export const amountsOf = (quantities: Readonly<Record<string, string>>): Amounts => {
  const before = knownAmounts.get(quantities)
  if (before !== undefined) return before
  const amounts: Record<string, number> = {}
  for (const resource in quantities) amounts[resource] = amount(resource, quantities[resource]!)
  knownAmounts.set(quantities, amounts)
  return amounts
}
