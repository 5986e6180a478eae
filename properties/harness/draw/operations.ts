/**
 * What users do, drawn: few names, so that operations collide; times in bursts as well as far apart; ids drawn with
 * the operation.
 */
import * as fc from "fast-check"
import type { Operation } from "#model/events/operations.ts"
import { podGcPeriod_ms, quarantine_ms } from "#model/limits/controllers/pod-gc.ts"
import type { GivenContainer, GivenPodSpec, Toleration } from "#model/objects/pod.ts"
import { containerOf, type Program } from "#model/objects/programs.ts"
import { programKinds, type Swarm } from "#properties/harness/draw/swarm.ts"
import type { Topology } from "#properties/harness/draw/run-input.ts"

export const replicaSetNames = ["web-0", "web-1", "web-2"] as const
const podNames = ["pod-0", "pod-1", "pod-2", "pod-3", "pod-4"] as const
/** Without fast-check's bias towards small numbers, which would make ids equal. */
export const id: fc.Arbitrary<number> = fc.noBias(fc.nat(0x7fff_ffff))

/** Log-uniform: as many draws between 100 ms and 1 s as between 10 s and 100 s. */
export const logUniform = (least: number, most: number): fc.Arbitrary<number> =>
  fc.nat(10_000).map((draw) => Math.round(least * (most / least) ** (draw / 10_000)))

const program = (on: Swarm): fc.Arbitrary<Program> => {
  const kinds: Readonly<Record<typeof programKinds[number], fc.Arbitrary<Program>>> = {
    server: logUniform(1, 20_000).map((stop_ms) => ({ kind: "server", stop_ms })),
    job: fc.tuple(logUniform(100, 120_000), fc.constantFrom(0, 0, 0, 1, 137))
      .map(([run_ms, exitCode]) => ({ kind: "job", run_ms, exitCode })),
    crasher: logUniform(10, 60_000).map((run_ms) => ({ kind: "crasher", run_ms })),
    stubborn: fc.constant({ kind: "stubborn" })
  }
  return fc.oneof(...programKinds.filter((kind) => on.has(`program:${kind}`)).map((kind) => kinds[kind]))
}

/** The version of the image; one in four cannot be pulled where images may be bad. */
const image = (on: Swarm, of: Program): fc.Arbitrary<Pick<GivenContainer, "image" | "args">> =>
  fc.constantFrom("1", "2", ...(on.has("spec:badImages") ? ["1", "missing"] : [])).map((tag) => tag !== "missing"
    ? containerOf(of, tag) : { ...containerOf(of), image: `missing/${of.kind}:1` })

const requests = (on: Swarm): fc.Arbitrary<Record<string, string> | undefined> => {
  const usual = fc.tuple(fc.constantFrom("50m", "100m", "500m", "1", "2"),
    fc.constantFrom("64Mi", "256Mi", "1Gi", "3Gi"))
    .map(([cpu, memory]) => ({ cpu, memory }))
  const huge = fc.constant({ cpu: "64", memory: "1Gi" })
  if (!on.has("spec:requests")) return fc.constant(undefined)
  return on.has("spec:hugeRequests") ? fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: huge }) : usual
}

const container = (on: Swarm, name: string): fc.Arbitrary<GivenContainer> =>
  fc.record({
    image: program(on).chain((one) => image(on, one)), requests: requests(on),
    imagePullPolicy: fc.constantFrom(undefined, undefined, "Always", "IfNotPresent", "Never")
  }).map((drawn) => ({
    name, ...drawn.image,
    ...(drawn.requests === undefined ? {} : { resources: { requests: drawn.requests } }),
    ...(drawn.imagePullPolicy === undefined ? {} : { imagePullPolicy: drawn.imagePullPolicy })
  } as GivenContainer))

const notReady = "node.kubernetes.io/not-ready"
const unreachable = "node.kubernetes.io/unreachable"
const evictingKeys = [notReady, unreachable, "plimsoll.test/evict", "plimsoll.test/evict"] as const
/** Evicted after so long on a lost node, instead of after the default 300 s. */
const toleratesFor = (seconds: number, keys = [notReady, unreachable]): ReadonlyArray<Toleration> => keys.map((key) =>
  ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: seconds }))

const tolerations: fc.Arbitrary<ReadonlyArray<Toleration> | undefined> = fc.oneof(
  fc.constantFrom(0, 1, 5, 30, 60).map((seconds) => toleratesFor(seconds)),
  // The API gives the other one its default, unless it tolerates everything.
  fc.tuple(fc.constantFrom(0, 5, 30), fc.constantFrom(notReady, unreachable))
    .map(([seconds, key]) => toleratesFor(seconds, [key])),
  fc.constant(undefined),
  fc.constant([{ operator: "Exists" }] as ReadonlyArray<Toleration>),
  fc.constant([{ key: "node.kubernetes.io/unschedulable", operator: "Exists",
    effect: "NoSchedule" }] as ReadonlyArray<Toleration>)
)

/** Zones by selector, or by affinity, of which any term will do. */
const placeOf = (topology: Topology): fc.Arbitrary<Pick<GivenPodSpec, "nodeSelector" | "affinity">> => {
  const key = "topology.kubernetes.io/zone"
  const zone = fc.constantFrom(...topology.workers.map((worker) => worker.zone))
  const term = fc.array(zone, { minLength: 1, maxLength: 2 })
    .map((values) => ({ matchExpressions: [{ key, operator: "In" as const, values }] }))
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: zone.map((name) => ({ nodeSelector: { [key]: name } })) },
    { weight: 1, arbitrary: fc.array(term, { minLength: 1, maxLength: 2 }).map((nodeSelectorTerms) =>
      ({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } })) }
  )
}

const longestAbsence_ms = 120_000 // ASSUMED: longer than pod-gc's quarantine and its period.
/** Anything, or as long as others wait for a node before they do without it. */
const absence = fc.oneof(logUniform(10, longestAbsence_ms),
  fc.integer({ min: quarantine_ms, max: quarantine_ms + 2 * podGcPeriod_ms }))
const manyNodes = 55 // More than --large-cluster-size-threshold, in one zone.

/** What only a pod of its own may ask for: a set would make such pods for ever. */
const ownWishes = (on: Swarm, topology: Topology): fc.Arbitrary<Partial<GivenPodSpec>> => fc.record({
  nodeName: !on.has("spec:nodeNames") ? fc.constant(undefined)
    : fc.option(fc.constantFrom(...topology.workers.map(({ name }) => name)), { freq: 2, nil: undefined }),
  schedulingGates: !on.has("spec:gates") ? fc.constant(undefined)
    : fc.option(fc.constant([{ name: "plimsoll.test/gate" }]), { freq: 2, nil: undefined })
}).map(({ nodeName, schedulingGates }) => {
  // The API forbids both at once.
  if (nodeName !== undefined) return { nodeName }
  return schedulingGates === undefined ? {} : { schedulingGates }
})

export const podSpec = (on: Swarm, topology: Topology, restarts: "Always" | "any"): fc.Arbitrary<GivenPodSpec> => {
  const absent = fc.constant(undefined)
  return fc.record({
    main: container(on, "main"),
    side: on.has("spec:sidecars") ? fc.option(container(on, "side"), { nil: undefined }) : absent,
    restartPolicy: restarts === "Always" ? fc.constantFrom(undefined, "Always" as const)
      : fc.constantFrom(undefined, "Always" as const, "OnFailure" as const, "Never" as const),
    place: on.has("spec:selectors") ? placeOf(topology) : absent,
    terminationGracePeriodSeconds: on.has("spec:graces") ? fc.constantFrom(undefined, 1, 2, 5, 30, 60) : absent,
    tolerations: on.has("spec:tolerations") ? tolerations : absent,
    priority: on.has("spec:priorities") ? fc.constantFrom(undefined, 0, 100, 1000) : absent
  }).map(({ main, place, side, ...rest }): GivenPodSpec => ({
    containers: side === undefined ? [main] : [main, side], ...place,
    ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)))
  }))
}

/** "<replica set>/<k>": the k-th pod of the set (by name) when the operation runs. */
const setsPod = fc.tuple(fc.constantFrom(...replicaSetNames), fc.nat(3)).map(([set, k]) => `${set}/${k}`)
const podName: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...podNames) }, { weight: 1, arbitrary: setsPod }
)

type Body<O> = O extends unknown ? Omit<O, "id" | "at_ms"> : never
type OperationBody = Body<Operation>
type Drawn = Readonly<Record<Operation["type"],
  { readonly weight: number; readonly arbitrary: fc.Arbitrary<OperationBody> }>>

const bodies = (on: Swarm, topology: Topology): Drawn => {
  const set = fc.constantFrom(...replicaSetNames)
  const pod = fc.constantFrom(...podNames)
  const node = fc.constantFrom(...topology.workers.map((worker) => worker.name))
  const template = podSpec(on, topology, "Always")
  const spec = fc.tuple(podSpec(on, topology, "any"), ownWishes(on, topology)).map(([all, own]) => ({ ...all, ...own }))
  const held = on.has("spec:finalizers") ? fc.constantFrom(true, true, undefined) : fc.constant(undefined)
  const machines = fc.constantFrom(...topology.workers)
  const zone = fc.constantFrom(...topology.workers.map((worker) => worker.zone), "zone-d")
  const replicas = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 5 }) }, { weight: 1, arbitrary: fc.nat(12) })
  const type = <const T extends Operation["type"]>(name: T) => fc.constant(name)
  const drawn = (weight: number, arbitrary: fc.Arbitrary<OperationBody>) => ({ weight, arbitrary })
  return {
    "replicaSet.create": drawn(4, fc.record({ type: type("replicaSet.create"), name: set, replicas, template,
      minReadySeconds: fc.constantFrom(undefined, undefined, undefined, 5, 30), held }).map(defined)),
    "replicaSet.scale": drawn(4, fc.record({ type: type("replicaSet.scale"), name: set, replicas })),
    "replicaSet.update": drawn(1, fc.record({ type: type("replicaSet.update"), name: set, template })),
    "replicaSet.delete": drawn(2, fc.record({ type: type("replicaSet.delete"), name: set })),
    "replicaSet.finalize": drawn(on.has("spec:finalizers") ? 2 : 0, fc.record({ type: type("replicaSet.finalize"), name: set,
      present: fc.boolean() })),
    "pod.create": drawn(6, fc.record({ type: type("pod.create"), name: pod, spec, held }).map(defined)),
    "pods.bind": drawn(1, fc.record({ type: type("pods.bind"), node, count: fc.integer({ min: 1, max: 4 }) })),
    "pods.reap": drawn(3, fc.record({ type: type("pods.reap"), count: fc.integer({ min: 1, max: 8 }) })),
    "pod.update": drawn(2, fc.record({ type: type("pod.update"), name: podName,
      label: fc.constantFrom(...replicaSetNames, "other") })),
    "pod.price": drawn(1, fc.record({ type: type("pod.price"), name: setsPod, cost: fc.integer({ min: -1, max: 2 }) })),
    "pod.delete": drawn(4, fc.record({ type: type("pod.delete"), name: fc.oneof(podName, setsPod),
      gracePeriodSeconds: fc.constantFrom(undefined, undefined, 0, 1, 5, 30) }).map(defined)),
    "pod.recreate": drawn(3, fc.record({ type: type("pod.recreate"), name: pod, spec })),
    "pod.finalize": drawn(on.has("spec:finalizers") ? 6 : 0, fc.record({ type: type("pod.finalize"), name: podName,
      present: fc.boolean() })),
    "pod.ungate": drawn(on.has("spec:gates") ? 4 : 0, fc.record({ type: type("pod.ungate"), name: podName })),
    "pod.read": drawn(2, fc.record({ type: type("pod.read"), name: pod, consistent: fc.boolean() })),
    "pods.list": drawn(3, fc.record({ type: type("pods.list"), consistent: fc.boolean(),
      again_ms: fc.constantFrom(undefined, undefined, 100, 10_000, 100_000, 400_000) }).map(defined)),
    "node.cordon": drawn(1, fc.record({ type: type("node.cordon"), node })),
    "node.uncordon": drawn(2, fc.record({ type: type("node.uncordon"), node })),
    "node.avoid": drawn(1, fc.record({ type: type("node.avoid"), node, present: fc.boolean() })),
    "node.taint": drawn(3, fc.record({ type: type("node.taint"), node, key: fc.constantFrom(...evictingKeys),
      present: fc.constantFrom(true, true, false) })),
    "node.drain": drawn(1, fc.record({ type: type("node.drain"), node })),
    "node.create": drawn(1, machines.map(({ name, zone }) => ({ type: "node.create" as const, node: name, zone }))),
    "node.delete": drawn(1, fc.record({ type: type("node.delete"), node })),
    "node.recreate": drawn(2, fc.tuple(machines, absence).map(([one, wait_ms]) =>
      ({ type: "node.recreate" as const, node: one.name, zone: one.zone, wait_ms }))),
    "nodes.create": drawn(1, fc.record({ type: type("nodes.create"), zone, count: fc.constantFrom(1, 2, 5, manyNodes) })),
    "nodes.delete": drawn(1, fc.record({ type: type("nodes.delete"), zone }))
  } as Drawn
}

/** Without the keys whose value is undefined: in an object or a trace, absent and undefined are not the same. */
export const defined = <O extends object>(object: O): any =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))

/** The operation on the object of the one before: races are about one object. */
const aboutTheSame = (body: OperationBody, last: OperationBody | undefined): OperationBody => {
  if (last === undefined || !("name" in body) || !("name" in last)) return body
  return body.type.split(".")[0] === last.type.split(".")[0] ? { ...body, name: last.name } : body
}

const burstGap_ms = 2_000 // ASSUMED: about the time of a few round trips and a sync.
/** The cluster needs some seconds to elect its leaders; earlier operations are lawful but mostly fail. */
const firstOperation_ms = 500 // ASSUMED

/** Most runs begin by creating some of what later operations speak of; else most of them would find nothing. */
const beginnings = (on: Swarm, all: Drawn): fc.Arbitrary<ReadonlyArray<OperationBody>> => {
  const creates = (["replicaSet.create", "pod.create"] as const).filter((kind) => on.has(`operation:${kind}`))
    .map((kind) => all[kind].arbitrary)
  return fc.uniqueArray(fc.oneof(...creates),
    { minLength: 1, maxLength: 5, size: "max", selector: (body) => (body as { name: string }).name })
}
const beginning_ms = 15_000 // ASSUMED: while the cluster elects its leaders and just after.

export const operations = (
  on: Swarm, topology: Topology, safety_ms: number, maxLength: number
): fc.Arbitrary<ReadonlyArray<Operation>> => {
  const all = bodies(on, topology)
  const enabled = (Object.keys(all) as Array<Operation["type"]>)
    .filter((kind) => on.has(`operation:${kind}`) && all[kind].weight > 0).map((kind) => all[kind])
  const timing = { id, place: fc.nat(10_000), gap: logUniform(1, burstGap_ms), again: fc.boolean() }
  const one = fc.record({
    ...timing, body: fc.oneof(...enabled), burst: on.has("run:collisions") ? fc.boolean() : fc.constant(false)
  })
  const early = beginnings(on, all).chain((first) => fc.tuple(...first.map((body) =>
    fc.record({ ...timing, body: fc.constant(body), burst: fc.constant(false) }))))
  const later = fc.array(one, { minLength: 1, maxLength, size: "max" })
  return fc.tuple(early, later).map(([first, drawn]) => {
    let previous = firstOperation_ms
    const seen = new Set<number>()
    const made: Operation[] = []
    let last: OperationBody | undefined
    const add = ({ id, body: fresh, place, burst, gap, again }: typeof drawn[number], within_ms: number) => {
      if (seen.has(id)) return
      seen.add(id)
      const body = last = burst && again ? aboutTheSame(fresh, last) : fresh
      const anywhere = firstOperation_ms + Math.round((within_ms - firstOperation_ms) * place / 10_000)
      previous = burst ? Math.min(within_ms, previous + gap) : anywhere
      made.push({ ...body, id, at_ms: previous } as Operation)
    }
    for (const each of first) add(each, beginning_ms)
    for (const each of drawn) add(each, safety_ms)
    return made.sort((a, b) => a.at_ms - b.at_ms)
  })
}
