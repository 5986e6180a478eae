/** The nodes of a whole zone are announced before there are machines for them, or retired. */
import * as fc from "fast-check"
import { Effect } from "effect"
import { Client } from "#impl/client.ts"
import { node, zoneLabel } from "#properties/harness/users/objects.ts"
import { fields, type Act, type OperationKinds, type Scene } from "#properties/harness/users/operation-kind.ts"

const manyNodes = 55 // More than --large-cluster-size-threshold, in one zone.
const zoneName = ({ topology }: Scene) => fc.constantFrom(...topology.workers.map(({ zone }) => zone), "zone-d")

const announce = (zone: string, count: number): Act => Effect.gen(function*() {
  const client = yield* Client
  for (let i = 1; i <= count; i++) yield* client.create("nodes", node(`${zone}-spare-${i}`, zone))
})
const retire = (zone: string): Act => Effect.gen(function*() {
  const client = yield* Client
  const { items } = yield* client.list("nodes", { labelSelector: `${zoneLabel}=${zone}` })
  for (const { metadata } of items) yield* client.delete("nodes", "", metadata.name)
})

export const zoneOperation: OperationKinds<"nodes.create" | "nodes.delete"> = {
  "nodes.create": {
    weight: 1, likelihood: 0.12,
    draw: (scene) => fields("nodes.create", { zone: zoneName(scene), count: fc.constantFrom(1, 2, 5, manyNodes) }),
    act: ({ count, zone }) => announce(zone, count)
  },
  "nodes.delete": {
    weight: 1, likelihood: 0.12,
    draw: (scene) => fields("nodes.delete", { zone: zoneName(scene) }),
    act: ({ zone }) => retire(zone)
  }
}
