/** From a recorded HTTP request to one of our own wire, or to the reason why there is none. */
import type { FieldValidation, PatchType, PropagationPolicy, Request } from "#impl/ports/api.ts"
import type { Json, Recorded } from "#properties/harness/differential/recorded.ts"
import { kinds, isResource, type Resource } from "#model/kinds.ts"

export interface Place {
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}
/** What a path names. */
export const placeOf = (path: string): Place => {
  const parts = path.split("?")[0]!.split("/").filter((part) => part !== "")
  const own = parts.slice(parts[0] === "api" ? 2 : 3)
  const isWithin = own[0] === "namespaces" && own.length > 2 && !["status", "finalize"].includes(own[2]!)
  const [resource = "", name = "", subresource = ""] = isWithin ? own.slice(2) : own
  return { resource, name, subresource, namespace: isWithin ? own[1]! : "" }
}

export type Asking =
  | { readonly type: "now"; readonly resource: Resource; readonly request: Request }
  /** A feature that is not there yet. */
  | { readonly type: "later"; readonly resource: string; readonly feature: string }

const patchTypes: Readonly<Record<string, PatchType>> = {
  "application/merge-patch+json": "merge", "application/json-patch+json": "json",
  "application/strategic-merge-patch+json": "strategic"
}

/** The feature without which the request cannot be made here. */
const missing = (
  { accept, body, code, method, path, type }: Recorded, { resource, subresource }: Place
): string | undefined => {
  const query = new URLSearchParams(path.split("?")[1] ?? "")
  if (!isResource(resource)) return "kind"
  const { spec } = (body ?? {}) as { readonly spec?: { readonly priorityClassName?: string } }
  const { priorityClassName = "" } = spec ?? {}
  if (resource === "pods" && method === "POST" && code < 300 && !/^(system-.*)?$/.test(priorityClassName)) {
    return "priority classes"
  }
  if (accept.includes("as=")) return "table or metadata only"
  if (type === "application/apply-patch+yaml") return "apply"
  if (type !== "" && patchTypes[type] === undefined && type !== "application/json") return "wire: media type"
  if (query.has("continue")) return "pages"
  if (subresource === "nonsense") return "wire: path"
  if (subresource !== "" && !["status", "binding", "finalize"].includes(subresource)) {
    return `subresource ${subresource}`
  }
  if (subresource === "status" && !kinds[resource].subresources.includes("status")) return "wire: path"
  if (typeof body === "string" && parsed(body) === undefined) return "wire: body"
  return undefined
}

/** Texts were sent as they stand; a doubled field is the wire's to see. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const without = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T

/** Ours serves nobody, itself included, before the system's namespaces are there. */
const isTooEarly = ({ answer, by, code }: Recorded): boolean => by === "system:apiserver" && code === 404
  && (answer as { readonly details?: Json }).details?.["kind"] === "namespaces"

export const askingOf = (recorded: Recorded): Asking => {
  const place = placeOf(recorded.path)
  const feature = isTooEarly(recorded) ? "before the system's namespaces" : missing(recorded, place)
  const { name, namespace, resource, subresource } = place
  if (feature !== undefined) return { type: "later", resource, feature }
  const query = new URLSearchParams(recorded.path.split("?")[1] ?? "")
  const body = (typeof recorded.body === "string" ? parsed(recorded.body) : recorded.body) as Json | undefined
  const options = {
    dryRun: query.has("dryRun") || undefined,
    fieldValidation: (query.get("fieldValidation") ?? undefined) as FieldValidation | undefined
  }
  const selection = {
    namespace: namespace === "" ? undefined : namespace,
    fieldSelector: query.get("fieldSelector") ?? undefined, labelSelector: query.get("labelSelector") ?? undefined
  }
  const { gracePeriodSeconds, preconditions, propagationPolicy } = (body ?? {}) as {
    readonly gracePeriodSeconds?: number
    readonly preconditions?: object
    readonly propagationPolicy?: PropagationPolicy
  }
  const deletion = { dryRun: options.dryRun, gracePeriodSeconds, preconditions, propagationPolicy }
  const make = (): object => {
    switch (recorded.method) {
      case "GET":
        return name === "" ? { verb: "list", resource, ...selection, resourceVersion: query.get("resourceVersion")
          ?? undefined, resourceVersionMatch: query.get("resourceVersionMatch") ?? undefined }
          : { verb: "get", resource, namespace, name }
      case "POST":
        return subresource === "binding"
          ? { verb: "create", resource, namespace, name, subresource, object: body, dryRun: options.dryRun }
          : { verb: "create", resource, namespace, object: body, ...options }
      case "PUT":
        return { verb: "update", resource, namespace, name, object: body, ...options,
          subresource: subresource === "" ? undefined : subresource }
      case "PATCH":
        return { verb: "patch", resource, namespace, name, patch: body, type: patchTypes[recorded.type], ...options,
          subresource: subresource === "" ? undefined : subresource }
      default:
        return name === "" ? { verb: "deletecollection", resource, ...selection, ...deletion }
          : { verb: "delete", resource, namespace, name, ...deletion }
    }
  }
  return { type: "now", resource: resource as Resource, request: without(make()) as Request }
}
