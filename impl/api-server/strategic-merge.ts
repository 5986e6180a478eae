/**
 * api-server/strategic-merge: a patch that merges lists by the keys that the published schemas name.
 * Spec: model/api-server.ts.
 *
 * Source: apimachinery util/strategicpatch/patch.go mergeMap, mergeSliceHandler (directives $patch, $retainKeys,
 * $deleteFromPrimitiveList, $setElementOrder), v1.36.
 */
import { schemaAt, type SchemaNode } from "#impl/api-server/schema-tree.ts"
import { equal } from "#model/objects/equality.ts"

type Fields = Readonly<Record<string, unknown>>

/** The patch itself is none: a directive is not known, or a list's element lacks its key. */
export class BadPatch extends Error {}

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const directive = "$patch"
const retainKeys = "$retainKeys"
const deletion = "$deleteFromPrimitiveList/"
const order = "$setElementOrder/"

const withoutDirectives = ({ [directive]: _directive, [retainKeys]: _keys, ...rest }: Fields): Fields => rest

type List = ReadonlyArray<unknown>
type KeyOf = (item: unknown) => unknown

/**
 * A merged list in its order: what the patch names keeps the patch's, the rest keeps the server's. Of two heads the
 * rest's goes first when both stood in the server's list, and it before the other.
 */
const inOrder = (merged: List, named: List, original: List, keyOf: KeyOf): List => {
  const placeIn = (list: List, item: unknown): number => list.findIndex((one) => equal(keyOf(one), keyOf(item)))
  const sorted = (items: List, by: List): List => items.toSorted((a, b) => placeIn(by, a) - placeIn(by, b))
  const ofPatch = sorted(merged.filter((item) => placeIn(named, item) >= 0), named)
  const rest = sorted(merged.filter((item) => placeIn(named, item) < 0), original)
  const result: Array<unknown> = []
  let next = 0
  for (const item of ofPatch) {
    const at = placeIn(original, item)
    while (next < rest.length && at >= 0) {
      const other = placeIn(original, rest[next])
      if (other < 0 || other >= at) break
      result.push(rest[next++])
    }
    result.push(item)
  }
  return [...result, ...rest.slice(next)]
}

const mergeObjects = (target: List, patch: List, key: string, item: SchemaNode): List => {
  const keyed = (one: unknown): unknown => {
    const value = isRecord(one) ? one[key] : undefined
    if (value === undefined)
      throw new BadPatch(`map: ${JSON.stringify(one)} does not contain declared merge key: ${key}`)
    return value
  }
  if (patch.some((one) => isRecord(one) && one[directive] === "replace" && Object.keys(one).length === 1)) {
    return patch.filter((one) => isRecord(one) && one[directive] === undefined)
  }
  const result = [...target]
  for (const one of patch as ReadonlyArray<Fields>) {
    const wanted = keyed(one)
    const at = result.findIndex((other) => isRecord(other) && equal(other[key], wanted))
    if (one[directive] === "delete") {
      if (at >= 0) result.splice(at, 1)
    } else if (at < 0) result.push(mergeMaps({}, one, item))
    else result[at] = one[directive] === "replace" ? withoutDirectives(one) : mergeMaps(result[at] as Fields, one, item)
  }
  return inOrder(result, patch, target, (one) => isRecord(one) ? one[key] : one)
}

const mergeScalars = (target: List, patch: List): List =>
  inOrder([...target, ...patch.filter((one) => !target.some((other) => equal(one, other)))],
    patch, target, (one) => one)

const mergeLists = (target: unknown, patch: List, schema: SchemaNode): unknown => {
  if (!schema.mergesList) return patch
  const before = Array.isArray(target) ? target as List : []
  return schema.mergeKey !== undefined ? mergeObjects(before, patch, schema.mergeKey, schema.items)
    : mergeScalars(before, patch)
}

const merged = (target: unknown, value: unknown, schema: SchemaNode): unknown => {
  if (Array.isArray(value)) return mergeLists(target, value, schema)
  if (!isRecord(value)) return value
  return schema.replaces && value[directive] === undefined ? value
    : mergeMaps(isRecord(target) ? target : {}, value, schema)
}

/** What the directives beside a list say of it. */
const applyDirectives = (
  result: Record<string, unknown>, target: Fields, patch: Fields, schema: SchemaNode
): void => {
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (key.startsWith(deletion) && Array.isArray(value)) {
      const name = key.slice(deletion.length)
      const list = result[name]
      if (Array.isArray(list)) result[name] = list.filter((one) => !value.some((other) => equal(one, other)))
    } else if (key.startsWith(order) && Array.isArray(value)) {
      const name = key.slice(order.length)
      const { mergeKey } = schema.field(name)
      const keyOf = (item: unknown): unknown => mergeKey !== undefined && isRecord(item) ? item[mergeKey] : item
      const before = Array.isArray(target[name]) ? target[name] as List : []
      if (Array.isArray(result[name])) result[name] = inOrder(result[name] as List, value, before, keyOf)
    }
  }
}

const mergeMaps = (target: Fields, patch: Fields, schema: SchemaNode): Fields => {
  const what = patch[directive]
  if (what === "replace") return withoutDirectives(patch)
  if (what === "delete") return {}
  if (what !== undefined && what !== "merge") throw new BadPatch(`Unknown patch type found: ${String(what)}`)
  const result: Record<string, unknown> = { ...target }
  const retained = patch[retainKeys]
  if (Array.isArray(retained)) {
    for (const key of Object.keys(result)) if (!retained.includes(key)) delete result[key]
  }
  for (const key of Object.keys(patch)) {
    if (key === directive || key === retainKeys || key.startsWith(deletion) || key.startsWith(order)) continue
    const value = patch[key]
    if (value === null) delete result[key]
    else result[key] = merged(result[key], value, schema.field(key))
  }
  applyDirectives(result, target, patch, schema)
  return result
}

/** The target with the patch applied, by the schema of that name. Neither argument is changed. */
export const strategicMerge = (schema: string, target: Fields, patch: Fields): Fields =>
  mergeMaps(target, patch, schemaAt(schema))
