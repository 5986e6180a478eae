/**
 * What the EndpointSlice controller promises, on committed objects alone: a recorded cluster has Services and slices.
 * Slices that somebody else manages (mirrored ones, the API servers' own) promise nothing here.
 *
 * It acts on copies that are a little old. Legal exceptions: publishNotReadyAddresses; a Service whose selector was
 * taken away keeps its slices; a pod whose node is not known is left out.
 * Source: pkg/controller/endpointslice/endpointslice_controller.go; endpointslice/{utils,reconciler}.go, v1.36;
 * services-and-work.md 2; invariants 98, 99, 100.
 */
import { isReady } from "#model/controllers/replica-set/ranking.ts"
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ObservedObjects } from "#model/observed.ts"
import { controllerIn, madeForTheLiving } from "#properties/controller/dependents.ts"
import { Eyes, lately, latelyNamed, wasLately } from "#properties/controller/recent.ts"
import { committed, type History } from "#properties/history.ts"
import {
  always, eventually, kept, needing, type Property, type Said, sometimes
} from "#properties/property.ts"

type EndpointSlice = ObservedObjects["endpointslices"]
type Service = ObservedObjects["services"]
type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number]

const isManaged = ({ metadata: { labels = {} } }: EndpointSlice): boolean =>
  labels["endpointslice.kubernetes.io/managed-by"] === "endpointslice-controller.k8s.io"
const endpointsOf = ({ endpoints }: EndpointSlice): ReadonlyArray<Endpoint> => endpoints ?? []
const addressesOf = ({ status: { podIP, podIPs } }: Pod): ReadonlyArray<string> =>
  podIPs?.map(({ ip }) => ip) ?? (podIP === undefined ? [] : [podIP])
const isOver = ({ status: { phase } }: Pod): boolean => phase === "Succeeded" || phase === "Failed"
const isGoing = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined
const selects = ({ metadata: { namespace }, spec }: Service, pod: Pod): boolean =>
  spec.selector !== undefined && pod.metadata.namespace === namespace
  && Object.entries(spec.selector).every(([key, value]) => pod.metadata.labels?.[key] === value)
const isUsed = ({ spec }: Service): boolean => spec.type !== "ExternalName" && spec.selector !== undefined

const zone = "topology.kubernetes.io/zone"
/** Of a node that is not known nothing is told. */
const isInZone = ({ now }: History, { nodeName, zone: told }: Endpoint, at_ms: number): boolean =>
  [...latelyNamed(now.nodes, nodeName ?? "", at_ms)]
    .some((node) => (node?.metadata.labels?.[zone] ?? "") === (told ?? ""))

/** 98: some version of the pod that may have been before its eyes is as the endpoint says. */
const isTold = (
  { addresses, conditions, hostname, nodeName, targetRef }: Endpoint, service: Service, pod: Pod
): boolean => {
  const named = pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined
  const [isServing, isTerminating] = [isReady(pod), isGoing(pod)]
  const isTakingTraffic = service.spec.publishNotReadyAddresses === true || (isServing && !isTerminating)
  return selects(service, pod) && !isOver(pod) && conditions?.serving === isServing
    && conditions.terminating === isTerminating && conditions.ready === isTakingTraffic
    && (hostname ?? "") === (named ?? "") && targetRef?.kind === "Pod"
    && targetRef.name === pod.metadata.name && targetRef.namespace === pod.metadata.namespace
    && nodeName === pod.spec.nodeName && addresses.every((address) => addressesOf(pod).includes(address))
}
const tellsOfPods = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "endpointslices")
    if (change === undefined || change.type === "object.deleted" || !isManaged(change.object)) return undefined
    const { now } = history
    const owner = controllerIn(change.object)?.uid ?? ""
    const services = [...lately(now.services, owner, line.at_ms)].filter((one) => one !== undefined)
    if (services.length === 0 || !eyes.areClear(line.at_ms, owner)) return undefined
    const before = change.type === "object.updated" ? endpointsOf(change.previous) : []
    let held = 0
    for (const endpoint of endpointsOf(change.object)) {
      const { name, uid = "" } = endpoint.targetRef ?? {}
      // Of who stands there as before nothing new is said.
      if (before.some((other) => JSON.stringify(other) === JSON.stringify(endpoint))) continue
      if (now.pods.known(uid) === undefined) return `${change.object.metadata.name} tells of ${name}, which never was`
      if (!services.some((service) => wasLately(now.pods, uid, line.at_ms, (pod) => isTold(endpoint, service, pod)))) {
        return `${change.object.metadata.name} says ${JSON.stringify(endpoint.conditions)} of ${name} at `
          + `${endpoint.addresses.join()}, which it has not been lately`
      }
      if (!isInZone(history, endpoint, line.at_ms)) return `${name} is not in the zone ${endpoint.zone}`
      held++
    }
    return held > 0 ? held : undefined
  }
}

/** Source: apis/discovery/validation maxEndpoints; --max-endpoints-per-slice is at most as much. */
const endpoints_max = 1_000
const isSmall = (): (line: Line) => Said => (line) => {
  const change = committed(line, "endpointslices")
  if (change === undefined || change.type === "object.deleted" || !isManaged(change.object)) return undefined
  const count = endpointsOf(change.object).length
  return count <= endpoints_max ? kept : `${change.object.metadata.name} has ${count} endpoints`
}

const isReachable = ({ now }: History, { spec: { nodeName } }: Pod): boolean =>
  nodeName !== undefined && now.nodes.named(nodeName) !== undefined

/** 99: each address of a pod once, of each type; nobody else's. */
const wrongAtRest = (history: History, service: Service): string | undefined => {
  const slices = history.now.endpointslices.by("owner", service.metadata.uid).filter(isManaged)
  if (slices.length === 0) return "has no slice"
  const told = new Set<string>()
  for (const slice of slices) {
    for (const endpoint of endpointsOf(slice)) {
      const { name, uid = "" } = endpoint.targetRef ?? {}
      const pod = history.now.pods.get(uid)
      const ports = (slice.ports ?? []).map((port) => `${port.name}:${port.port}`).join()
      const place = `${slice.addressType} ${ports} ${uid}`
      if (told.has(place)) return `tells twice of ${name}`
      told.add(place)
      if (pod === undefined || !isTold(endpoint, service, pod)) {
        return `says ${JSON.stringify(endpoint.conditions)} of ${name} at ${endpoint.addresses.join()}, which it is not`
      }
    }
  }
  const left = history.now.pods.by("namespace", service.metadata.namespace).find((pod) => selects(service, pod)
    && !isOver(pod) && addressesOf(pod).length > 0 && isReachable(history, pod)
    && !slices.some((slice) => endpointsOf(slice).some(({ targetRef }) => targetRef?.uid === pod.metadata.uid)))
  return left === undefined ? undefined : `does not tell of ${left.metadata.name}`
}
const isTrueAtRest = (history: History) => ({
  holds: (): Said => {
    let held = 0
    for (const service of history.now.services.all()) {
      if (!isUsed(service) || service.metadata.deletionTimestamp !== undefined) continue
      const wrong = wrongAtRest(history, service)
      if (wrong !== undefined) return `service ${service.metadata.namespace}/${service.metadata.name} ${wrong}`
      held++
    }
    return held
  }
})

const wrongSlice = (owner: unknown, made: unknown): string | undefined => {
  const [{ metadata: { name } }, slice] = [owner as Service, made as EndpointSlice]
  const { labels = {} } = slice.metadata
  if (!isManaged(slice)) return undefined
  if (labels["kubernetes.io/service-name"] !== name) return `${slice.metadata.name} is labelled as another Service's`
  return slice.metadata.name.startsWith(`${name}-`) ? undefined
    : `${slice.metadata.name} is not named after its Service`
}

export const properties: ReadonlyArray<Property> = [
  needing(["services", "endpointslices", "times"], always("a slice is made for a Service that exists, and named after "
    + "it", [], madeForTheLiving("services", "endpointslices", wrongSlice), ["endpointslices.created"])),
  needing(["services", "endpointslices", "pods", "nodes", "leases", "times"], always("an endpoint is ready only while "
    + "its pod is, and tells what its pod is", [98], tellsOfPods, ["endpointslices."])),
  always("a slice holds at most as many endpoints as it may", [100], isSmall, ["endpointslices."]),
  needing(["services", "endpointslices", "pods", "nodes"], eventually("at rest a Service's slices tell of each of its "
    + "pods once, and of nobody else", [99], isTrueAtRest, ["endpointslices."]))
]

export const situations: ReadonlyArray<Property> = [
  sometimes("an endpoint terminates and still serves", () => (line) => {
    const change = committed(line, "endpointslices")
    return change !== undefined && endpointsOf(change.object).some(({ conditions }) =>
      conditions?.terminating === true && conditions.serving === true && conditions.ready === false)
  }, ["endpointslices."]),
  sometimes("a slice is emptied", () => (line) => {
    const change = committed(line, "endpointslices")
    return change?.type === "object.updated" && endpointsOf(change.object).length === 0
      && endpointsOf(change.previous).length > 0
  }, ["endpointslices.updated"])
]
