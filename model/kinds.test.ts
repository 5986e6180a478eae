/** The table of kinds against what Kubernetes published, and against recorded objects where they are at hand. */
import { createHash } from "node:crypto"
import { existsSync, globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { apiVersionOf, kinds, resources, type Resource } from "#model/kinds.ts"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const schemas = readFileSync(here("objects/schemas.json"), "utf8")

describe("the published schemas", () => {
  it("are those from which the types were generated", () => {
    const hash = createHash("sha256").update(schemas).digest("hex")
    expect(readFileSync(here("objects/generated.d.ts"), "utf8")).toContain(`sha256 ${hash}`)
  })
  it.each(resources)("hold %s", (resource) => {
    const published = JSON.parse(schemas) as Readonly<Record<string, unknown>>
    expect(published[kinds[resource].schema]).toBeDefined()
  })
})

const recordings = here("../../shared/data/real/")
const resourceOf = new Map(resources.map((resource) =>
  [`${apiVersionOf(kinds[resource])}/${kinds[resource].kind}`, resource]))

type Json = Readonly<Record<string, unknown>>
const missing = (value: unknown, path: ReadonlyArray<string>): boolean => {
  const [first, ...rest] = path
  if (first === undefined) return false
  const isEach = first.endsWith("[]")
  const found = (value as Json | null | undefined)?.[isEach ? first.slice(0, -2) : first]
  if (!isEach) return found === undefined || found === null || missing(found, rest)
  return Array.isArray(found) && found.some((one) => missing(one, rest))
}

describe.skipIf(!existsSync(recordings))("every path that a kind promises is in every recorded object of it", () => {
  const found = new Map<Resource, { objects: number; readonly lacks: Set<string> }>(
    resources.map((resource) => [resource, { objects: 0, lacks: new Set() }]))
  const look = (object: Json, listed?: string): void => {
    const resource = resourceOf.get(`${String(object["apiVersion"])}/${String(object["kind"] ?? "")}`) ??
      resources.find((one) => one === listed)
    if (resource === undefined) return
    const entry = found.get(resource)!
    entry.objects++
    for (const path of kinds[resource].guaranteed) if (missing(object, path.split("."))) entry.lacks.add(path)
  }
  for (const file of globSync("*.ndjson.gz", { cwd: recordings }).toSorted()) {
    if (file.startsWith("answers") || file.startsWith("decisions")) continue
    for (const text of gunzipSync(readFileSync(recordings + file)).toString("utf8").split("\n")) {
      if (text === "") continue
      const line = JSON.parse(text) as {
        type?: string; resource?: string; object?: Json & { items?: ReadonlyArray<Json> }
      }
      const plural = line.resource?.split("/").at(-1)?.split(".")[0]
      if (line.type === "LIST") for (const item of line.object?.items ?? []) look(item, plural)
      else if (line.object !== undefined && /^(ADDED|MODIFIED|DELETED)$/.test(line.type ?? "")) look(line.object)
    }
  }
  it.each(resources)("%s", (resource) => {
    const { lacks, objects } = found.get(resource)!
    expect(objects).toBeGreaterThan(0)
    expect([...lacks]).toEqual([])
  })
})
