/** kubectl taint: pods are asked to prefer other nodes, or must go. */
import * as fc from "fast-check"
import { Effect } from "effect"
import { Client } from "#impl/client.ts"
import type { Taint } from "#model/objects/node.ts"
import { evictKey, notReady, unreachable } from "#properties/harness/draw/pod-spec.ts"
import { fields, nodeName, type Act, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

const avoidTaint = { key: "plimsoll.test/avoid", effect: "PreferNoSchedule" } as const
const evictingKeys = [notReady, unreachable, evictKey, evictKey] as const

/** Conditional on the node as it was read: a merge patch replaces the whole list. */
const taint = (name: string, one: Taint, present: boolean): Act => Effect.gen(function*() {
  const client = yield* Client
  const { metadata: { resourceVersion }, spec } = yield* client.get("nodes", "", name)
  const others = (spec.taints ?? []).filter(({ effect, key }) => key !== one.key || effect !== one.effect)
  const taints = present ? [...others, one] : others
  yield* client.patch("nodes", "", name, { metadata: { resourceVersion }, spec: { taints } })
})

export const tainting: OperationKinds<"node.avoid" | "node.taint"> = {
  "node.avoid": {
    weight: 1,
    draw: (scene) => fields("node.avoid", { node: nodeName(scene), present: fc.boolean() }),
    act: ({ node, present }) => taint(node, avoidTaint, present)
  },
  "node.taint": {
    weight: 3, likelihood: 0.35,
    draw: (scene) => fields("node.taint", { node: nodeName(scene), key: fc.constantFrom(...evictingKeys),
      present: fc.constantFrom(true, true, false) }),
    act: ({ key, node, present }) => taint(node, { key, effect: "NoExecute" }, present)
  }
}
