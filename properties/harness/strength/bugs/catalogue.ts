/**
 * Planted bugs: real ones, each re-created by replacing a part of the cluster, one file per component. A row says
 * where it comes from and which guarantees it must be seen to break.
 */
import type { Parts } from "#impl/cluster.ts"
import { bugs as client } from "#properties/harness/strength/bugs/client.ts"
import { bugs as controllers } from "#properties/harness/strength/bugs/controllers.ts"
import { bugs as etcd } from "#properties/harness/strength/bugs/etcd.ts"
import { bugs as scheduler } from "#properties/harness/strength/bugs/scheduler.ts"
import type { Bug } from "#properties/harness/strength/bugs/bug.ts"

export const bugs: ReadonlyArray<Bug> = [...client, ...etcd, ...scheduler, ...controllers]

/** The parts of a planted bug, by its id; undefined when there is none. */
export const partsOf = (id: string): Parts | undefined => bugs.find((bug) => bug.id === id)?.parts
