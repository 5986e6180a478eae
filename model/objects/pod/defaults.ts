/**
 * What stands for what a client leaves out of a pod, or of a template.
 * Source: kubernetes apis/core/v1/defaults.go (SetDefaults_Pod, _PodSpec, _Container, _Probe, _Volume …) and
 * zz_generated.defaults.go; conversion.go (a negative grace is 1 s); apis/core/v1/helper/qos, v1.36.
 *
 * Each list and struct that is complete already comes out as it went in, and what was completed is remembered, so that
 * pods of one template share their parts.
 */
import { terminationGracePeriod_s } from "#model/limits.ts"
import type { Container, GivenContainer, GivenPodSpec, Pod, PodSpec, PodStatus } from "#model/objects/pod.ts"

type Fields = Readonly<Record<string, unknown>>

/** The value with those of the fields that it lacks. */
const withFields = <T extends object>(given: T, fields: Fields): T => {
  let made: Record<string, unknown> | undefined
  for (const name in fields) {
    if ((given as Fields)[name] !== undefined || fields[name] === undefined) continue
    made ??= { ...given } as Record<string, unknown>
    made[name] = fields[name]
  }
  return (made ?? given) as T
}
/** The list with each element completed. */
const eachOf = <T>(list: ReadonlyArray<T> | undefined, complete: (one: T) => T): ReadonlyArray<T> | undefined => {
  if (list === undefined) return undefined
  const made = list.map(complete)
  return made.every((one, i) => one === list[i]) ? list : made
}
/** The struct with those of its parts replaced that changed. */
const withParts = <T extends object>(given: T, parts: Fields): T => {
  let made: Record<string, unknown> | undefined
  for (const name in parts) {
    if (parts[name] === undefined || parts[name] === (given as Fields)[name]) continue
    made ??= { ...given } as Record<string, unknown>
    made[name] = parts[name]
  }
  return (made ?? given) as T
}

type Probe = NonNullable<GivenContainer["livenessProbe"]>
const probe = (given: Probe | undefined): Probe | undefined => {
  if (given === undefined) return undefined
  const zeroAsAbsent = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== 0)) as Probe
  const { grpc, httpGet } = given
  return withFields(withParts(zeroAsAbsent, {
    httpGet: httpGet === undefined ? undefined : withFields(httpGet, { path: "/", scheme: "HTTP" }),
    grpc: grpc === undefined ? undefined : withFields(grpc, { service: "" })
  }), { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
}

type EnvVar = NonNullable<GivenContainer["env"]>[number]
const envVar = (given: EnvVar): EnvVar => {
  const fieldRef = given.valueFrom?.fieldRef
  return fieldRef === undefined || fieldRef.apiVersion !== undefined ? given
    : { ...given, valueFrom: { ...given.valueFrom, fieldRef: { ...fieldRef, apiVersion: "v1" } } }
}

const isLatest = (image: string): boolean =>
  image.endsWith(":latest") || (!image.slice(image.lastIndexOf("/") + 1).includes(":") && !image.includes("@"))

const container = (given: GivenContainer): Container => {
  const { env, image = "", livenessProbe, ports, readinessProbe, startupProbe } = given
  const parts = withParts(given, {
    env: eachOf(env, envVar), livenessProbe: probe(livenessProbe), readinessProbe: probe(readinessProbe),
    startupProbe: probe(startupProbe), ports: eachOf(ports, (port) => withFields(port, { protocol: "TCP" }))
  })
  return withFields(parts, {
    image: "", resources: {}, imagePullPolicy: isLatest(image) ? "Always" : "IfNotPresent",
    terminationMessagePath: "/dev/termination-log", terminationMessagePolicy: "File"
  }) as Container
}

type Volume = NonNullable<GivenPodSpec["volumes"]>[number]
/** Octal 0644: readable by all. */
const fileMode = 0o644
const tokenLifetime_s = 3_600
const volume = (given: Volume): Volume => {
  if (Object.keys(given).length === 1) return { ...given, emptyDir: {} }
  const { configMap, downwardAPI, hostPath, projected, secret } = given
  const moded = <T extends object>(source: T | undefined): T | undefined =>
    source === undefined ? undefined : withFields(source, { defaultMode: fileMode })
  const sources = eachOf(projected?.sources, (source) => source.serviceAccountToken === undefined ? source
    : withParts(source, { serviceAccountToken: withFields(source.serviceAccountToken,
      { expirationSeconds: tokenLifetime_s }) }))
  return withParts(given, {
    configMap: moded(configMap), downwardAPI: moded(downwardAPI), secret: moded(secret),
    hostPath: hostPath === undefined ? undefined : withFields(hostPath, { type: "" }),
    projected: projected === undefined ? undefined : moded(withParts(projected, { sources }))
  })
}

const filled = new WeakMap<object, PodSpec>()

/** Of a pod and of a template. The same given spec gives the same stored one. */
export const defaultPodSpec = (given: GivenPodSpec): PodSpec => {
  const before = filled.get(given)
  if (before !== undefined) return before
  // The old name of the account's field always says the same.
  const serviceAccountName = given.serviceAccountName ?? given.serviceAccount
  const parts = withParts(given, {
    containers: eachOf(given.containers ?? [], container), initContainers: eachOf(given.initContainers, container),
    ephemeralContainers: eachOf(given.ephemeralContainers, (one) => container(one) as typeof one),
    volumes: eachOf(given.volumes, volume), serviceAccountName, serviceAccount: serviceAccountName
  })
  const spec = withFields(parts, {
    restartPolicy: "Always", terminationGracePeriodSeconds: terminationGracePeriod_s, dnsPolicy: "ClusterFirst",
    securityContext: {}, schedulerName: "default-scheduler"
  }) as PodSpec
  filled.set(given, spec)
  filled.set(spec, spec)
  return spec
}

/** Of a pod, not of a template: what it may use, it asks for. */
const asking = (one: Container): Container => {
  const { limits, requests } = one.resources
  if (limits === undefined) return one
  const asked = withFields(requests ?? {}, limits)
  return asked === requests ? one : { ...one, resources: { ...one.resources, requests: asked } }
}
/** Of a pod on the host's network: its ports are the host's. */
const hosting = (one: Container): Container => withParts(one, {
  ports: eachOf(one.ports, (port) => (port.hostPort ?? 0) === 0 ? { ...port, hostPort: port.containerPort } : port)
})

const filledPods = new WeakMap<object, Pod["spec"]>()

export const defaultPod = (given: Pod): Pod => {
  const before = filledPods.get(given.spec)
  if (before !== undefined) return before === given.spec ? given : { ...given, spec: before }
  const spec = defaultPodSpec(given.spec)
  const complete = (one: Container): Container => spec.hostNetwork === true ? hosting(asking(one)) : asking(one)
  const made = withFields(withParts(spec, {
    containers: eachOf(spec.containers, complete), initContainers: eachOf(spec.initContainers, complete),
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds < 0 ? 1 : spec.terminationGracePeriodSeconds
  }), { enableServiceLinks: true }) as Pod["spec"]
  filledPods.set(given.spec, made)
  filledPods.set(made, made)
  return { ...given, spec: made }
}

const computed = ["cpu", "memory"] as const

/** Source: ComputePodQOS in apis/core/v1/helper/qos/qos.go, v1.36. */
export const qosClassOf = ({ containers, initContainers = [] }: PodSpec): PodStatus["qosClass"] => {
  const all = [...containers, ...initContainers]
  const says = ({ resources: { limits, requests } }: Container, one: string): boolean =>
    requests?.[one] !== undefined || limits?.[one] !== undefined
  if (!all.some((one) => computed.some((resource) => says(one, resource)))) return "BestEffort"
  const isGuaranteed = all.every(({ resources: { limits = {}, requests = {} } }) =>
    computed.every((one) => limits[one] !== undefined && (requests[one] ?? limits[one]) === limits[one]))
  return isGuaranteed ? "Guaranteed" : "Burstable"
}
