/** The controllers that the controller manager hosts, by the name under which it starts each: a new one is a line. */
import { properties as namespace } from "#properties/controllers/namespace.ts"
import { properties as nodeLifecycle } from "#properties/controllers/node-lifecycle.ts"
import { properties as podGc } from "#properties/controllers/pod-gc.ts"
import { properties as replicaSet } from "#properties/controllers/replica-set.ts"
import { properties as serviceAccount } from "#properties/controllers/service-account.ts"
import type { Property } from "#properties/property.ts"

export const controllers: Readonly<Record<string, ReadonlyArray<Property>>> = {
  "replicaset-controller": replicaSet,
  "node-lifecycle": nodeLifecycle,
  "pod-garbage-collector-controller": podGc,
  "serviceaccount-controller": serviceAccount,
  "namespace-controller": namespace
}
