/** The charts of all controllers: a new one adds its own here. */
import { charts as namespace } from "#model/controllers/namespace.ts"
import { charts as nodeLifecycle } from "#model/controllers/node-lifecycle.ts"
import { charts as podGc } from "#model/controllers/pod-gc.ts"
import { charts as replicaSet } from "#model/controllers/replica-set.ts"

export const charts = { ...namespace, ...nodeLifecycle, ...podGc, ...replicaSet } as const
