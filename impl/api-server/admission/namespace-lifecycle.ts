/**
 * api-server/admission/namespace-lifecycle: nothing is created in a namespace that is not there, or that is ending;
 * some namespaces are never deleted. Spec: model/controllers/namespace.ts.
 *
 * Source: apiserver pkg/admission/plugin/namespace/lifecycle/admission.go, v1.36.
 */
import { Effect } from "effect"
import type { Surroundings } from "#impl/api-server/admission.ts"
import { keyFor } from "#impl/api-server/codec.ts"
import { ApiFailed, forbiddenTo } from "#impl/api-server/status.ts"
import type { ApiObject, Resource } from "#model/kinds.ts"
import { forceLiveLookup_ms, missingNamespaceWait_ms } from "#model/limits/api-server.ts"
import type { Namespace } from "#model/objects/namespace.ts"
import type { Status } from "#model/objects/status.ts"

const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"])

const fail = (status: Status): Effect.Effect<never, ApiFailed> => Effect.fail(new ApiFailed({ status }))

export class NamespaceLifecycle {
  readonly #around: Surroundings
  /** Namespaces whose deletion was asked for here, until when the cache is not believed, on the monotonic clock. */
  readonly #doubted = new Map<string, number>()

  constructor(around: Surroundings) {
    this.#around = around
  }

  #cached(name: string): Namespace | undefined {
    return this.#around.cachers.namespaces.cache.get(keyFor("namespaces", "", name)) as Namespace | undefined
  }

  #isDoubted(name: string): boolean {
    const until_ms = this.#doubted.get(name)
    if (until_ms === undefined) return false
    if (until_ms > this.#around.process.monotonic_ms()) return true
    this.#doubted.delete(name)
    return false
  }

  create(
    resource: Resource, { metadata: { name, namespace = "" } }: ApiObject, deadline_ms: number
  ): Effect.Effect<void, ApiFailed> {
    const known = this.#cached(namespace)
    if (known !== undefined && known.status.phase !== "Terminating" && !this.#isDoubted(namespace)) return Effect.void
    return Effect.gen({ self: this }, function* () {
      let found = known
      if (found === undefined) {
        yield* Effect.sleep(missingNamespaceWait_ms)
        found = this.#cached(namespace)
      }
      const isLive = found === undefined || (this.#isDoubted(namespace) && found.status.phase === "Active")
      if (isLive) found = (yield* this.#around.storage.get("namespaces", "", namespace, deadline_ms)) as Namespace
      if (found!.status.phase !== "Terminating") return
      yield* fail(forbiddenTo(resource, name,
        `unable to create new content in namespace ${namespace} because it is being terminated`, [{
          reason: "NamespaceTerminating", field: "metadata.namespace",
          message: `namespace ${namespace} is being terminated`
        }]))
    })
  }

  remove(name: string): Effect.Effect<void, ApiFailed> {
    return Effect.suspend(() => {
      if (immortal.has(name)) return fail(forbiddenTo("namespaces", name, "this namespace may not be deleted"))
      this.#doubted.set(name, this.#around.process.monotonic_ms() + forceLiveLookup_ms)
      return Effect.void
    })
  }
}
