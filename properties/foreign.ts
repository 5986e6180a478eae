/**
 * What the controllers promise that only a recorded cluster has, by the name under which the controller manager starts
 * each; and the situations that these promises are about. The judge of recordings asks for them. A campaign of ours
 * does not: no run comes to such an object, so none could break one or reach one.
 */
import { identityProperties } from "#properties/api-server/identity.ts"
import { claimProperties } from "#properties/controller/claims.ts"
import { properties as daemonSet, situations as daemonSets } from "#properties/controllers/daemon-set.ts"
import { properties as deployment, situations as deployments } from "#properties/controllers/deployment.ts"
import { properties as disruption, situations as disruptions } from "#properties/controllers/disruption.ts"
import { properties as endpointSlice, situations as endpointSlices } from "#properties/controllers/endpoint-slice.ts"
import { properties as job, situations as jobs } from "#properties/controllers/job.ts"
import { properties as statefulSet, situations as statefulSets } from "#properties/controllers/stateful-set.ts"
import type { Property } from "#properties/property.ts"
import { boundProperties } from "#properties/scheduler/bound.ts"

export const foreignControllers: Readonly<Record<string, ReadonlyArray<Property>>> = {
  "deployment-controller": [...deployment, ...deployments],
  "statefulset-controller": [...statefulSet, ...statefulSets],
  "daemonset-controller": [...daemonSet, ...daemonSets],
  "job-controller": [...job, ...jobs],
  "endpointslice-controller": [...endpointSlice, ...endpointSlices],
  "disruption-controller": [...disruption, ...disruptions]
}

/** What a watch shows of any cluster; of a run of ours other promises say it, with more at hand. */
const shown: ReadonlyArray<Property> = [...identityProperties, ...claimProperties, ...boundProperties]

export const foreign: ReadonlyArray<Property> = [...Object.values(foreignControllers).flat(), ...shown]
