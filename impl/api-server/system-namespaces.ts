/**
 * api-server/system-namespaces: the namespaces that each cluster has are made by its API servers, and made again.
 * Spec: model/controllers/namespace.ts.
 *
 * Deviates: they stand before a server takes requests; Kubernetes makes them beside, so that the first second of a new
 * cluster knows no namespace.
 * Source: kubernetes pkg/controlplane/controller/systemnamespaces/system_namespaces_controller.go, v1.36.
 */
import { Effect } from "effect"
import { keyFor } from "#impl/api-server/codec.ts"
import type { ServerContext } from "#impl/api-server/context.ts"
import { create } from "#impl/api-server/writes.ts"
import { etcdDialBackoff_ms, systemNamespaces_ms } from "#model/limits/api-server.ts"
import { requestTimeout_ms } from "#model/limits.ts"

export const systemNamespaces = ["kube-system", "kube-public", "kube-node-lease", "default"] as const

/** Those that the cache lacks. True when all of them are there now. */
const makeMissing = (context: ServerContext): Effect.Effect<boolean> => Effect.gen(function* () {
  let isComplete = true
  for (const name of systemNamespaces) {
    if (context.cachers.namespaces.cache.get(keyFor("namespaces", "", name)) !== undefined) continue
    const object = { apiVersion: "v1", kind: "Namespace", metadata: { name } }
    const deadline_ms = context.process.monotonic_ms() + requestTimeout_ms
    const request = { verb: "create", resource: "namespaces", namespace: "", object } as const
    const made = yield* create(context, request, deadline_ms).pipe(
      Effect.as(true),
      Effect.catchTag("ApiFailed", ({ status }) => Effect.succeed(status.reason === "AlreadyExists")))
    isComplete &&= made
  }
  return isComplete
})

export const makeSystemNamespaces = (context: ServerContext): Effect.Effect<void> => Effect.gen(function* () {
  while (!(yield* makeMissing(context))) yield* Effect.sleep(etcdDialBackoff_ms)
})

/** Whoever deletes one that may be deleted sees it come back. */
export const keepSystemNamespaces = (context: ServerContext): Effect.Effect<never> => Effect.gen(function* () {
  while (true) {
    yield* Effect.sleep(systemNamespaces_ms)
    yield* makeMissing(context)
  }
})
