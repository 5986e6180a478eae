/** The charts of all controllers: a new one adds its own here. */
import { charts as daemonSet } from "#model/controllers/daemon-set.ts"
import { charts as deployment } from "#model/controllers/deployment.ts"
import { charts as disruption } from "#model/controllers/disruption.ts"
import { charts as endpointSlice } from "#model/controllers/endpoint-slice.ts"
import { charts as job } from "#model/controllers/job.ts"
import { charts as namespace } from "#model/controllers/namespace.ts"
import { charts as nodeLifecycle } from "#model/controllers/node-lifecycle.ts"
import { charts as podGc } from "#model/controllers/pod-gc.ts"
import { charts as replicaSet } from "#model/controllers/replica-set.ts"
import { charts as statefulSet } from "#model/controllers/stateful-set.ts"

/** Of objects that only a recorded cluster has: no run of ours comes to them. */
export const foreignCharts = {
  ...daemonSet, ...deployment, ...disruption, ...endpointSlice, ...job, ...statefulSet
} as const

export const charts = { ...namespace, ...nodeLifecycle, ...podGc, ...replicaSet, ...foreignCharts } as const
