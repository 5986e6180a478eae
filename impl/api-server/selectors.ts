/**
 * api-server/selectors: which objects a list or watch asks for. Spec: model/api-server.ts.
 *
 * A selector that demands a node or a name is found through an index, so an event costs only its interested watchers.
 */
import { badRequest } from "#impl/api-server/status.ts"
import { type ApiObject, kinds, type Resource } from "#model/kinds.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { Status } from "#model/objects/status.ts"

export interface Selection {
  readonly resource: Resource
  readonly namespace?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}
export interface Selector {
  readonly matches: (object: ApiObject) => boolean
  /** The index entry that holds every object that can match; undefined: look at all. */
  readonly index: string | undefined
}

type Field = (object: ApiObject) => string
const specOf = (object: ApiObject): Pod["spec"] => (object as Pod).spec
/** Source: ToSelectableFields of each kind, kubernetes registry/core/{pod,node}/strategy.go. Only fields in use. */
const fields: Readonly<Record<string, Field>> = {
  "metadata.name": (object) => object.metadata.name,
  "metadata.namespace": (object) => object.metadata.namespace ?? "",
  "spec.nodeName": (object) => specOf(object).nodeName ?? "",
  "spec.unschedulable": (object) => String((object as Node).spec.unschedulable ?? false),
  "status.phase": (object) => (object as Pod).status.phase
}
const mayAsk = (resource: Resource, field: string): boolean => field === "metadata.name" ||
  (field === "metadata.namespace" && kinds[resource].namespaced) || kinds[resource].selectableFields.includes(field)

/** The index entries under which an object is found: its name, and of a bound pod its node. */
export const nameIndex = (object: ApiObject): string => `name/${object.metadata.name}`
export const nodeIndex = (object: ApiObject): string | undefined => {
  if (object.kind !== "Pod") return undefined
  return `node/${object.spec.nodeName ?? ""}`
}

interface Term {
  readonly key: string
  readonly value: string
  readonly negated: boolean
}
const terms = (text: string): ReadonlyArray<Term> => text.split(",").filter((part) => part !== "").map((part) => {
  const [, key = "", operator = "", value = ""] = /^([^=!]*)(!=|==|=)(.*)$/.exec(part) ?? []
  return { key: key.trim(), value: value.trim(), negated: operator === "!=" }
})

const requirement = (term: Term, read: (object: ApiObject) => string | undefined) =>
  (object: ApiObject): boolean => (read(object) === term.value) !== term.negated

/** Parses a selection; a Status when it names a field that the kind does not offer. */
export const parseSelector = (selection: Selection): Selector | { readonly error: Status } => {
  const { resource, namespace } = selection
  const requirements: Array<(object: ApiObject) => boolean> = []
  let index: string | undefined
  if (namespace !== undefined && namespace !== "") {
    requirements.push((object) => object.metadata.namespace === namespace)
  }
  for (const term of terms(selection.fieldSelector ?? "")) {
    const field = mayAsk(resource, term.key) ? fields[term.key] : undefined
    if (field === undefined) return { error: badRequest(`"${term.key}" is not a known field selector for ${resource}`) }
    requirements.push(requirement(term, field))
    if (term.negated) continue
    if (term.key === "spec.nodeName") index = `node/${term.value}`
    else if (term.key === "metadata.name") index ??= `name/${term.value}`
  }
  for (const term of terms(selection.labelSelector ?? "")) {
    if (term.key === "") return { error: badRequest(`unable to parse requirement: ${selection.labelSelector}`) }
    requirements.push(requirement(term, (object) => object.metadata.labels?.[term.key]))
  }
  const [first, second] = requirements
  if (first === undefined) return { index, matches: () => true }
  if (second === undefined) return { index, matches: first }
  return { index, matches: (object) => requirements.every((holds) => holds(object)) }
}
