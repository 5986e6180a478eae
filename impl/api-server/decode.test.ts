/**
 * Bodies against the published schemas; and what a real API server wrote comes out as it went in, where it is at
 * hand.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { decodeBody } from "#impl/api-server/decode.ts"
import { apiVersionOf, kinds, resources } from "#model/kinds.ts"

const pod = (spec: object): unknown => ({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec })
const decodePod = (spec: object) => decodeBody(kinds.pods.schema, pod(spec))

describe("a body", () => {
  it("of the wrong type is refused, with its path", () => {
    expect(decodePod({ containers: [{ name: 1 }] }).wrong).toMatch(/number .* spec.containers\[0\].name of type string/)
    expect(decodePod({ priority: 1.5 }).wrong).toMatch(/spec.priority of type int32/)
    const asking = { name: "c", resources: { requests: { cpu: "abc" } } }
    expect(decodePod({ containers: [asking] }).wrong).toMatch(/Quantity/)
  })
  it("loses what nobody knows, and says so", () => {
    const { object, unknown, wrong } = decodePod({ colour: 1, containers: [{ name: "c", size: 2 }] })
    expect({ unknown, wrong }).toEqual({ unknown: ["spec.colour", "spec.containers[0].size"], wrong: undefined })
    expect(JSON.stringify(object)).not.toMatch(/colour|size/)
  })
  it("gets Go's zero values, and loses what is empty", () => {
    const { object } = decodePod({ volumes: [], nodeName: null, containers: [{ name: "c", args: [] }] })
    expect(object).toEqual({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, status: {},
      spec: { containers: [{ name: "c", resources: {} }] } })
  })
  it("that is clean already is returned as it is, parts and all", () => {
    const { object } = decodePod({ containers: [{ name: "c", image: "web:1" }] })
    expect(decodeBody(kinds.pods.schema, object).object).toBe(object)
    const { spec } = object as { spec: object }
    const other = decodeBody(kinds.pods.schema, { ...(object as object), spec: { ...spec, nodeName: "n" } })
    expect((other.object as { spec: { containers: unknown } }).spec.containers)
      .toBe((spec as { containers: unknown }).containers)
  })
})

const recordings = fileURLToPath(new URL("../../../shared/data/real/", import.meta.url))
const resourceOf = new Map(resources.map((one) => [`${apiVersionOf(kinds[one])}/${kinds[one].kind}`, one]))

describe.skipIf(!existsSync(recordings))("every recorded object comes out as it went in", () => {
  const parted = new Map<string, string>()
  const count = new Map<string, number>()
  for (const file of globSync("*.ndjson.gz", { cwd: recordings }).toSorted()) {
    if (file.startsWith("answers") || file.startsWith("decisions")) continue
    for (const text of gunzipSync(readFileSync(recordings + file)).toString("utf8").split("\n")) {
      const line = text === "" ? undefined
        : JSON.parse(text) as { type?: string; object?: { apiVersion?: string; kind?: string } }
      const resource = resourceOf.get(`${line?.object?.apiVersion}/${line?.object?.kind}`)
      if (resource === undefined || line?.type === "BOOKMARK") continue
      count.set(resource, (count.get(resource) ?? 0) + 1)
      const { object, unknown, wrong } = decodeBody(kinds[resource].schema, line!.object)
      if (wrong === undefined && unknown.length === 0 && object === line!.object) continue
      parted.set(resource, wrong ?? (unknown.join() || `${JSON.stringify(line!.object)}\n${JSON.stringify(object)}`))
    }
  }
  it.each(resources)("%s", (resource) => {
    expect(count.get(resource) ?? 0).toBeGreaterThan(0)
    expect(parted.get(resource)).toBeUndefined()
  })
})
