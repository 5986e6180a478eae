/**
 * What a pod asks for: the sum of its containers' requests, in the units of quantity.ts, and one of "pods".
 * Source: kubernetes component-helpers/resource PodRequests, v1.36.
 * Deviates: init containers and overhead are not modelled.
 */
import type { Container, PodSpec } from "#model/objects/pod.ts"
import { defaultCpuRequest_milli, defaultMemoryRequest_bytes } from "#model/limits/scheduler.ts"
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

export interface Scored {
  readonly cpu: number
  readonly memory: number
}

const knownScored = new WeakMap<ReadonlyArray<Container>, Scored>()

/**
 * What a pod asks for in the eyes of a score: a container that does not say how much counts as if it asked for a
 * little. Source: NonMissingContainerRequests in plugins/noderesources/resource_allocation.go, v1.36.
 */
export const scoredRequestsOf = (spec: PodSpec): Scored => {
  const before = knownScored.get(spec.containers)
  if (before !== undefined) return before
  let cpu = 0
  let memory = 0
  for (const { resources } of spec.containers) {
    const { cpu: ofCpu, memory: ofMemory } = resources?.requests ?? {}
    cpu += ofCpu === undefined ? defaultCpuRequest_milli : amount("cpu", ofCpu)
    memory += ofMemory === undefined ? defaultMemoryRequest_bytes : amount("memory", ofMemory)
  }
  const scored = { cpu, memory }
  knownScored.set(spec.containers, scored)
  return scored
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
