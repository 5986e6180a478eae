/**
 * Correlated failures of those that come and go: machines and processes that fail again while they come back, nodes
 * that are half there, zones that fade, stores that stall, servers that are missing when they are needed, upgrades.
 * Each a group of faults, as in scenarios.ts.
 */
import * as fc from "fast-check"
import { duration, process, type Targets } from "#properties/harness/draw/faults/kind.ts"
import { beginningsOf, decisionsOf } from "#properties/harness/draw/lines.ts"
import { defined, logUniform } from "#properties/harness/draw/numbers.ts"
import type { Placed } from "#properties/harness/draw/placing.ts"
import { machineOf } from "#properties/faults.ts"
import type { HardshipKind } from "#properties/harness/draw/swarm.ts"
import { processesOf } from "#properties/harness/draw/run-input.ts"

type Group = fc.Arbitrary<ReadonlyArray<Placed>>
const body = (after_ms: number, fault: object): Placed => ({ ...defined(fault), after_ms: Math.round(after_ms) })

const boot_ms = 90_000 // About as long as a boot may take.
/** Each a while after the one before. */
const inTurn = <A>(what: fc.Arbitrary<A>, gap: fc.Arbitrary<number>, least: number, most: number) =>
  fc.array(fc.tuple(what, gap), { minLength: least, maxLength: most, size: "max" }).map((drawn) => {
    let at = 0
    return drawn.map(([one, after]) => ({ one, at: at += after }))
  })

/** A machine's mains, kernel or disk fail, and again while it comes back. */
const flickers = (targets: Targets): Group =>
  fc.tuple(fc.constantFrom(...targets.machines), inTurn(
    fc.record({
      how: fc.constantFrom("power", "power", "panic", "reboot", "disk"), lasts: logUniform(50, 30_000)
    }), logUniform(200, boot_ms), 2, 7))
    .map(([machine, all]) => all.map(({ one: { how, lasts }, at }) => body(at,
      how === "power" ? { type: "machine.powerLoss", machine, duration_ms: lasts }
      : how === "panic" ? { type: "machine.kernelPanic", machine }
      : how === "reboot" ? { type: "machine.reboot", machine } : { type: "disk.lose", machine })))

const soon_ms = 200 // ASSUMED: while it starts.
/** A process is gone, and what it does first when it is back goes wrong: it dies, stops, stalls, or its disk fails. */
const comesBackBadly = (targets: Targets): Group =>
  process(targets).chain((name) => fc.record({
    hard: fc.constantFrom("crash", "crash", "restart", "power", "panic"), gone_ms: logUniform(10, 20_000),
    again: fc.array(fc.record({
      event: fc.constantFrom(...beginningsOf(name)), nth: fc.integer({ min: 1, max: 3 }),
      delay_ms: fc.oneof(fc.constant(0), logUniform(1, soon_ms)),
      how: fc.constantFrom("crash", "crash", "restart", "pause", "disk"), lasts: logUniform(10, 30_000),
      state: fc.constantFrom("slow", "slow", "io", "full")
    }), { minLength: 1, maxLength: 4, size: "max" })
  }).map(({ hard, gone_ms, again }) => {
    const machine = machineOf(name)
    const away = hard === "power" ? { type: "machine.powerLoss", machine, duration_ms: gone_ms }
      : hard === "panic" ? { type: "machine.kernelPanic", machine }
      : { type: `process.${hard}`, process: name, restart_ms: gone_ms }
    return [body(0, away), ...again.map(({ event, nth, delay_ms, how, lasts, state }) => body(1, {
      ...(how === "pause" ? { type: "process.pause", process: name, duration_ms: lasts }
        : how === "disk" ? { type: "disk.fail", machine, state, duration_ms: lasts }
        : { type: `process.${how}`, process: name, restart_ms: lasts }),
      upon: { actor: name, event, nth, delay_ms }
    }))]
  }))

/** Who was asked to stop is not waited for; and what it waits for itself is slow. */
const impatience = (targets: Targets): Group =>
  fc.record({
    name: process(targets), whole: fc.boolean(), after: logUniform(1, 20_000), restart_ms: logUniform(10, 20_000),
    how: fc.constantFrom("power", "panic", "disk"), isSlow: fc.boolean(), lasts: logUniform(2_000, 60_000)
  }).map(({ name, whole, after, restart_ms, how, isSlow, lasts }) => {
    const machine = machineOf(name)
    const begin = isSlow ? 1_000 : 0
    return [
      ...(isSlow ? targets.control.map((one) =>
        body(0, { type: "disk.fail", machine: one, state: "slow", duration_ms: lasts })) : []),
      body(begin, whole ? { type: "machine.reboot", machine } : { type: "process.restart", process: name, restart_ms }),
      body(begin + after, !whole ? { type: "process.crash", process: name, restart_ms }
        : how === "power" ? { type: "machine.powerLoss", machine, duration_ms: lasts }
        : how === "panic" ? { type: "machine.kernelPanic", machine } : { type: "disk.lose", machine })
    ]
  })

/** About as long as a node's grace: others give it up when it comes back. */
const graceful = fc.integer({ min: 40_000, max: 62_000 })
const spell = fc.oneof({ weight: 2, arbitrary: graceful }, { weight: 1, arbitrary: logUniform(1_000, 90_000) })

const someMinutes_ms = 300_000
/** One store's disk is slow for some minutes: whoever waits for it meets what happened meanwhile. */
const slowStore = (targets: Targets): Group =>
  fc.option(fc.constantFrom(...targets.control.slice(0, targets.topology.etcds)), { nil: undefined })
    .map((machine) => machine === undefined ? [] :
      [body(0, { type: "disk.fail", machine, state: "slow", duration_ms: someMinutes_ms })])

/** A node that is neither well nor gone, for minutes: its kubelet, runtime, card or memory come and go. */
const sickNode = (targets: Targets): Group =>
  fc.tuple(fc.constantFrom(...targets.workers), slowStore(targets), inTurn(
    fc.record({
      how: fc.constantFrom("runtimePause", "runtimeCrash", "runtimeStop", "runtimeSlow", "kubeletPause", "kubeletCrash",
        "nic", "nic", "pressure", "disk"),
      lasts: spell, nic: fc.constantFrom("down", "down", "rxOnly", "txOnly")
    }), logUniform(500, 60_000), 2, 8))
    .map(([machine, slow, all]) => [...slow, ...all.map(({ one: { how, lasts, nic }, at }) => body(at,
      how === "runtimePause" ? { type: "process.pause", process: `container-runtime/${machine}`, duration_ms: lasts }
      : how === "runtimeCrash" ? { type: "process.crash", process: `container-runtime/${machine}`, restart_ms: lasts }
      : how === "runtimeStop" ? { type: "process.restart", process: `container-runtime/${machine}`, restart_ms: lasts }
      : how === "runtimeSlow" ? { type: "runtime.slow", machine, latency_ms: lasts / 10, duration_ms: lasts }
      : how === "kubeletPause" ? { type: "process.pause", process: `kubelet/${machine}`, duration_ms: lasts }
      : how === "kubeletCrash" ? { type: "process.crash", process: `kubelet/${machine}`, restart_ms: lasts }
      : how === "nic" ? { type: "nic.fail", machine, state: nic, duration_ms: lasts }
      : how === "pressure" ? { type: "machine.pressure", machine, resource: "memory", duration_ms: lasts }
      : { type: "disk.fail", machine, state: "slow", duration_ms: lasts }))])

/** The nodes of a zone, or all, go one after the other and come back one after the other. */
const zoneFades = (targets: Targets): Group => {
  const { workers } = targets.topology
  return fc.record({
    zone: fc.constantFrom(undefined, ...workers.map(({ zone }) => zone)), spared: fc.constantFrom(0, 0, 1),
    spells: fc.array(fc.tuple(fc.nat(60_000), fc.oneof(fc.integer({ min: 55_000, max: 200_000 }), duration)),
      { minLength: workers.length, maxLength: workers.length }),
    how: fc.constantFrom("nic", "power", "kubelet")
  }).map(({ zone, spared, spells, how }) => workers.filter((one) => zone === undefined || one.zone === zone)
    .slice(spared).map(({ name }, i) => {
      const [after, lasts] = spells[i]!
      return body(after, how === "nic" ? { type: "nic.fail", machine: name, state: "down", duration_ms: lasts }
        : how === "power" ? { type: "machine.powerLoss", machine: name, duration_ms: lasts }
        : { type: "process.crash", process: `kubelet/${name}`, restart_ms: lasts ?? boot_ms })
    }))
}

/** Stores with slow disks: everything takes long, and power that fails finds records half written. */
const lameStore = (targets: Targets): Group => {
  const stores = targets.control.slice(0, targets.topology.etcds)
  return fc.record({
    lame: fc.subarray([...stores], { minLength: 1 }), lasts: logUniform(5_000, 200_000),
    ends: fc.array(fc.record({
      machine: fc.constantFrom(...stores), after: fc.nat(10_000),
      how: fc.constantFrom("write", "write", "write", "power", "panic", "crash", "pause", "io"),
      gone_ms: logUniform(20, 20_000), nth: logUniform(1, 20),
      again: fc.constantFrom("crash", "restart", "io", "io", "no"), delay_ms: fc.constantFrom(0, 0, 1, 100),
      event: fc.constantFrom(...beginningsOf("etcd"))
    }), { maxLength: 4, size: "max" })
  }).map(({ lame, lasts, ends }) => [
    ...lame.map((machine) => body(0, { type: "disk.fail", machine, state: "slow", duration_ms: lasts })),
    ...ends.flatMap(({ machine, after, how, gone_ms, nth, again, delay_ms, event }) => {
      const store = machine.replace("cp-", "etcd/")
      const upon = { actor: store, event, nth: 1, delay_ms }
      const once = again === "no" ? [] : [body(lasts * after / 10_000 + 1, {
        ...(again === "crash" || again === "restart" ? { type: `process.${again}`, process: store, restart_ms: gone_ms }
          : { type: "disk.fail", machine, state: again, duration_ms: gone_ms }), upon
      })]
      return [...once, body(lasts * after / 10_000, how === "write" ? {
        type: "machine.powerLoss", machine, duration_ms: gone_ms,
        upon: { actor: store, event: "entry.applied", nth, delay_ms }
      } : how === "power" ? { type: "machine.powerLoss", machine, duration_ms: gone_ms }
        : how === "panic" ? { type: "machine.kernelPanic", machine }
        : how === "io" ? { type: "disk.fail", machine, state: "io", duration_ms: gone_ms }
        : how === "pause" ? { type: "process.pause", process: store, duration_ms: gone_ms }
        : { type: "process.crash", process: store, restart_ms: gone_ms })]
    })
  ])
}

/**
 * What a component has just decided it can tell nobody: the servers, or the stores behind them, are gone or stand
 * still.
 */
const unanswered = (targets: Targets): Group =>
  fc.constantFrom("controller-manager", "controller-manager", "scheduler", "kubelet").chain((component) => fc.record({
    event: fc.constantFrom(...decisionsOf(component)), nth: fc.constantFrom(1, 1, 2, 3, 5),
    who: fc.constantFrom("api-server/", "api-server/", "etcd/"), how: fc.constantFrom("crash", "crash", "pause"),
    gone_ms: logUniform(2_000, 40_000), delay_ms: fc.oneof(fc.constant(0), logUniform(1, soon_ms))
  }).map(({ event, nth, who, how, gone_ms, delay_ms }) =>
    targets.processes.filter((name) => name.startsWith(who)).map((name) => body(0, {
      ...(how === "pause" ? { type: "process.pause", process: name, duration_ms: gone_ms }
        : { type: "process.crash", process: name, restart_ms: gone_ms }),
      upon: { actor: component, event, nth, delay_ms }
    }))))

/** The whole API is away for seconds, some times over: leases outlive it, but what is watched has to be listed anew. */
const blinks = (targets: Targets): Group => {
  const servers = targets.processes.filter((name) => name.startsWith("api-server/"))
  return inTurn(fc.record({
    gone_ms: logUniform(200, 9_000),
    uneven_ms: fc.array(logUniform(1, 2_000), { minLength: servers.length, maxLength: servers.length }),
    how: fc.constantFrom("crash", "crash", "restart")
  }), logUniform(2_000, 40_000), 1, 6).map((drawn) => drawn.flatMap(({ one: { gone_ms, uneven_ms, how }, at }) =>
    servers.map((name, i) => body(at, { type: `process.${how}`, process: name, restart_ms: gone_ms + uneven_ms[i]! }))))
}

/** An upgrade: machine after machine, each of its processes is stopped and comes back as another version of itself. */
const upgrade = (targets: Targets): Group => {
  const on = processesOf(targets.topology)
  return fc.record({
    machines: fc.constantFrom(targets.control, targets.control, targets.workers, targets.machines),
    between: logUniform(500, 30_000), gaps: fc.array(logUniform(1, 8_000), { minLength: 4, maxLength: 4 }),
    gone_ms: logUniform(100, 30_000), isBackwards: fc.boolean()
  }).map(({ machines, between, gaps, gone_ms, isBackwards }) => {
    let at = 0
    return machines.slice(0, 6).flatMap((machine) => {
      const names = [...on.get(machine)!]
      if (isBackwards) names.reverse()
      at += between
      return names.map((name, i) =>
        body(at += gaps[i]!, { type: "process.restart", process: name, restart_ms: gone_ms }))
    })
  })
}

export const hardships: Readonly<Record<HardshipKind, (targets: Targets) => Group>> = {
  flickers, comesBackBadly, impatience, sickNode, zoneFades, lameStore, unanswered, upgrade, blinks
}
