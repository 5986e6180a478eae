/** All that users do: a line for each file of kinds. */
import type { Operation } from "#model/events/operations.ts"
import { roundedTime } from "#properties/harness/draw/numbers.ts"
import { finalization } from "#properties/harness/users/finalize.ts"
import { accountDeletion } from "#properties/harness/users/account-delete.ts"
import { namespaceOperation } from "#properties/harness/users/namespaces.ts"
import { cordoning } from "#properties/harness/users/node-cordon.ts"
import { nodeCreation } from "#properties/harness/users/node-create.ts"
import { tainting } from "#properties/harness/users/node-taint.ts"
import type { Act, OperationKind, OperationKinds } from "#properties/harness/users/operation-kind.ts"
import { podCreation } from "#properties/harness/users/pod-create.ts"
import { podDeletion } from "#properties/harness/users/pod-delete.ts"
import { podMark } from "#properties/harness/users/pod-mark.ts"
import { podUngating } from "#properties/harness/users/pod-ungate.ts"
import { podMeeting } from "#properties/harness/users/pods-meet.ts"
import { reading } from "#properties/harness/users/read.ts"
import { replicaSetChange } from "#properties/harness/users/replica-set-change.ts"
import { replicaSetCreation } from "#properties/harness/users/replica-set-create.ts"
import { replicaSetDeletion } from "#properties/harness/users/replica-set-delete.ts"
import { zoneOperation } from "#properties/harness/users/zone.ts"

export const operationKinds: OperationKinds = {
  ...replicaSetCreation, ...replicaSetChange, ...replicaSetDeletion, ...finalization, ...podCreation, ...podDeletion,
  ...podMark, ...podUngating, ...podMeeting, ...reading, ...cordoning, ...tainting, ...nodeCreation, ...zoneOperation,
  ...namespaceOperation, ...accountDeletion
}
const kindOf = (operation: Operation): OperationKind<Operation> =>
  operationKinds[operation.type] as unknown as OperationKind<Operation>

/** The API calls of one operation. */
export const perform = (operation: Operation): Act => kindOf(operation).act(operation)

/** Simpler forms of an operation, the boldest first: its own, at a rounder time, at once. */
export const simplerOperation = (operation: Operation): ReadonlyArray<Operation> => {
  const { at_ms, upon } = operation
  const forms = [...kindOf(operation).simpler?.(operation) ?? []]
  if (roundedTime(at_ms) !== at_ms) forms.push({ ...operation, at_ms: roundedTime(at_ms) })
  if (upon !== undefined && upon.delay_ms > 0) forms.push({ ...operation, upon: { ...upon, delay_ms: 0 } })
  return forms
}
