/**
 * Which faults are lawful, and what is healed for a survivable core.
 *
 * A harness that breaks what no cluster could survive proves nothing. `legal` takes away, from the drawn faults:
 *   - disk.lose on more than a minority of the machines that carry etcd members: a member that comes back empty has
 *     forgotten votes and entries that it acknowledged, so it stays out until it is replaced (membership: later).
 *   - what its own kind calls unlawful: a clock.rate that leader election does not allow.
 *   - a fault that names a machine or process that the topology does not have (after shrinking).
 *   - a second fault of the same id: ids key draws.
 */
import type { Fault } from "#model/events/faults.ts"
import { lasting, machineOf, machinesOf } from "#properties/faults.ts"
import { isLawful, isOutage, sufferersOf } from "#properties/harness/draw/faults.ts"
import { controlPlane, processesOf, type Topology } from "#properties/harness/draw/run-input.ts"

/** A lasting fault that would still be in force when the safety phase ends stays frozen until it is healed. */
export const frozenAfter = (fault: Fault, safety_ms: number): Fault => {
  if (!lasting.has(fault.type)) return fault
  const { duration_ms, ...forEver } = fault as Fault & { readonly duration_ms?: number }
  return duration_ms !== undefined && fault.at_ms + duration_ms >= safety_ms ? forEver as Fault : fault
}

const exists = (fault: Fault, machines: ReadonlySet<string>, processes: ReadonlySet<string>): boolean => {
  const isComponent = (name: string): boolean => [...processes].some((process) => process.startsWith(`${name}/`))
  const { upon } = fault
  if (upon !== undefined) {
    const { actor } = upon
    const isMachine = actor.startsWith("machine/") && machines.has(machineOf(actor))
    if (actor !== "world" && !isMachine && !processes.has(actor) && !isComponent(actor)) return false
    // Who is meant is known when it strikes.
    if ("process" in fault && isComponent(fault.process)) return true
    if ("machine" in fault && fault.machine === actor) return true
  }
  if ("process" in fault) return processes.has(fault.process)
  if ("backend" in fault) return processes.has(fault.backend)
  if ("from" in fault && (fault.from.length === 0 || fault.to.length === 0)) return false
  return machinesOf(fault).every((machine) => machines.has(machine))
}

const minority = (members: number): number => Math.floor((members - 1) / 2)

/**
 * Whether the loss of a disk leaves etcd without a majority for ever, seen when it strikes: a member that is not yet
 * begun when its peers are will stay out too.
 */
export const endsMajority = (fault: Fault, topology: Topology, isOut: (machine: string) => boolean): boolean => {
  const stores = controlPlane(topology).slice(0, topology.etcds)
  if (fault.type !== "disk.lose" || !stores.includes(fault.machine)) return false
  return stores.filter((store) => store === fault.machine || isOut(store)).length > minority(stores.length)
}

/** The lawful ones among `faults`, in order of time. */
export const legal = (faults: ReadonlyArray<Fault>, topology: Topology): ReadonlyArray<Fault> => {
  const on = processesOf(topology)
  const machines = new Set(on.keys())
  const processes = new Set([...on.values()].flat())
  const ids = new Set<number>()
  const kept: Fault[] = []
  const lost = new Set<string>()
  for (const fault of [...faults].sort((a, b) => a.at_ms - b.at_ms)) {
    if (ids.has(fault.id) || !exists(fault, machines, processes)) continue
    if (fault.type === "disk.lose" && on.get(fault.machine)!.some((name) => name.startsWith("etcd/"))) {
      if (lost.size >= minority(topology.etcds) && !lost.has(fault.machine)) continue
      lost.add(fault.machine)
    }
    if (!isLawful(fault)) continue
    ids.add(fault.id)
    kept.push(fault)
  }
  return kept
}

const longOutage_ms = 45_000 // ASSUMED: longer than a lease and an election, shorter than what users wait.
const shortened_ms = 30_000

/**
 * A cluster that is dead from beginning to end shows little. Of the control plane's machines only a minority keeps its
 * long outages; the others' are cut short, each to a length of its own. Not a law: some runs are drawn without it.
 */
export const survivable = (faults: ReadonlyArray<Fault>, topology: Topology): ReadonlyArray<Fault> => {
  const control = controlPlane(topology)
  const tolerated = minority(Math.min(control.length, topology.etcds))
  const given = new Set(faults.flatMap((fault) =>
    fault.type === "disk.lose" && control.slice(0, topology.etcds).includes(fault.machine) ? [fault.machine] : []))
  return faults.map((fault): Fault => {
    if (!lasting.has(fault.type) || !isOutage(fault)) return fault
    const { duration_ms = Infinity } = fault as { readonly duration_ms?: number }
    if (duration_ms <= longOutage_ms) return fault
    const hit = sufferersOf(fault).filter((name) => control.includes(name))
    const all = new Set([...given, ...hit])
    if (all.size > tolerated && hit.length > 0) return { ...fault, duration_ms: 1 + fault.id % shortened_ms } as Fault
    for (const name of hit) given.add(name)
    return fault
  })
}

/** Machines that the core phase heals; everything else stays frozen in its faults. */
export interface Core {
  readonly machines: ReadonlySet<string>
  readonly frozen: ReadonlyArray<string>
}

/**
 * The smallest cluster that Kubernetes promises to go on with: a majority of etcd, an API server, a scheduler, a
 * controller-manager and half of the workers; those with the fewest faults, so that as many as possible stay frozen.
 * `lost`: machines whose disk was lost, which carry no member any more.
 */
export const survivableCore = (
  topology: Topology, active: Iterable<Fault>, lost: ReadonlySet<string> = new Set()
): Core => {
  const faults = new Map<string, number>()
  for (const machine of [...active].flatMap(sufferersOf)) faults.set(machine, (faults.get(machine) ?? 0) + 1)
  const fewestFirst = (names: ReadonlyArray<string>) =>
    [...names].sort((a, b) => (faults.get(a) ?? 0) - (faults.get(b) ?? 0))
  const control = controlPlane(topology)
  const members = fewestFirst(control.slice(0, topology.etcds).filter((name) => !lost.has(name)))
    .slice(0, topology.etcds - minority(topology.etcds))
  const machines = new Set<string>(members)
  for (const count of [topology.apiServers, topology.schedulers, topology.controllerManagers]) {
    const candidates = control.slice(0, count)
    if (!candidates.some((machine) => machines.has(machine))) machines.add(fewestFirst(candidates)[0]!)
  }
  const workers = fewestFirst(topology.workers.map(({ name }) => name))
  for (const name of workers.slice(0, Math.ceil(workers.length / 2))) machines.add(name)
  const all = [...control, ...topology.workers.map(({ name }) => name)]
  return { machines, frozen: all.filter((machine) => !machines.has(machine)) }
}
