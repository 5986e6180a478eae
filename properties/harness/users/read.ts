/** Somebody looks: at one pod, or at all, also as they were. */
import * as fc from "fast-check"
import { Effect } from "effect"
import { Client } from "#impl/client.ts"
import { ask, namespace } from "#properties/harness/users/objects.ts"
import { fields, ownPodName, type Act, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

const anyAge = { resourceVersion: "0" }

/** And after so long once more, as things were. */
const listTwice = (age: { readonly resourceVersion?: string }, again_ms: number): Act => Effect.gen(function*() {
  const client = yield* Client
  const { resourceVersion } = yield* client.list("pods", age)
  yield* Effect.sleep(again_ms)
  yield* client.list("pods", { resourceVersion, resourceVersionMatch: "Exact" })
})

export const reading: OperationKinds<"pod.read" | "pods.list"> = {
  "pod.read": {
    weight: 2,
    draw: () => fields("pod.read", { name: ownPodName, consistent: fc.boolean() }),
    act: ({ consistent, name }) => ask((client) => client.get("pods", namespace, name, consistent ? {} : anyAge))
  },
  "pods.list": {
    weight: 3,
    draw: () => fields("pods.list", { consistent: fc.boolean(),
      again_ms: fc.constantFrom(undefined, undefined, 100, 10_000, 100_000, 400_000) }),
    act: ({ again_ms, consistent }) => {
      const age = consistent ? {} : anyAge
      return again_ms === undefined ? ask((client) => client.list("pods", { namespace, ...age }))
        : listTwice(age, again_ms)
    }
  }
}
