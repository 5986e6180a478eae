/**
 * Planted bugs: real ones, each re-created by replacing a part of the cluster, one file per component. A row says
 * where it comes from and which guarantees it must be seen to break.
 */
import type { Parts } from "#impl/cluster.ts"
import { bugs as client } from "#properties/bugs/client.ts"
import { bugs as controllers } from "#properties/bugs/controllers.ts"
import { bugs as etcd } from "#properties/bugs/etcd.ts"
import { bugs as scheduler } from "#properties/bugs/scheduler.ts"
import type { Bug } from "#properties/bugs/bug.ts"

export const bugs: ReadonlyArray<Bug> = [...client, ...etcd, ...scheduler, ...controllers]

/** The parts of a planted bug, by its id; undefined when there is none. */
export const partsOf = (id: string): Parts | undefined => bugs.find((bug) => bug.id === id)?.parts
