/**
 * Correlated failures: shapes of trouble known from operating clusters (post-mortems, Jepsen, the catalogue of bugs),
 * each a group of faults with times relative to its beginning.
 */
import * as fc from "fast-check"
import type { Moment } from "#model/events/moment.ts"
import { hardships } from "#properties/harness/draw/hardships.ts"
import { components, decisionsOf, eventsOf, seldomOf, writesOf } from "#properties/harness/draw/lines.ts"
import { defined, logUniform } from "#properties/harness/draw/numbers.ts"
import type { Placed } from "#properties/harness/draw/placing.ts"
import { duration, process, type Targets } from "#properties/harness/draw/faults/kind.ts"
import { machineOf } from "#properties/faults.ts"
import { likely, type ScenarioKind, type Swarm } from "#properties/harness/draw/swarm.ts"

type Group = fc.Arbitrary<ReadonlyArray<Placed>>
const body = (after_ms: number, fault: object): Placed => ({ ...defined(fault), after_ms: Math.round(after_ms) })

/** Partitions a machine from all others of the control plane; workers and users still reach it. */
const cutOff = (targets: Targets, machine: string, oneWay: "no" | "in" | "out", duration_ms: number | undefined) => {
  const others = targets.control.filter((other) => other !== machine)
  const [from, to] = oneWay === "in" ? [others, [machine]] : [[machine], others]
  return { type: "network.partition", from, to, oneWay: oneWay !== "no", duration_ms }
}
const direction = fc.constantFrom("no", "no", "in", "out") as fc.Arbitrary<"no" | "in" | "out">
const outage = logUniform(2_000, 120_000)
/** Longer than a node's grace, mostly; longer than the default tolerations, sometimes. */
const absence = logUniform(45_000, 420_000)
const control = (targets: Targets) => fc.constantFrom(...targets.control)

/** An API server is cut off from the store, clients are sent to it, and some of them start anew against it. */
const fallsBehind = (targets: Targets): Group =>
  fc.record({
    server: fc.nat(targets.topology.apiServers - 1), way: direction, lasts: duration, pin_ms: outage,
    pinAfter: logUniform(10, 60_000),
      restarts: fc.array(fc.tuple(process(targets), logUniform(10, 30_000), fc.boolean()),
        { maxLength: 4, size: "max" })
  }).map(({ server, way, lasts, pin_ms, pinAfter, restarts }) => [
    ...(targets.control.length > 1 ? [body(0, cutOff(targets, `cp-${server}`, way, lasts))] : []),
    body(pinAfter, { type: "balancer.pin", backend: `api-server/${server}`, duration_ms: pin_ms }),
    ...restarts.map(([name, after, gently]) => body(pinAfter + after,
      { type: gently ? "process.restart" : "process.crash", process: name, restart_ms: 500 }))
  ])

/** A process stands still for about as long as a lease or an election, then goes on as if nothing had been. */
const longPause = (targets: Targets): Group =>
  fc.array(fc.tuple(process(targets), logUniform(500, 90_000), logUniform(1, 60_000)),
    { minLength: 1, maxLength: 3, size: "max" })
    .map((pauses) => pauses.map(([name, duration_ms, after]) =>
      body(after, { type: "process.pause", process: name, duration_ms })))

/** The same process dies again and again, sooner or later after each start. */
const crashLoop = (targets: Targets): Group =>
  fc.tuple(process(targets), fc.array(logUniform(5, 20_000), { minLength: 2, maxLength: 6, size: "max" }),
    logUniform(10, 5_000))
    .map(([name, gaps, restart_ms]) => {
      let at = 0
      return gaps.map((gap) => body(at += gap + restart_ms, { type: "process.crash", process: name, restart_ms }))
    })

/**
 * All workers of a zone at once, or all but one or two: their power, their cards, or the way between them and the
 * control plane.
 */
const zoneOutage = (targets: Targets): Group =>
  fc.tuple(fc.constantFrom(...targets.topology.workers.map(({ zone }) => zone)),
    fc.constantFrom("power", "nic", "partition"), fc.oneof(duration, absence), fc.constantFrom(0, 0, 1, 2))
    .map(([zone, how, duration_ms, spared]) => {
      const all = targets.topology.workers.filter((one) => one.zone === zone).map(({ name }) => name)
      const inZone = all.length > spared ? all.slice(spared) : all
      if (how === "partition") {
        return [body(0, { type: "network.partition", from: inZone, to: targets.control, oneWay: false, duration_ms })]
      }
      return inZone.map((machine) => body(0, how === "power" ? { type: "machine.powerLoss", machine, duration_ms }
        : { type: "nic.fail", machine, state: "down", duration_ms }))
    })

/**
 * Nodes that are not heard of: cut off, switched off, or without their kubelets. Their processes may restart meanwhile,
 * and their containers may go on alone.
 */
const lostNode = (targets: Targets): Group =>
  fc.record({
    names: fc.shuffledSubarray([...targets.workers], { minLength: 1, maxLength: Math.min(3, targets.workers.length) }),
    how: fc.constantFrom("cut", "half", "nic", "power", "kubelet"), gap_ms: logUniform(1, 30_000),
    lasts: fc.oneof({ weight: 2, arbitrary: absence }, { weight: 1, arbitrary: fc.constant(undefined) }),
    restartAfter: fc.option(logUniform(1, 300_000), { nil: undefined })
  }).map(({ names, how, gap_ms, lasts, restartAfter }) => names.flatMap((name, i) => {
    const kubelet = `kubelet/${name}`
    const at_ms = i * gap_ms
    const again = restartAfter === undefined ? []
      : [body(at_ms + restartAfter, { type: "process.crash", process: kubelet, restart_ms: 1_000 })]
    const lost = how === "nic" ? { type: "nic.fail", machine: name, state: "down", duration_ms: lasts }
      : how === "power" ? { type: "machine.powerLoss", machine: name, duration_ms: lasts }
      : how === "kubelet" ? { type: "process.crash", process: kubelet, restart_ms: lasts ?? longAbsence_ms }
      : { type: "network.partition", from: [name], to: targets.control, oneWay: how === "half", duration_ms: lasts }
    return [body(at_ms, lost), ...how === "kubelet" ? [] : again]
  }))
const longAbsence_ms = 1_000_000 // ASSUMED: until somebody looks after it.

/** A member of the control plane is alone, in both or one direction; perhaps its clock runs on another rate as well. */
const isolatedMember = (targets: Targets): Group =>
  fc.tuple(control(targets), direction, duration, fc.constantFrom(undefined, 0.9, 1.1))
    .map(([machine, way, lasts, rate]) => targets.control.length === 1 ? [] : [
      body(0, cutOff(targets, machine, way, lasts)),
      ...(rate === undefined ? [] : [body(0, { type: "clock.rate", machine, rate, duration_ms: lasts })])
    ])

/** Maintenance: one machine after the other is rebooted. */
const rollingReboot = (targets: Targets): Group =>
  fc.tuple(fc.constantFrom(targets.control, targets.workers, targets.machines), logUniform(5_000, 120_000),
    fc.boolean())
    .map(([machines, gap, hard]) => machines.slice(0, 8).map((machine, i) =>
      body(i * gap, { type: hard ? "machine.kernelPanic" : "machine.reboot", machine })))

/** Bad network among the control plane: slow, lossy and reset links, short cuts, all at once and changing. */
const weather = (targets: Targets): Group =>
  fc.array(
    fc.record({
      ends: fc.tuple(control(targets), control(targets)),
        kind: fc.constantFrom("slow", "loss", "cut", "reset", "pause"),
      after: logUniform(1, 40_000), lasts: logUniform(50, 15_000), latency_ms: logUniform(50, 8_000),
      probability: fc.constantFrom(0.1, 0.3, 0.7), oneWay: fc.boolean()
    }),
    { minLength: 2, maxLength: 12, size: "max" }
  ).map((drawn) => drawn.flatMap(({ ends: [a, b], kind, after, lasts, latency_ms, probability, oneWay }) => {
    const link = { from: a, to: b, duration_ms: lasts }
    if (kind === "pause") return [body(after,
      { type: "process.pause", process: processAt(targets, a), duration_ms: lasts })]
    if (a === b) return []
    if (kind === "slow") return [body(after, { type: "network.slow", ...link, latency_ms })]
    if (kind === "loss") return [body(after, { type: "network.loss", ...link, probability })]
    if (kind === "reset") return [body(after, { type: "network.reset", from: a, to: b })]
    return [body(after, { type: "network.partition", from: [a], to: [b], oneWay, duration_ms: lasts })]
  }))

/** The first process of a machine of the control plane. */
const processAt = (targets: Targets, machine: string): string =>
  targets.processes.find((name) => name.endsWith(machine.slice(machine.indexOf("-")).replace("-", "/")))!

/** The control plane splits; while it is split, processes on either side crash and come back. */
const splitAndRestart = (targets: Targets): Group =>
  fc.record({
    cut: control(targets), way: direction, lasts: outage,
    crashes: fc.array(fc.tuple(process(targets), logUniform(10, 60_000), logUniform(10, 5_000)),
      { minLength: 1, maxLength: 4, size: "max" })
  }).map(({ cut, way, lasts, crashes }) => [
    ...(targets.control.length > 1 ? [body(0, cutOff(targets, cut, way, lasts))] : []),
    ...crashes.map(([name, after, restart_ms]) => body(after, { type: "process.crash", process: name, restart_ms }))
  ])

/**
 * Elections in bad weather: the links among the stores are slow, each way in its own measure, and lose much, and
 * whoever is elected goes away soon after, so that candidates meet, messages of one term arrive after its decision,
 * and a leader that stood still goes on as if it led.
 */
const elections = (targets: Targets): Group => {
  const stores = targets.control.slice(0, targets.topology.etcds)
  const links = stores.flatMap((from) => stores.filter((to) => to !== from).map((to) => ({ from, to })))
  return fc.record({
    lasts: logUniform(10_000, 200_000), latency_ms: logUniform(20, 1_500), probability: fc.constantFrom(0, 0, 0.1, 0.3),
    uneven: fc.array(logUniform(50, 1_500), { minLength: links.length, maxLength: links.length }), isEven: fc.boolean(),
    away: fc.array(fc.record({ delay_ms: logUniform(1, 4_000), down_ms: logUniform(10, 2_000),
      pause_ms: logUniform(1_000, 10_000), how: fc.constantFrom("crash", "restart", "pause") }),
      { minLength: 1, maxLength: 20, size: "max" })
  }).map(({ lasts, latency_ms, probability, uneven, isEven, away }) => [
    ...links.flatMap((link, i) => [
      body(0, { type: "network.slow", ...link, latency_ms: isEven ? latency_ms : uneven[i], duration_ms: lasts }),
      ...(probability === 0 ? [] : [body(0, { type: "network.loss", ...link, probability, duration_ms: lasts })])
    ]),
    ...away.map(({ delay_ms, down_ms, pause_ms, how }, i) => body(0, {
      ...(how === "pause" ? { type: "process.pause", process: "etcd", duration_ms: pause_ms }
        : { type: `process.${how}`, process: "etcd", restart_ms: down_ms }),
      upon: { actor: "etcd", event: "raft.elected", nth: i + 1, delay_ms }
    })),
    // The first election needs a cause of its own.
    ...stores.map((_, i) => body(10 * i, { type: "process.restart", process: `etcd/${i}`, restart_ms: 10 }))
  ])
}

/** Servers and stores come and go within seconds, or stall: whoever writes meanwhile is left with half an answer. */
const flapping = (targets: Targets): Group => {
  const isServer = (name: string) => name.startsWith("etcd/") || name.startsWith("api-server/")
  return fc.array(fc.record({
    name: fc.constantFrom(...targets.processes.filter(isServer)), after: fc.nat(15_000), gone_ms: logUniform(10, 3_000),
    how: fc.constantFrom("crash", "crash", "restart", "pause", "disk", "reset"),
    peer: fc.constantFrom(...targets.machines)
  }), { minLength: 3, maxLength: 12, size: "max" }).map((drawn) => drawn.map(({ name, after, gone_ms, how, peer }) => {
    const machine = machineOf(name)
    if (how === "pause") return body(after, { type: "process.pause", process: name, duration_ms: gone_ms })
    if (how === "disk") return body(after, { type: "disk.fail", machine, state: "slow", duration_ms: 10 * gone_ms })
    if (how === "reset" && peer !== machine) return body(after, { type: "network.reset", from: peer, to: machine })
    const type = how === "restart" ? "process.restart" : "process.crash"
    return body(after, { type, process: name, restart_ms: gone_ms })
  }))
}

const soon_ms = 50 // ASSUMED: some round trips.
/** Those that act on what others wrote have more to leave undone. */
const actors = fc.oneof(...components.map((component) => ({
  weight: component === "controller-manager" ? 5 : component === "scheduler" || component === "kubelet" ? 2 : 1,
  arbitrary: fc.constant(component)
})))
const strikes_max = 10 // ASSUMED
/**
 * Lines to strike at: the same one a few times over, or the first ones of some of the things that the component
 * decides.
 */
const strikes = (component: string): fc.Arbitrary<ReadonlyArray<Pick<Moment, "event" | "nth">>> => {
  const one = fc.record({
    event: fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...writesOf(component)) },
      { weight: 1, arbitrary: fc.constantFrom(...eventsOf(component)) }),
    every: fc.oneof(fc.constant(1), logUniform(1, 20)), times: fc.integer({ min: 1, max: strikes_max })
  }).map(({ event, every, times }) => Array.from({ length: times }, (_, i) => ({ event, nth: every * (i + 1) })))
  const some = fc.array(fc.constantFrom(0, 0, 1, 1, 1, 2), { minLength: most, maxLength: most })
    .map((nths) => decisionsOf(component).map((event, i) => ({ event, nth: nths[i]! })).filter(({ nth }) => nth > 0))
  return fc.oneof({ weight: 1, arbitrary: one }, { weight: 2, arbitrary: some })
}
/** Draws for a group: one for each decision of the component that has most, and for each strike at one line. */
const most = Math.max(strikes_max, ...components.map((component) => decisionsOf(component).length))
/**
 * Work left half done: when a process of a component writes a certain line, it dies or stands still right there, mostly
 * between two of its writes, and so may its successors ("intermediate states" of Sieve, OSDI 2022); or whom it has just
 * asked does. It costs no time and goes with every other scenario.
 */
export const halfDone = (targets: Targets): Group => {
  const servers = targets.processes.filter((name) => name.startsWith("api-server/") || name.startsWith("etcd/"))
  const serversDie = fc.record({ who: fc.constantFrom(...servers),
    how: fc.constantFrom("crash", "crash", "restart", "pause") })
  const itDies = (component: string) => fc.record({ who: fc.constant(component),
    how: fc.constantFrom("crash", "crash", "crash", "crash", "restart", "pause", "power", "panic") })
  return actors.chain((component) => fc.record({
    component: fc.constant(component), lines: strikes(component),
    delays: fc.array(fc.oneof(fc.constant(0), logUniform(1, soon_ms)), { minLength: most, maxLength: most }),
    gone_ms: logUniform(10, 60_000),
    blow: fc.oneof({ weight: 2, arbitrary: itDies(component) }, { weight: 1, arbitrary: serversDie })
  })).map(({ component, lines, delays, gone_ms, blow }) => lines.map((line, i) =>
    body(0, { ...blowOf({ ...blow, gone_ms }), upon: { actor: component, ...line, delay_ms: delays[i] } })))
}

interface Blow {
  readonly who: string
  readonly how: string
  readonly gone_ms: number
}
/** `who`: a process, or a component, of which the one is meant that wrote the line. */
const blowOf = ({ who, how, gone_ms }: Blow): object =>
  how === "pause" ? { type: "process.pause", process: who, duration_ms: gone_ms }
  : how === "power" ? { type: "machine.powerLoss", machine: who, duration_ms: gone_ms }
  : how === "panic" ? { type: "machine.kernelPanic", machine: who }
  : how === "disk" ? { type: "disk.fail", machine: who, state: "io", duration_ms: gone_ms }
  : { type: `process.${how}`, process: who, restart_ms: gone_ms }

const seldom = components.flatMap((component) => seldomOf(component).map((event) => ({ component, event })))
/**
 * The same for what few runs come to: whoever writes it may be cut off at once, the first time or the second. Nothing
 * is lost where it does not come to that.
 */
export const cutOffAtSeldom = (): Group => fc.tuple(
  fc.constantFrom(1, 2, 4),
  ...seldom.map(({ component, event }) => fc.record({
    draw: fc.nat(9), nth: fc.constantFrom(1, 1, 1, 2),
    delay_ms: fc.oneof(fc.constant(0), logUniform(1, soon_ms)), gone_ms: logUniform(10, 60_000),
    how: fc.constantFrom("crash", "crash", "crash", "restart", "pause", "power", "panic", "disk")
  }).map(({ draw, nth, delay_ms, ...blow }) => ({ draw,
    fault: body(0, { ...blowOf({ ...blow, who: component }), upon: { actor: component, event, nth, delay_ms } }) })))
).map(([often, ...drawn]) => drawn.filter(({ draw }) => draw < often).map(({ fault }) => fault))

const scenarios: Readonly<Record<ScenarioKind, (targets: Targets) => Group>> = {
  ...hardships,
  fallsBehind, longPause, crashLoop, zoneOutage, lostNode, isolatedMember, rollingReboot, weather, splitAndRestart,
  elections, flapping
}

/** A group of faults of the scenarios that are on; undefined when none is. */
export const scenario = (targets: Targets, on: Swarm): Group | undefined => {
  const enabled = (Object.keys(scenarios) as ScenarioKind[]).filter((kind) => on.has(`scenario:${kind}`))
  return enabled.length === 0 ? undefined : fc.oneof(...enabled.map((kind) =>
    ({ weight: likely.has(kind) ? 2 : 1, arbitrary: scenarios[kind](targets) })))
}
