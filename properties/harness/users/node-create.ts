/** A Node object is made or deleted by hand. */
import * as fc from "fast-check"
import { Effect } from "effect"
import { Client } from "#impl/client.ts"
import { podGcPeriod_ms, quarantine_ms } from "#model/limits/controllers/pod-gc.ts"
import { logUniform } from "#properties/harness/draw/numbers.ts"
import { ask, node } from "#properties/harness/users/objects.ts"
import {
  fields, nodeName, type Act, type OperationKinds, type Scene
} from "#properties/harness/users/operation-kind.ts"

const longestAbsence_ms = 120_000 // ASSUMED: longer than pod-gc's quarantine and its period.
/** Anything, or as long as others wait for a node before they do without it. */
const absence = fc.oneof(logUniform(10, longestAbsence_ms),
  fc.integer({ min: quarantine_ms, max: quarantine_ms + 2 * podGcPeriod_ms }))
const machine = ({ topology }: Scene) => fc.constantFrom(...topology.workers)

const recreate = (name: string, zone: string, wait_ms: number): Act => Effect.gen(function*() {
  const client = yield* Client
  yield* client.delete("nodes", "", name)
  yield* Effect.sleep(wait_ms)
  yield* client.create("nodes", node(name, zone))
})

export const nodeCreation: OperationKinds<"node.create" | "node.delete" | "node.recreate"> = {
  "node.create": {
    weight: 1, likelihood: 0.25,
    draw: (scene) => machine(scene).map(({ name, zone }) => ({ type: "node.create", node: name, zone })),
    act: ({ node: name, zone }) => ask((client) => client.create("nodes", node(name, zone)))
  },
  "node.delete": {
    weight: 1, likelihood: 0.25,
    draw: (scene) => fields("node.delete", { node: nodeName(scene) }),
    act: ({ node: name }) => ask((client) => client.delete("nodes", "", name))
  },
  "node.recreate": {
    weight: 2, likelihood: 0.35,
    draw: (scene) => fc.tuple(machine(scene), absence).map(([{ name, zone }, wait_ms]) =>
      ({ type: "node.recreate", node: name, zone, wait_ms })),
    act: ({ node: name, wait_ms, zone }) => recreate(name, zone, wait_ms)
  }
}
