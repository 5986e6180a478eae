/**
 * Operations: what users do to the cluster. `id` is drawn with the operation and keys its draws; `upon`: a moment of
 * the run at which it begins, instead of the time `at_ms`.
 *
 * Of each kind: its schema in operations/, and how it is drawn, done and made simpler in properties/harness/users/, and
 * a line in each table; the types say what is missing. `name`: the object's; `node`: a worker that must be there.
 */
import { Schema } from "effect"
import { finalizations } from "#model/events/operations/finalize.ts"
import { accountDeletions } from "#model/events/operations/account-delete.ts"
import { namespaceOperations } from "#model/events/operations/namespaces.ts"
import { cordonings } from "#model/events/operations/node-cordon.ts"
import { nodeCreations } from "#model/events/operations/node-create.ts"
import { taintings } from "#model/events/operations/node-taint.ts"
import { podCreations } from "#model/events/operations/pod-create.ts"
import { podDeletions } from "#model/events/operations/pod-delete.ts"
import { podMarks } from "#model/events/operations/pod-mark.ts"
import { podUngatings } from "#model/events/operations/pod-ungate.ts"
import { podMeetings } from "#model/events/operations/pods-meet.ts"
import { readings } from "#model/events/operations/read.ts"
import { replicaSetChanges } from "#model/events/operations/replica-set-change.ts"
import { replicaSetCreations } from "#model/events/operations/replica-set-create.ts"
import { replicaSetDeletions } from "#model/events/operations/replica-set-delete.ts"
import { zoneOperations } from "#model/events/operations/zone.ts"

export const Operation = Schema.Union([
  ...replicaSetCreations, ...replicaSetChanges, ...replicaSetDeletions, ...finalizations, ...podCreations,
  ...podDeletions, ...podMarks, ...podUngatings, ...podMeetings, ...readings, ...cordonings, ...taintings,
  ...nodeCreations, ...zoneOperations, ...namespaceOperations, ...accountDeletions
])
export type Operation = typeof Operation.Type
export type OperationOf<Type extends Operation["type"]> = Extract<Operation, { readonly type: Type }>
