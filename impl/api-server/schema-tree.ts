/** api-server/schema-tree: the published schemas as a patch walks through them. Spec: model/api-server.ts. */
import schemas from "#model/objects/schemas.json" with { type: "json" }

interface Schema {
  readonly $ref?: string
  readonly allOf?: ReadonlyArray<Schema>
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly "x-kubernetes-patch-strategy"?: string
  readonly "x-kubernetes-patch-merge-key"?: string
}
const published = schemas as unknown as Readonly<Record<string, Schema>>
const prefix = "#/components/schemas/"

/** A place in a schema. What is not published takes patches as plain JSON does. */
export interface SchemaNode {
  readonly field: (name: string) => SchemaNode
  readonly items: SchemaNode
  /** A list that a patch adds to instead of replacing it. */
  readonly mergesList: boolean
  /** By which its elements, when they are objects, are told apart. */
  readonly mergeKey: string | undefined
  /** A struct that a patch replaces as a whole. */
  readonly replaces: boolean
}

const resolve = (schema: Schema): Schema => {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref
  return ref === undefined ? schema : published[ref.slice(prefix.length)] ?? {}
}
const nodes = new WeakMap<Schema, SchemaNode>()
const nothing: Schema = {}

const nodeOf = (schema: Schema): SchemaNode => {
  const known = nodes.get(schema)
  if (known !== undefined) return known
  const strategies = (schema["x-kubernetes-patch-strategy"] ?? "").split(",")
  const { additionalProperties, items, properties } = resolve(schema)
  const node: SchemaNode = {
    field: (name) => nodeOf(properties?.[name] ?? additionalProperties ?? nothing),
    get items() { return nodeOf(items ?? nothing) },
    mergesList: strategies.includes("merge"), mergeKey: schema["x-kubernetes-patch-merge-key"],
    replaces: strategies.includes("replace")
  }
  nodes.set(schema, node)
  return node
}

export const schemaAt = (name: string): SchemaNode => nodeOf(published[name] ?? nothing)
