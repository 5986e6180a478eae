/**
 * Controllers act on what is, not on how often they are told: the same cluster ends in the same state when every event
 * reaches its handlers twice, or late, or both. Invariant 110.
 */
import { Effect } from "effect"
import { expect, it } from "vitest"
import { make as makeClient } from "#impl/client.ts"
import { build } from "#impl/cluster.ts"
import { defaultParts } from "#impl/controller-manager.ts"
import type { Handlers, Informer } from "#impl/informer.ts"
import { Informers, make as makeInformers } from "#impl/informer.ts"
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { GivenReplicaSet, ReplicaSet } from "#model/objects/replica-set.ts"

const twice = <O>(informer: Informer<O>): Informer<O> => ({
  ...informer,
  addHandlers: (handlers: Handlers<O>) => informer.addHandlers({
    added: (object) => {
      handlers.added?.(object)
      handlers.updated?.(object, object)
    },
    updated: (before, object) => {
      handlers.updated?.(before, object)
      handlers.updated?.(object, object)
    },
    deleted: (object, isStale) => {
      handlers.deleted?.(object, isStale)
      handlers.deleted?.(object, isStale)
    }
  })
})
type Shared = typeof defaultParts.informers
const repeatedly = (informers: Shared): Shared => Effect.map(informers, (shared) =>
  Informers.of({ of: (resource, selectors) => twice(shared.of(resource, selectors)) }))
const late = makeInformers({ lag_ms: (resource) => resource === "leases" ? 0 : 1_500 })

const toleration = (key: string) =>
  ({ key, operator: "Exists" as const, effect: "NoExecute" as const, tolerationSeconds: 20 })
const set: GivenReplicaSet = {
  apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: 4, selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        tolerations: ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map(toleration),
        containers: [{ name: "c", image: "web" }]
      }
    }
  }
}

/** A set of four on three workers, scaled to five; a worker loses power for good. What stands after 8 minutes. */
const outcome = (informers: Shared): object => {
  const objects = new Map<string, Pod | Node | ReplicaSet>()
  const listen = ({ event }: Line): void => {
    if (event.type === "object.deleted") objects.delete(event.key)
    else if (event.type === "object.created" || event.type === "object.updated") objects.set(event.key, event.object)
  }
  const capacity = { cpu: "4", memory: "8Gi" }
  const { world } = build({
    seed: 3, listen, parts: { controllerManager: { informers } },
    topology: { etcds: 1, apiServers: 1, schedulers: 1, controllerManagers: 1,
      workers: ["a", "b", "c"].map((name) => ({ name, zone: "z", capacity })) }
  })
  world.addMachine({ name: "user", role: "control-plane", capacity: {}, labels: {} })
  world.addProcess({ name: "user/0", machine: "user", program: Effect.gen(function*() {
    const client = yield* makeClient("user")
    yield* Effect.sleep(20_000)
    yield* Effect.orDie(client.create("replicasets", set))
    yield* Effect.sleep(20_000)
    yield* Effect.orDie(client.patch("replicasets", "default", "web", { spec: { replicas: 5 } }))
    return yield* Effect.never
  }) })
  world.start()
  world.inject({ id: 1, at_ms: 60_000, type: "machine.powerLoss", machine: "b" })
  world.run(480_000)
  expect(world.panics).toEqual([])
  const all = [...objects.values()]
  const pods = all.filter((object): object is Pod => object.kind === "Pod")
  const nodes = all.filter((object): object is Node => object.kind === "Node")
  const active = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)
  const isReady = ({ status }: Pod): boolean =>
    status.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false
  const taintsOf = ({ spec }: Node): string => String(spec.taints?.map(({ key, effect }) => `${key} ${effect}`))
  return {
    active: active.length,
    ready: pods.filter(isReady).length,
    activeOnDead: active.filter((pod) => pod.spec.nodeName === "b").length,
    status: all.filter((object): object is ReplicaSet => object.kind === "ReplicaSet").map(({ status }) => status),
    taints: nodes.map((node) => `${node.metadata.name}: ${taintsOf(node)}`).sort()
  }
}

it("ends in the same state however often and late controllers are told", () => {
  const once = outcome(defaultParts.informers)
  expect(once).toMatchObject({ active: 5, ready: 5, activeOnDead: 0 })
  expect(outcome(repeatedly(defaultParts.informers))).toEqual(once)
  expect(outcome(late)).toEqual(once)
  expect(outcome(repeatedly(late))).toEqual(once)
}, 60_000)
