/**
 * What an object is stays what it is, and each write has a revision of its own. Of every kind, also those that only a
 * recorded cluster has.
 * Source: apimachinery api/validation/objectmeta.go (ValidateObjectMetaUpdate), apis/meta/v1/types.go (ObjectMeta);
 * etcd: one transaction, one revision, and an API server writes one key in each.
 */
import type { Line } from "#model/events.ts"
import { apiVersionOf } from "#model/kinds.ts"
import { equal } from "#model/objects/equality.ts"
import { kindOf, type ObservedResource } from "#model/observed.ts"
import { isChange } from "#properties/history.ts"
import { always, kept, type Property, type Said } from "#properties/property.ts"

interface Thing {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly spec?: Readonly<Record<string, unknown>>
}
const fixed = ["name", "namespace", "uid", "creationTimestamp", "generateName"] as const

const keepsItself = () => ({ event }: Line): Said => {
  if (event.type !== "object.updated" && event.type !== "object.deleted") return undefined
  const now = event.object as unknown as Thing
  const before = event.type === "object.updated" ? event.previous as unknown as Thing : now
  const lost = fixed.find((field) => now.metadata[field] !== before.metadata[field])
  return lost === undefined ? kept
    : `${event.key} at revision ${event.revision}: ${lost} ${String(before.metadata[lost])} became `
      + String(now.metadata[lost])
}

/** Of another version of its group it may be told, of another kind not. */
const isOfItsKind = () => ({ event }: Line): Said => {
  if (!isChange(event)) return undefined
  const kind = kindOf(event.resource as ObservedResource)
  const { apiVersion, kind: name, metadata } = event.object as unknown as Thing
  if (kind === undefined || name === undefined || apiVersion === undefined) return undefined
  const isVersion = /(^|\/)v\d+((alpha|beta)\d+)?$/.test(apiVersion)
  if (!isVersion || name !== kind.kind || groupOf(apiVersion) !== groupOf(apiVersionOf(kind))) {
    return `${event.key} at revision ${event.revision} is a ${apiVersion} ${name}`
  }
  return typeof metadata["creationTimestamp"] === "string" ? kept : `${event.key} was created at no time`
}
const groupOf = (apiVersion: string): string => {
  const slash = apiVersion.indexOf("/")
  return slash < 0 ? "" : apiVersion.slice(0, slash)
}

/** Of these only the listed are valid, wherever in a spec they stand. Source: apis/core and apis/apps validation. */
const enumerations: Readonly<Record<string, ReadonlySet<unknown>>> = {
  imagePullPolicy: new Set(["Always", "IfNotPresent", "Never"]),
  restartPolicy: new Set(["Always", "OnFailure", "Never"]),
  dnsPolicy: new Set(["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
  terminationMessagePolicy: new Set(["File", "FallbackToLogsOnError"]),
  podManagementPolicy: new Set(["OrderedReady", "Parallel"]),
  preemptionPolicy: new Set(["PreemptLowerPriority", "Never"]),
  completionMode: new Set(["NonIndexed", "Indexed"])
}
const invalidIn = (value: unknown): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  for (const [field, inner] of Object.entries(value)) {
    const found = enumerations[field]?.has(inner) === false ? `${field} ${String(inner)}` : invalidIn(inner)
    if (found !== undefined) return found
  }
  return undefined
}
const isValid = () => ({ event }: Line): Said => {
  if (event.type !== "object.created" || event.resource === "events") return undefined
  const { spec } = event.object as unknown as Thing
  if (spec === undefined) return undefined
  const wrong = invalidIn(spec)
  return wrong === undefined ? kept : `${event.key} was created with ${wrong}`
}

/** Fields of a spec that validation lets nobody change, by kind. */
const frozen: Readonly<Record<string, ReadonlyArray<string>>> = {
  deployments: ["selector"], replicasets: ["selector"], daemonsets: ["selector"],
  statefulsets: ["selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"],
  jobs: ["selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex"],
  pods: ["containers.name", "restartPolicy", "serviceAccountName", "priority", "priorityClassName", "schedulerName",
    "hostNetwork", "preemptionPolicy", "enableServiceLinks", "volumes", "dnsPolicy", "serviceAccount"]
}
const of = (spec: Thing["spec"], path: string): unknown => {
  const [field = "", inner] = path.split(".")
  const value = spec?.[field]
  return inner === undefined ? value : (value as ReadonlyArray<Record<string, unknown>> | undefined)
    ?.map((one) => one[inner])
}
const keepsItsSelector = () => ({ event }: Line): Said => {
  if (event.type !== "object.updated") return undefined
  const fields = frozen[event.resource]
  if (fields === undefined) return undefined
  const [now, before] = [event.object as unknown as Thing, event.previous as unknown as Thing]
  const changed = now.spec === before.spec ? undefined
    : fields.find((field) => !equal(of(now.spec, field), of(before.spec, field)))
  return changed === undefined ? kept : `${event.key} at revision ${event.revision}: spec.${changed} changed`
}

const oneAtATime = () => {
  let last = -1
  return ({ event }: Line): Said => {
    if (!isChange(event) || event.type === "object.seen") return undefined
    const { revision } = event
    if (revision === last) return `${event.key} was written at revision ${revision}, as another was`
    last = revision
    return kept
  }
}

/** What these kinds' controllers say; a kubelet, or who stands in for one, may say it anew at another time. */
const timed: ReadonlySet<string> = new Set(["deployments", "replicasets", "statefulsets", "daemonsets", "jobs"])
/** A time that is told of a condition is that of its last turn. Source: the controllers' Set…Condition. */
const turnsInTime = () => ({ event }: Line): Said => {
  if (event.type !== "object.updated" || !timed.has(event.resource)) return undefined
  const [now, before] = [conditionsOf(event.object), conditionsOf(event.previous)]
  if (now === before) return undefined
  let count = 0
  for (const one of now) {
    const was = before.find(({ type }) => type === one.type)
    if (was === undefined || was.status !== one.status || one.lastTransitionTime === was.lastTransitionTime) continue
    // What was never said may be said now.
    if (was.lastTransitionTime === undefined || was.lastTransitionTime === null) continue
    if (was.reason !== one.reason) continue
    return `${event.key} at revision ${event.revision}: ${one.type} was ${was.status} and is, `
      + `and turned at ${one.lastTransitionTime}, not ${was.lastTransitionTime}`
  }
  for (const one of now) if (one.lastTransitionTime !== undefined) count++
  return count === 0 ? undefined : count
}
/** A node's lease is its node's, if it is anybody's. Source: kubelet util/nodelease.go (SetNodeOwnerFunc). */
const isItsNodes = () => ({ event }: Line): Said => {
  if (!isChange(event) || !event.key.startsWith("/registry/leases/kube-node-lease/")) return undefined
  const { name, ownerReferences } = (event.object as unknown as Thing).metadata
  const owners = (ownerReferences ?? []) as ReadonlyArray<Readonly<Record<string, unknown>>>
  const other = owners.find(({ apiVersion, kind, name: owner }) => kind !== "Node" || owner !== name
    || apiVersion !== "v1")
  return other === undefined ? kept : `${event.key} is owned by ${String(other["kind"])} ${String(other["name"])}`
}

/** With the last finalizer an object may go at once, but only one that was to go. */
const goesWhenAsked = () => ({ event }: Line): Said => {
  if (event.type !== "object.deleted") return undefined
  const { deletionTimestamp, finalizers } = (event.object as unknown as Thing).metadata
  const held = (finalizers ?? []) as ReadonlyArray<string>
  return held.length === 0 ? undefined : deletionTimestamp !== undefined ? kept
    : `${event.key} was removed with ${held.join()}, and nobody had asked it to go`
}
interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly lastTransitionTime?: string | null
}
const conditionsOf = (object: unknown): ReadonlyArray<Condition> =>
  (object as { readonly status?: { readonly conditions?: ReadonlyArray<Condition> | null } }).status?.conditions ?? []

export const identityProperties: ReadonlyArray<Property> = [
  always("an object keeps its name, its uid and the time of its creation", [], keepsItself,
    ["object.updated", "object.deleted"]),
  always("an object is of the kind that it is asked for as", [], isOfItsKind, ["object."]),
  always("selectors, and what else is fixed of a spec, stay", [], keepsItsSelector, ["object.updated"]),
  always("what is created says only what its fields may say", [], isValid, ["object.created"]),
  always("a node's lease is owned by its node", [], isItsNodes, ["leases."]),
  always("no two changes have one revision", [], oneAtATime, ["object."]),
  always("an object with finalizers is removed only after it was asked to go", [21], goesWhenAsked,
    ["object.deleted"]),
  always("a condition that a controller reports moves its time only with its status or reason", [], turnsInTime,
    ["object.updated"])
]
