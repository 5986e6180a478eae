/**
 * api-server/decode: from a body as a client sent it to the object as Go holds it and writes it again, by the published
 * schemas. Spec: model/api-server.ts.
 *
 * A wrong type is refused, an unknown field is dropped and told, null counts as absent; what is no pointer in Go
 * stands there with its zero value, what is empty and may be left out is left out, quantities come out in their
 * canonical form. What is clean already is returned as it is, and remembered, so that pods of one template go on
 * sharing its parts.
 * Source: encoding/json as sigs.k8s.io/json has it; k8s.io/api types.go at v1.36 (omitempty, pointers).
 */
import schemas from "#model/objects/schemas.json" with { type: "json" }
import { canonical } from "#model/objects/quantity.ts"
import { microTimeOf, millisOf, timeOf } from "#model/objects/time.ts"

export interface Problems {
  /** "unknown field \"spec.colour\"" */
  readonly unknown: Array<string>
  /** The first wrong type, in words; the body is refused. */
  wrong: string | undefined
}
type Clean = (value: unknown, path: string, problems: Problems) => unknown
interface Schema {
  readonly type?: string
  readonly format?: string
  readonly $ref?: string
  readonly allOf?: ReadonlyArray<Schema>
  readonly oneOf?: ReadonlyArray<Schema>
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly default?: unknown
}
type Fields = Readonly<Record<string, unknown>>

const published = schemas as unknown as Readonly<Record<string, Schema>>
const prefix = "#/components/schemas/"
const byName = new Map<string, Clean>()
/** Subtrees that came out of their cleaner as they went in, by cleaner. */
const clean = new WeakMap<Clean, WeakSet<object>>()

const quantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity"
const timeName = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
const microTimeName = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"
/** Stamps that are no pointers and not left out when they are zero: null stands for none. */
const nullStamps: Readonly<Record<string, ReadonlyArray<string>>> = {
  "io.k8s.api.core.v1.PodCondition": ["lastProbeTime", "lastTransitionTime"],
  "io.k8s.api.core.v1.NodeCondition": ["lastHeartbeatTime", "lastTransitionTime"],
  "io.k8s.api.core.v1.ContainerStateRunning": ["startedAt"],
  "io.k8s.api.core.v1.ContainerStateTerminated": ["startedAt", "finishedAt"]
}
/** Texts that are pointers: "" says something. */
const pointers: ReadonlySet<string> = new Set(["holderIdentity", "volumeName", "storageClassName", "runtimeClassName"])

const wrong = (problems: Problems, path: string, value: unknown, expected: string): undefined => {
  const given = value === null ? "null" : Array.isArray(value) ? "array" : typeof value
  problems.wrong ??= `json: cannot unmarshal ${given} into Go struct field ${path} of type ${expected}`
  return undefined
}

const scalar = (is: (value: unknown) => boolean, expected: string): Clean => (value, path, problems) =>
  is(value) ? value : wrong(problems, path, value, expected)

const text = scalar((value) => typeof value === "string", "string")
const whole = scalar((value) => Number.isSafeInteger(value), "int64")
const whole32 = scalar((value) => Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31 - 1, "int32")
const number = scalar((value) => typeof value === "number", "float64")
const flag = scalar((value) => typeof value === "boolean", "bool")
const wholeOrText = scalar((value) => typeof value === "string" || Number.isInteger(value), "intstr.IntOrString")
const anything: Clean = (value) => value
/** In UTC and cut off at the resolution, as Go writes it again. */
const stamp = (pattern: RegExp, canonical: RegExp, write: (wall_ms: number) => string): Clean =>
  (value, path, problems) => {
    if (typeof value !== "string" || !pattern.test(value) || Number.isNaN(dayAndTime(value))) {
      return wrong(problems, path, value, "time.Time")
    }
    return canonical.test(value) ? value : write(millisOf(value))
  }

/** Whether the text is a day and time that exist: months of 1 to 12, days that the month may have. */
const dayAndTime = (value: string): number => {
  const [, month = 0, day = 0, hour = 0, minute = 0, second = 0] = value.split(/[-T:Z.+]/).map(Number)
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 61 ? 0 : Number.NaN
}
const time = stamp(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/, /^[^.]{19}Z$/, timeOf)
/** MicroTime is parsed with exactly six digits. */
const microTime =
  stamp(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/, /Z$/, microTimeOf)
const quantity: Clean = (value, path, problems) => {
  const made = typeof value === "string" || typeof value === "number" ? canonical(String(value)) : undefined
  return made ?? wrong(problems, path, value, "resource.Quantity")
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const isEmpty = (value: unknown, schema: Schema, name: string): boolean => Array.isArray(value) ? value.length === 0
  : schema.additionalProperties !== undefined ? isRecord(value) && Object.keys(value).length === 0
  : value === "" && !pointers.has(name)

/** Remembers what came out as it went in. */
const remembering = (inner: Clean): Clean => {
  const self: Clean = (value, path, problems) => {
    if (typeof value !== "object" || value === null) return inner(value, path, problems)
    const known = clean.get(self)!
    if (known.has(value)) return value
    const before = problems.unknown.length
    const result = inner(value, path, problems)
    if (problems.wrong === undefined && problems.unknown.length === before && typeof result === "object"
      && result !== null) known.add(result)
    return result
  }
  clean.set(self, new WeakSet())
  return self
}

const list = (item: Clean): Clean => remembering((value, path, problems) => {
  if (!Array.isArray(value)) return wrong(problems, path, value, "slice")
  const items = value.map((one, i) => one === null ? one : item(one, `${path}[${i}]`, problems))
  return items.every((one, i) => one === value[i]) ? value : items
})

const record = (item: Clean): Clean => remembering((value, path, problems) => {
  if (!isRecord(value)) return wrong(problems, path, value, "map")
  let changed: Record<string, unknown> | undefined
  for (const key in value) {
    const given = value[key]
    const made = given === null ? item === text ? "" : given : item(given, `${path}.${key}`, problems)
    if (made !== given) (changed ??= { ...value })[key] = made
  }
  return changed ?? value
})

interface Field {
  readonly name: string
  readonly schema: Schema
  readonly clean: Clean
  readonly isKept: boolean
  /** Go's zero value, where it is written; made anew when it is a struct of its own. */
  readonly zero: (() => unknown) | undefined
}

const struct = (schema: Schema, schemaName: string): Clean => {
  let fields: ReadonlyMap<string, Field> | undefined
  const stamps = nullStamps[schemaName] ?? []
  const make = (): ReadonlyMap<string, Field> => new Map(Object.entries(schema.properties ?? {}).map(([name, one]) => {
    const cleaner = compile(one)
    const isStruct = isRecord(one.default)
    const zero = stamps.includes(name) ? () => null : one.default === undefined ? undefined
      : isStruct ? () => cleaner({}, "", { unknown: [], wrong: undefined }) : () => one.default
    return [name, { name, schema: one, clean: cleaner, isKept: zero !== undefined, zero }]
  }))
  return remembering((value, path, problems) => {
    if (!isRecord(value)) return wrong(problems, path, value, "struct")
    fields ??= make()
    let changed: Record<string, unknown> | undefined
    for (const key in value) {
      const field = fields.get(key)
      const at = path === "" ? key : `${path}.${key}`
      if (field === undefined) {
        problems.unknown.push(at)
        delete (changed ??= { ...value })[key]
        continue
      }
      const given = value[key]
      const made = given === null || given === undefined ? undefined : field.clean(given, at, problems)
      if (made === given && (field.isKept || !isEmpty(made, field.schema, key))) continue
      changed ??= { ...value }
      if (made === undefined || (!field.isKept && isEmpty(made, field.schema, key))) delete changed[key]
      else changed[key] = made
    }
    for (const field of fields.values()) {
      if (field.zero === undefined || (changed ?? value)[field.name] !== undefined) continue
      if (changed === undefined && value[field.name] === null && field.zero() === null) continue
      (changed ??= { ...value })[field.name] = field.zero()
    }
    return changed === undefined || sameFields(changed, value) ? value : changed
  })
}

const sameFields = (a: Fields, b: Fields): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

const named = (name: string): Clean => {
  const known = byName.get(name)
  if (known !== undefined) return known
  const made = name === quantityName ? quantity : name === timeName ? time : name === microTimeName ? microTime
    : published[name]!.properties !== undefined ? struct(published[name]!, name) : compile(published[name]!)
  byName.set(name, made)
  return made
}

const compile = (schema: Schema): Clean => {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref
  if (ref !== undefined) return named(ref.slice(prefix.length))
  if (schema.format === "int-or-string") return wholeOrText
  if (schema.properties !== undefined) return struct(schema, "")
  if (schema.additionalProperties !== undefined) return record(compile(schema.additionalProperties))
  switch (schema.type) {
    case "array": return list(compile(schema.items ?? {}))
    case "string": return text
    case "integer": return schema.format === "int32" ? whole32 : whole
    case "number": return number
    case "boolean": return flag
    default: return anything
  }
}

export interface Decoded {
  readonly object: unknown
  readonly unknown: ReadonlyArray<string>
  readonly wrong: string | undefined
}

/** The body as an object of the schema of that name; `wrong` says why it is none. */
export const decodeBody = (schema: string, body: unknown): Decoded => {
  const problems: Problems = { unknown: [], wrong: undefined }
  const object = named(schema)(body, "", problems)
  return { object, unknown: problems.unknown, wrong: problems.wrong }
}
