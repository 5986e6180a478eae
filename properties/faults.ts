/** What a fault concerns, as promises and the engine both have to know it. */
import type { Fault } from "#model/events/faults.ts"

/** Machines that a fault concerns; empty for the rest of the world. */
export const machinesOf = (fault: Fault): ReadonlyArray<string> => {
  switch (fault.type) {
    case "process.crash": case "process.restart": case "process.pause": return [machineOf(fault.process)]
    case "network.partition": return [...fault.from, ...fault.to]
    case "network.loss": case "network.slow": case "network.reset": case "network.halfOpen": 
      return [fault.from, fault.to]
    case "balancer.pin": return [machineOf(fault.backend)]
    case "registry.fail": return []
    default: return [fault.machine]
  }
}

/** The machine that carries a process: "etcd/1" is on "cp-1", "kubelet/worker-3" on "worker-3". */
export const machineOf = (process: string): string => {
  const instance = process.slice(process.indexOf("/") + 1)
  return /^\d+$/.test(instance) ? `cp-${instance}` : instance
}

/** Faults that go on until they end or are healed; the others strike and are over. */
export const lasting: ReadonlySet<Fault["type"]> = new Set([
  "process.pause", "machine.powerLoss", "machine.pressure", "network.partition", "network.loss", "network.slow",
  "nic.fail", "balancer.pin", "disk.fail", "clock.rate", "registry.fail", "runtime.slow"
])
