/**
 * Failures, drawn: single ones of every kind, and scenarios in which several belong together, as they do where clusters
 * run: a rack loses power, a server falls behind its store and clients move to it, a leader is paused for as long as
 * a lease. A scenario describes a shape of trouble, never the way to one bug.
 */
import * as fc from "fast-check"
import type { Fault } from "#model/events/faults.ts"
import type { Moment } from "#model/events/moment.ts"
import {
  defaultTolerationSeconds_s, http2PingTimeout_ms, http2ReadIdle_ms, leaseDuration_ms, nodeMonitorGracePeriod_ms
} from "#model/limits.ts"
import { eventsOf, writesOf } from "#properties/harness/draw/lines.ts"
import { defined, id, logUniform } from "#properties/harness/draw/operations.ts"
import type { Swarm } from "#properties/harness/draw/swarm.ts"
import { machineOf } from "#properties/faults.ts"
import { controlPlane, processesOf, type Topology } from "#properties/harness/draw/run-input.ts"

type Body<F> = F extends unknown ? Omit<F, "id" | "at_ms"> : never
/** A fault before its place in time: `after_ms` counts from the beginning of the scenario that it belongs to. */
export type FaultBody = Body<Fault> & { readonly after_ms: number }

const longest_ms = 400_000 // ASSUMED: longer than grace period + default eviction (50 s + 300 s).
/** From a blip to longer than any time-out; one in eight lasts until it is healed. */
export const duration: fc.Arbitrary<number | undefined> = fc.oneof(
  { weight: 7, arbitrary: logUniform(20, longest_ms) }, { weight: 1, arbitrary: fc.constant(undefined) }
)
const restart_ms = logUniform(10, 60_000)

export interface Targets {
  readonly control: ReadonlyArray<string>
  readonly workers: ReadonlyArray<string>
  readonly machines: ReadonlyArray<string>
  readonly processes: ReadonlyArray<string>
  readonly topology: Topology
}
export const targetsOf = (topology: Topology): Targets => {
  const control = controlPlane(topology)
  const workers = topology.workers.map((worker) => worker.name)
  return {
    control, workers, topology, machines: [...control, ...workers],
      processes: [...processesOf(topology).values()].flat()
  }
}

/** Half of the control plane's processes, half of the nodes': otherwise many workers drown the few that decide. */
export const process = (targets: Targets): fc.Arbitrary<string> => {
  const ofWorkers = targets.workers.flatMap((name) => [`kubelet/${name}`, `container-runtime/${name}`])
  const ofControl = targets.processes.filter((name) => !ofWorkers.includes(name))
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ofControl) },
    { weight: 2, arbitrary: fc.constantFrom(...ofWorkers) })
}
const machine = (targets: Targets): fc.Arbitrary<string> =>
  fc.oneof(fc.constantFrom(...targets.control), fc.constantFrom(...targets.workers))

interface Sides {
  readonly from: ReadonlyArray<string>
  readonly to: ReadonlyArray<string>
}
/** Two disjoint groups that cannot talk: one machine from the rest, or a random split. */
const split = (targets: Targets): fc.Arbitrary<Sides> =>
  fc.oneof(
    machine(targets).map((one) => ({ from: [one], to: targets.machines.filter((other) => other !== one) })),
    fc.tuple(...targets.machines.map(() => fc.boolean())).map((sides) => ({
      from: targets.machines.filter((_, i) => sides[i]), to: targets.machines.filter((_, i) => !sides[i])
    })).filter(({ from, to }) => from.length > 0 && to.length > 0),
    fc.tuple(machine(targets), machine(targets)).filter(([a, b]) => a !== b).map(([a, b]) => ({ from: [a], to: [b] }))
  )

const pair = (targets: Targets): fc.Arbitrary<{ readonly from: string; readonly to: string }> =>
  fc.tuple(machine(targets), machine(targets)).filter(([a, b]) => a !== b).map(([from, to]) => ({ from, to }))

const mostRate = 1.2 // With its inverse less than 1.5 apart, which leader election needs; limits of faults.ts.
const rate = fc.oneof(fc.constantFrom(0.99, 1.01, 0.9, 1.1),
  fc.nat(1_000).map((draw) => 1 / mostRate + (mostRate - 1 / mostRate) * draw / 1_000))
/** Minutes to hours, both ways: what NTP corrections, suspended machines and wrong time zones do. */
const jump = fc.tuple(fc.boolean(), logUniform(10, 4_000_000)).map(([back, by]) => back ? -by : by)

type Kinds = Readonly<Record<Fault["type"], fc.Arbitrary<Body<Fault>>>>
export const kinds = (targets: Targets): Kinds => {
  const type = <const T extends Fault["type"]>(name: T) => fc.constant(name)
  const on = machine(targets)
  const lasting = <T extends Fault["type"], R extends Record<string, fc.Arbitrary<unknown>>>(name: T, rest: R) =>
    fc.record({ type: type(name), duration_ms: duration, ...rest }).map(defined) as fc.Arbitrary<Body<Fault>>
  return {
    "process.crash": fc.record({ type: type("process.crash"), process: process(targets), restart_ms }),
    "process.restart": fc.record({ type: type("process.restart"), process: process(targets), restart_ms }),
    "process.pause": lasting("process.pause", { process: process(targets) }),
    "machine.powerLoss": lasting("machine.powerLoss", { machine: on }),
    "machine.kernelPanic": fc.record({ type: type("machine.kernelPanic"), machine: on }),
    "machine.reboot": fc.record({ type: type("machine.reboot"), machine: on }),
    "machine.pressure": lasting("machine.pressure", { machine: fc.constantFrom(...targets.workers),
      resource: fc.constantFrom("memory", "disk", "pid") }),
    "network.partition": fc.tuple(split(targets), fc.boolean(), duration).map(([sides, oneWay, duration_ms]) =>
      defined({ type: "network.partition", ...sides, oneWay, duration_ms })),
    "network.loss": fc.tuple(pair(targets), fc.constantFrom(0.01, 0.1, 0.5, 0.9), duration)
      .map(([ends, probability, duration_ms]) => defined({ type: "network.loss", ...ends, probability, duration_ms })),
    "network.slow": fc.tuple(pair(targets), logUniform(5, 20_000), duration)
      .map(([ends, latency_ms, duration_ms]) => defined({ type: "network.slow", ...ends, latency_ms, duration_ms })),
    "network.reset": pair(targets).map((ends) => ({ type: "network.reset", ...ends })),
    "network.halfOpen": pair(targets).map((ends) => ({ type: "network.halfOpen", ...ends })),
    "nic.fail": lasting("nic.fail", { machine: on, state: fc.constantFrom("down", "rxOnly", "txOnly") }),
    "balancer.pin": lasting("balancer.pin",
      { backend: fc.nat(targets.topology.apiServers - 1).map((i) => `api-server/${i}`) }),
    "disk.fail": lasting("disk.fail", { machine: on, state: fc.constantFrom("slow", "full", "readonly", "io") }),
    "disk.lose": fc.record({ type: type("disk.lose"), machine: on }),
    "clock.jump": fc.record({ type: type("clock.jump"), machine: on, by_ms: jump }),
    "clock.rate": lasting("clock.rate", { machine: on, rate }),
    "registry.fail": lasting("registry.fail", {}),
    "containers.kill": fc.record({ type: type("containers.kill"), machine: fc.constantFrom(...targets.workers) }),
    "runtime.slow": lasting("runtime.slow",
      { machine: fc.constantFrom(...targets.workers), latency_ms: logUniform(10, 60_000) })
  }
}

/** A fault of the kinds that are on. */
export const single = (targets: Targets, on: Swarm): fc.Arbitrary<ReadonlyArray<FaultBody>> | undefined => {
  const all = kinds(targets)
  const enabled = (Object.keys(all) as Array<Fault["type"]>).filter((kind) => on.has(`fault:${kind}`))
    .map((kind) => all[kind])
  if (enabled.length === 0) return undefined
  return fc.oneof(...enabled).map((body) => [{ ...body, after_ms: 0 } as FaultBody])
}

/** An actor's line to strike at, instead of a time: mostly while it writes, since a write is never alone. */
export const moment = (targets: Targets): fc.Arbitrary<Moment> =>
  process(targets).chain((actor) => fc.record({
    actor: fc.constant(actor), event: fc.oneof(fc.constantFrom(...writesOf(actor)), fc.constantFrom(...eventsOf(actor))),
    nth: logUniform(1, mostLines), delay_ms: fc.oneof(fc.constant(0), logUniform(1, soon_ms))
  }))
const mostLines = 40 // ASSUMED: most actors write fewer lines of a type before an ordinary run is over.
const soon_ms = 50 // ASSUMED: some round trips.

/** Strikes the actor itself or its machine, if it can strike either: a fault and its moment are mostly of one place. */
const athome = (body: FaultBody, actor: string): FaultBody => {
  if ("process" in body) return { ...body, process: actor }
  return "machine" in body ? { ...body, machine: machineOf(actor) } : body
}

export interface Placing {
  readonly group: fc.Arbitrary<ReadonlyArray<FaultBody>>
  readonly moments: fc.Arbitrary<Moment | undefined>
  readonly operationTimes: ReadonlyArray<number>
  /** Nothing strikes before: clusters are mostly up before they fail. */
  readonly calm_ms: number
  readonly safety_ms: number
  readonly maxLength: number
  readonly minLength?: number
  /** Groups with lines of their own wait for them from the beginning; otherwise half of them do. */
  readonly waits?: boolean
}
const anchorSpread_ms = 5_000 // ASSUMED: what happens to an object is mostly decided within seconds.
/** How long after a failure others act on it: a lease is taken over, a connection given up, a node, its pods. */
const consequences_ms = [leaseDuration_ms, http2ReadIdle_ms + http2PingTimeout_ms, nodeMonitorGracePeriod_ms,
  nodeMonitorGracePeriod_ms + 1000 * defaultTolerationSeconds_s]
const consequenceSpread_ms = 10_000 // ASSUMED: a renewal interval before or after, as the last sign of life was.

/**
 * Places each group in time: anywhere (rather early, so that consequences have their time), within seconds of an
 * operation or of the group before it, when others act on that group, or at some line of some process. Correlation in
 * time is what makes two failures one problem. A group with lines of its own waits for them from the beginning, half of
 * the time: what is rare happens once.
 */
export const placed = (
  { group, moments, operationTimes, calm_ms, safety_ms, maxLength, minLength = 0, waits = false }: Placing
): fc.Arbitrary<ReadonlyArray<Fault>> => {
  const one = fc.record({
    group, place: fc.nat(10_000), which: fc.nat(10_000), upon: moments, isAtHome: fc.boolean(),
    anchor: fc.constantFrom("anywhere", "operation", "previous", "consequence", "line"),
    offset: logUniform(1, anchorSpread_ms), isEarly: fc.boolean(),
    consequence: fc.tuple(fc.constantFrom(...consequences_ms), fc.integer({ min: -consequenceSpread_ms, max: consequenceSpread_ms })),
    ids: fc.array(id, { minLength: 32, maxLength: 32 })
  })
  return fc.array(one, { minLength, maxLength, size: "max" }).map((drawn) => {
    const seen = new Set<number>()
    const made: Fault[] = []
    let previous = 0
    for (const { group, place, anchor, which, offset, consequence, isEarly, ids, upon, isAtHome } of drawn) {
      const operation = operationTimes[which % Math.max(1, operationTimes.length)]
      const begin = anchor === "operation" && operation !== undefined ? operation + offset
        : anchor === "previous" ? previous + offset
        : anchor === "consequence" ? previous + consequence[0] + consequence[1]
        : calm_ms + Math.round((safety_ms - calm_ms) * (place / 10_000) ** 2)
      const isWaiting = (waits || isEarly) && group.every((one) => one.upon !== undefined)
      group.forEach((drawnBody, i) => {
        // A group may strike hundreds of machines at once; the drawn ids lie far apart.
        const key = ids[i % ids.length]! + Math.floor(i / ids.length)
        const atLine = anchor === "line" ? upon : undefined
        const { after_ms, ...body } = atLine !== undefined && isAtHome && group.length === 1
          ? athome(drawnBody, atLine.actor) : drawnBody
        const at_ms = Math.max(calm_ms, isWaiting ? 0 : atLine === undefined ? begin + after_ms : begin)
        if (seen.has(key) || at_ms > safety_ms) return
        seen.add(key)
        const moment = atLine === undefined || body.upon !== undefined ? {} : { upon: { ...atLine, delay_ms: atLine.delay_ms + after_ms } }
        made.push({ ...body, id: key, at_ms, ...moment } as Fault)
        previous = at_ms
      })
    }
    return made.sort((a, b) => a.at_ms - b.at_ms)
  })
}
