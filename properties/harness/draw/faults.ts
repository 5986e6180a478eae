/**
 * Failures, drawn: single ones of every kind, each kind in its file in faults/. Scenarios, in which several belong
 * together, stand in scenarios.ts.
 */
import * as fc from "fast-check"
import type { Fault } from "#model/events/faults.ts"
import { machinesOf } from "#properties/faults.ts"
import { balancerKinds } from "#properties/harness/draw/faults/balancer.ts"
import { clockKinds } from "#properties/harness/draw/faults/clock.ts"
import { containerKinds } from "#properties/harness/draw/faults/containers.ts"
import { diskKinds } from "#properties/harness/draw/faults/disk.ts"
import type { FaultKind, FaultKinds, Targets } from "#properties/harness/draw/faults/kind.ts"
import { powerKinds } from "#properties/harness/draw/faults/machine-power.ts"
import { pressureKinds } from "#properties/harness/draw/faults/machine-pressure.ts"
import { connectionKinds } from "#properties/harness/draw/faults/network-connections.ts"
import { linkKinds } from "#properties/harness/draw/faults/network-link.ts"
import { partitionKinds } from "#properties/harness/draw/faults/network-partition.ts"
import { nicKinds } from "#properties/harness/draw/faults/nic.ts"
import { processKinds } from "#properties/harness/draw/faults/process.ts"
import { registryKinds } from "#properties/harness/draw/faults/registry.ts"
import { runtimeKinds } from "#properties/harness/draw/faults/runtime.ts"
import { roundedTime } from "#properties/harness/draw/numbers.ts"
import type { Placed } from "#properties/harness/draw/placing.ts"
import type { Swarm } from "#properties/harness/draw/swarm.ts"

export const faultKinds: FaultKinds = {
  ...processKinds, ...powerKinds, ...pressureKinds, ...partitionKinds, ...linkKinds, ...connectionKinds, ...nicKinds,
  ...balancerKinds, ...diskKinds, ...clockKinds, ...registryKinds, ...containerKinds, ...runtimeKinds
}
const kindOf = (fault: Fault): FaultKind<Fault> => faultKinds[fault.type] as unknown as FaultKind<Fault>

/** A fault of the kinds that are on. */
export const single = (targets: Targets, on: Swarm): fc.Arbitrary<ReadonlyArray<Placed>> | undefined => {
  const enabled = (Object.keys(faultKinds) as Array<Fault["type"]>).filter((kind) => on.has(`fault:${kind}`))
    .map((kind) => faultKinds[kind].draw(targets))
  if (enabled.length === 0) return undefined
  return fc.oneof(...enabled).map((body) => [{ ...body, after_ms: 0 } as Placed])
}

/** Simpler forms of a fault, the boldest first: its own, a shorter one, at a rounder time, at once. */
export const simplerFault = (fault: Fault): ReadonlyArray<Fault> => {
  const forms = [...kindOf(fault).simpler?.(fault) ?? []]
  if ("duration_ms" in fault && fault.duration_ms !== undefined && fault.duration_ms > 1_000) {
    forms.push({ ...fault, duration_ms: roundedTime(Math.round(fault.duration_ms / 2)) })
  }
  const at_ms = roundedTime(fault.at_ms)
  if (at_ms !== fault.at_ms) forms.push({ ...fault, at_ms })
  if (fault.upon !== undefined && fault.upon.delay_ms > 0) {
    forms.push({ ...fault, upon: { ...fault.upon, delay_ms: 0 } })
  }
  return forms
}

/** What is left of it on fewer machines; unlawful if nothing is. */
export const within = (fault: Fault, machines: ReadonlySet<string>): Fault =>
  kindOf(fault).within?.(fault, machines) ?? fault

export const isLawful = (fault: Fault): boolean => kindOf(fault).isLawful?.(fault) ?? true
/** Whose outage it is. */
export const sufferersOf = (fault: Fault): ReadonlyArray<string> =>
  kindOf(fault).sufferers?.(fault) ?? machinesOf(fault)
export const isOutage = (fault: Fault): boolean => kindOf(fault).isOutage ?? true
