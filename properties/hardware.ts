/** What machines and the processes on them promise. */
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"
import * as limits from "#model/limits/hardware.ts"
import { atOnce, said } from "#properties/order.ts"
import { anywhere } from "#properties/order/keys.ts"
import { always, leadsTo, type Obligation, type Property, sometimes } from "#properties/property.ts"

const machineOf = (line: Line): string | undefined =>
  line.actor.startsWith("machine/") ? line.actor.slice("machine/".length) : undefined

/** The power region after a line of a machine's own chart. */
const powerAfter = (line: Line): string | undefined =>
  line.chart === "hardware.machine" && typeof line.state === "object" ? String(line.state.power) : undefined

/** Where processes run; a machine that shuts down still lets them finish. */
const carries = (power: string | undefined): boolean => power === "serving" || power === "shuttingDown"

const boot_ms_max = limits.post_ms_max + limits.bootLoader_ms_max + limits.kernel_ms_max + limits.units_ms_max
const clockRate_min = 0.5 // A drifting machine boots by its own clock; no fault makes it slower than this. ASSUMED

const nothingRunsWithoutPower = always("nothing runs on a machine that is not up", [113], () => {
  const powers = new Map<string, string>()
  const homes = new Map<string, string>()
  return (line) => {
    const home = homes.get(line.actor)
    if (home !== undefined) {
      return carries(powers.get(home)) ? undefined
        : `${line.actor} wrote ${line.event.type} while ${home} was ${powers.get(home)}`
    }
    const machine = machineOf(line)
    if (machine === undefined) return undefined
    const power = powerAfter(line)
    if (power !== undefined) powers.set(machine, power)
    if (line.event.type !== "process.started") return undefined
    homes.set(line.event.process, machine)
    return powers.get(machine) === "serving" ? undefined
      : `${line.event.process} started while ${machine} was ${powers.get(machine) ?? "never up"}`
  }
})

const memoryDoesNotSurvive = always("no process survives the reset of its machine", [113], () => {
  const running = new Map<string, Set<string>>()
  return (line) => {
    const machine = machineOf(line)
    if (machine === undefined) return undefined
    let here = running.get(machine)
    if (here === undefined) running.set(machine, here = new Set())
    const { event } = line
    if (event.type === "process.started") here.add(event.process)
    if (event.type === "process.crashed" || event.type === "process.stopped") here.delete(event.process)
    if (powerAfter(line) !== "post" || here.size === 0) return undefined
    return `${machine} tests itself while ${[...here].join(", ")} ran on`
  }
}, ["machine.", "process."])

const bootIdsAreNew = always("each boot of each machine has a boot id of its own", [113], () => {
  const seen = new Map<string, string>()
  return ({ event, actor }) => {
    if (event.type !== "machine.kernelLoaded" && event.type !== "machine.joined") return undefined
    const owner = seen.get(event.bootId)
    seen.set(event.bootId, actor)
    return owner === undefined ? undefined : `${actor} booted as ${event.bootId}, which ${owner} had been`
  }
}, ["machine.kernelLoaded", "machine.joined"])

const incarnationsFollow = always("a process has one incarnation at a time, numbered without gaps", [], () => {
  const last = new Map<string, number>()
  const running = new Set<string>()
  return ({ event }) => {
    if (event.type === "process.crashed" || event.type === "process.stopped") running.delete(event.process)
    if (event.type !== "process.started") return undefined
    const previous = last.get(event.process) ?? 0
    last.set(event.process, event.incarnation)
    if (running.has(event.process)) return `${event.process} started while incarnation ${previous} ran`
    running.add(event.process)
    return event.incarnation === previous + 1 ? undefined
      : `${event.process} started as incarnation ${event.incarnation} after ${previous}`
  }
}, ["process."])

const theDeadAreSilent = always("a process that ended says nothing until it is started again", [], () => {
  const dead = new Map<string, number>()
  return ({ event, actor, at_ms }) => {
    if (event.type === "process.crashed" || event.type === "process.stopped") dead.set(event.process, at_ms)
    else if (event.type === "process.started") dead.delete(event.process)
    else if (dead.size > 0) {
      const since_ms = dead.get(actor)
      if (since_ms !== undefined) return `${actor} wrote ${event.type} at ${at_ms} ms, dead since ${since_ms} ms`
    }
    return undefined
  }
})

const thePausedAreSilent = always("a paused process says nothing until it is resumed", [], () => {
  const paused = new Set<string>()
  return ({ event, actor }) => {
    if (event.type === "process.paused") paused.add(event.process)
    else if (event.type === "process.resumed" || event.type === "process.crashed") paused.delete(event.process)
    else if (paused.size > 0 && paused.has(actor)) return `${actor} wrote ${event.type} while it was paused`
    return undefined
  }
})

const clocksGoForward = always("no actor's monotonic clock goes back", [], () => {
  const clocks = new Map<string, number>()
  return ({ actor, clock_ms }) => {
    const before = clocks.get(actor)
    clocks.set(actor, clock_ms)
    return before === undefined || clock_ms >= before ? undefined
      : `${actor}'s clock went from ${before} back to ${clock_ms} ms`
  }
})

const machinesComeBack = leadsTo("a machine that begins to start serves in time", [], () => {
  const starting = new Map<string, Line>()
  return {
    line: (line) => {
      const machine = machineOf(line)
      if (machine === undefined || line.chart !== "hardware.machine") return
      const power = powerAfter(line)
      if (line.event.type === "machine.powerLost" || power === "serving") starting.delete(machine)
      else if (power === "post" || power === "panicked") {
        if (!starting.has(machine) || line.event.type !== "machine.diskReplaced") starting.set(machine, line)
      }
    },
    open: function* (): Iterable<Obligation> {
      const within_ms = (limits.panicTimeout_ms + boot_ms_max) / clockRate_min
      for (const [entity, { at_ms: since_ms, seq }] of starting) yield { entity, since_ms, seq, within_ms }
    }
  }
}, ["machine."])

/** Hardware changes when the world's faults strike and when they end, each change for one of them. */
const struck = ({ fault }: { readonly fault: Fault }): string | undefined =>
  "machine" in fault ? fault.machine : undefined
const changesAreFaults = atOnce({
  name: "A machine's parts fail and heal only with a fault of that machine", home: anywhere, onlyBack: true,
  first: { ...said("fault.injected", struck), ...said("fault.ended", struck) },
  second: { ...said("machine.diskChanged"), ...said("machine.nicChanged"), ...said("machine.pressureChanged"),
    ...said("machine.clockJumped"), ...said("machine.clockRateChanged") }
})

/** Some run reaches the event. */
const happens = (name: string, type: Line["event"]["type"]): Property =>
  sometimes(name, () => ({ event }) => event.type === type, [type])

export const properties: ReadonlyArray<Property> = [
  nothingRunsWithoutPower, memoryDoesNotSurvive, bootIdsAreNew, incarnationsFollow, theDeadAreSilent,
  thePausedAreSilent, clocksGoForward, machinesComeBack, changesAreFaults,
  sometimes("a machine loses its power while processes run on it", () =>
    ({ event }) => event.type === "process.crashed" && event.reason === "power lost", ["process.crashed"]),
  sometimes("a kernel panics under running processes", () =>
    ({ event }) => event.type === "process.crashed" && event.reason === "kernel panic", ["process.crashed"]),
  sometimes("a process is killed and started again", () => {
    const killed = new Set<string>()
    return ({ event }) => {
      if (event.type === "process.crashed" && event.reason === "killed") killed.add(event.process)
      return event.type === "process.started" && killed.has(event.process)
    }
  }, ["process."]),
  happens("a machine boots and serves again", "machine.unitsStarted"),
  happens("a process stops gracefully", "process.stopped"),
  happens("a process is paused and resumed", "process.resumed")
]
