/** What a fault concerns, as promises and the engine both have to know it. */
import type { Fault } from "#model/events/faults.ts"

export { lasting } from "#model/events/faults.ts"

/** Machines that a fault concerns; empty for the rest of the world. */
export const machinesOf = (fault: Fault): ReadonlyArray<string> => {
  if ("machine" in fault) return [fault.machine]
  if ("process" in fault) return [machineOf(fault.process)]
  if ("backend" in fault) return [machineOf(fault.backend)]
  return "from" in fault ? [fault.from, fault.to].flat() : []
}

/** The machine that carries a process: "etcd/1" is on "cp-1", "kubelet/worker-3" on "worker-3". */
export const machineOf = (process: string): string => {
  const instance = process.slice(process.indexOf("/") + 1)
  return /^\d+$/.test(instance) ? `cp-${instance}` : instance
}
