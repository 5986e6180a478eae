/** What pods are drawn to be: programs, images, requests, places, tolerations; and how they are made plainer. */
import * as fc from "fast-check"
import type { GivenContainer, GivenPodSpec, Toleration } from "#model/objects/pod.ts"
import { containerOf, type Program } from "#model/objects/programs.ts"
import { logUniform } from "#properties/harness/draw/numbers.ts"
import type { Topology } from "#properties/harness/draw/run-input.ts"
import type { Swarm } from "#properties/harness/draw/swarm.ts"

export const programKinds = ["server", "job", "crasher", "stubborn"] as const

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

export const notReady = "node.kubernetes.io/not-ready"
/** What a user taints a node with to empty it. */
export const evictKey = "plimsoll.test/evict"
export const unreachable = "node.kubernetes.io/unreachable"
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

/** Of a pod that nobody made but a user. */
export const ownPodSpec = (on: Swarm, topology: Topology): fc.Arbitrary<GivenPodSpec> =>
  fc.tuple(podSpec(on, topology, "any"), ownWishes(on, topology)).map(([all, own]) => ({ ...all, ...own }))

/** Simpler ones, the plainest first. */
export const plainer = (spec: GivenPodSpec): ReadonlyArray<GivenPodSpec> => {
  const [first] = spec.containers
  const { args, image = "", name } = first!
  const forms: GivenPodSpec[] = [{ containers: [{ name, image: "web:1" }] }]
  forms.push({ containers: [{ name, image, ...(args === undefined ? {} : { args }) }] })
  if (spec.containers.length > 1) forms.push({ ...spec, containers: [first!] })
  for (const key of Object.keys(spec)) {
    if (key === "containers") continue
    forms.push(Object.fromEntries(Object.entries(spec).filter(([other]) => other !== key)) as GivenPodSpec)
  }
  return forms.filter((form) => JSON.stringify(form).length < JSON.stringify(spec).length)
}
