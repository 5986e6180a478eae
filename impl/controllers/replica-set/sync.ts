/** One look at a ReplicaSet: claim its pods, create or delete the difference, write its status. */
import { Effect, Result } from "effect"
import { type ApiError, type Client, reasonOf } from "#impl/client.ts"
import type { Informers } from "#impl/ports/controllers.ts"
import type { Process } from "#impl/ports.ts"
import { isActive, ownerReference } from "#impl/controllers/replica-set/claim.ts"
import type { Expectations } from "#impl/controllers/replica-set/expectations.ts"
import type { Parts } from "#impl/controllers/replica-set/parts.ts"
import { isSameStatus, nextAvailable_ms, statusOf, writeStatus } from "#impl/controllers/replica-set/status.ts"
import type { Story } from "#impl/controllers/replica-set/story.ts"
import type { WorkQueue } from "#impl/work-queue.ts"
import * as limits from "#model/limits/controllers/replica-set.ts"
import { keyOf } from "#model/kinds.ts"
import type { GivenPod, Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"

export interface Syncing {
  readonly client: typeof Client.Service
  readonly expectations: Expectations
  readonly informers: Informers
  readonly parts: Parts
  readonly process: typeof Process.Service
  readonly queue: WorkQueue
  readonly story: Story
}

const podOf = (replicaSet: ReplicaSet): GivenPod => {
  const { metadata: { name, namespace }, spec: { template } } = replicaSet
  return {
    apiVersion: "v1", kind: "Pod",
    metadata: {
      generateName: `${name}-`, namespace,
      ...template.metadata, ownerReferences: [ownerReference(replicaSet)]
    },
    spec: template.spec
  }
}

const ended = (
  { expectations, story }: Syncing, replicaSet: ReplicaSet,
  event: (outstanding: number) => Parameters<Story["entered"]>[1]
): void => {
  const { uid } = replicaSet.metadata
  const outstanding = expectations.outstanding(uid)
  story.entered(uid, event(outstanding), outstanding > 0 ? "expecting" : "idle")
}

/** Deviates: the real controller waits for its next event or resync to find that its expectations have expired. */
const waitForExpiry = ({ expectations, queue }: Syncing, replicaSet: ReplicaSet): void => {
  const left_ms = expectations.expiresIn_ms(replicaSet.metadata.uid)
  if (left_ms !== undefined) queue.addAfter(keyOf(replicaSet), left_ms + 1)
}

/** 1, 2, 4, … at once while all succeed, so that a set that cannot succeed does not flood the API server. */
const createPods = Effect.fnUntraced(function*(syncing: Syncing, replicaSet: ReplicaSet, count: number) {
  const { client, expectations, story } = syncing
  const { uid } = replicaSet.metadata
  const pod = podOf(replicaSet)
  // Suspended: each is a request of its own.
  const createOne = Effect.match(Effect.suspend(() => client.create("pods", pod)), {
    onSuccess: (created): ApiError | undefined => {
      story.told(uid, { type: "replicaSet.podCreated", pod: keyOf(created), uid: created.metadata.uid })
      return undefined
    },
    onFailure: (error): ApiError | undefined => {
      story.told(uid, { type: "replicaSet.podCreateFailed", reason: reasonOf(error) })
      return error
    }
  })
  let created = 0
  let failure: ApiError | undefined
  let size = Math.min(count, limits.slowStartInitialBatch)
  for (let remaining = count; size > 0 && failure === undefined; size = Math.min(2 * size, remaining)) {
    story.told(uid, { type: "replicaSet.batchStarted", size })
    const errors = yield* Effect.all(Array.from({ length: size }, () => createOne), { concurrency: "unbounded" })
    for (const error of errors) {
      if (error === undefined) created++
      else failure ??= error
    }
    remaining -= size
  }
  // What was never tried, or failed, will not be seen. It may be seen nevertheless when the outcome is unknown.
  for (let skipped = count - created; skipped > 0; skipped--) expectations.creationObserved(uid)
  ended(syncing, replicaSet, (outstanding) => ({ type: "replicaSet.createsEnded", created, outstanding }))
  if (failure !== undefined) return yield* Effect.fail(failure)
})

const deletePods = Effect.fnUntraced(function*(syncing: Syncing, replicaSet: ReplicaSet, pods: ReadonlyArray<Pod>) {
  const { client, expectations, story } = syncing
  const owner = replicaSet.metadata.uid
  const results = yield* Effect.all(pods.map((pod) => {
    const { uid, namespace, name } = pod.metadata
    return Effect.match(client.delete("pods", namespace, name), {
      onSuccess: (): ApiError | undefined => {
        story.told(owner, { type: "replicaSet.podDeleted", uid })
        return undefined
      },
      onFailure: (error): ApiError | undefined => {
        expectations.deletionObserved(owner, uid)
        story.told(owner, { type: "replicaSet.podDeleteFailed", uid, reason: reasonOf(error) })
        return error._tag === "StatusError" && error.status.reason === "NotFound" ? undefined : error
      }
    })
  }), { concurrency: "unbounded" })
  ended(syncing, replicaSet, (outstanding) => ({ type: "replicaSet.deletesEnded", outstanding }))
  const failure = results.find((error) => error !== undefined)
  if (failure !== undefined) return yield* Effect.fail(failure)
})

const manage = (
  syncing: Syncing, replicaSet: ReplicaSet, active: ReadonlyArray<Pod>, view: number
): Effect.Effect<void, ApiError> => {
  const { expectations, parts, process, story } = syncing
  const { metadata: { uid }, spec: { replicas } } = replicaSet
  const key = keyOf(replicaSet)
  const difference = active.length - replicas
  const count = Math.min(Math.abs(difference), limits.burstReplicas_max)
  if (difference < 0) {
    expectations.expectCreations(uid, count)
    story.entered(uid, { type: "replicaSet.createsExpected", key, replicas, active: active.length, view, count },
      "creating")
    return createPods(syncing, replicaSet, count)
  }
  if (difference > 0) {
    const victims = parts.victims(active, count, process.wall_ms())
    const uids = victims.map((pod) => pod.metadata.uid)
    expectations.expectDeletions(uid, uids)
    story.entered(uid, { type: "replicaSet.deletesExpected", key, replicas, active: active.length, view,
      victims: uids }, "deleting")
    return deletePods(syncing, replicaSet, victims)
  }
  return Effect.void
}

const report = Effect.fnUntraced(function*(
  { client, process, queue, story }: Syncing, replicaSet: ReplicaSet, active: ReadonlyArray<Pod>, view: number
) {
  const now_ms = process.wall_ms()
  const status = statusOf(replicaSet, active, now_ms)
  if (!isSameStatus(replicaSet.status, status)) {
    const isWritten = yield* writeStatus(client, replicaSet, status)
    if (isWritten) story.told(replicaSet.metadata.uid, { type: "replicaSet.statusWritten", ...status, view })
  }
  if (status.readyReplicas === status.availableReplicas) return
  queue.addAfter(keyOf(replicaSet), Math.max(0, nextAvailable_ms(replicaSet, active, now_ms) - process.wall_ms()))
})

const syncOne = Effect.fnUntraced(function*(syncing: Syncing, replicaSet: ReplicaSet) {
  const { client, expectations, informers, parts, story } = syncing
  const { uid, namespace } = replicaSet.metadata
  const mayAct = parts.mayAct(expectations, uid)
  const view = Number(informers.pods.resourceVersion())
  const active = yield* parts.claim(
    {
      client, replicaSet,
      adopted: (pod) => story.told(uid, { type: "replicaSet.podAdopted", uid: pod }),
      released: (pod) => story.told(uid, { type: "replicaSet.podReleased", uid: pod })
    },
    informers.pods.indexed("owner", uid).filter(isActive),
    informers.pods.indexed("orphan", namespace).filter(isActive))
  let managed: Result.Result<void, ApiError> = Result.void
  const isGoing = replicaSet.metadata.deletionTimestamp !== undefined
  if (mayAct && !isGoing && active.length !== replicaSet.spec.replicas) {
    story.gaveUp(uid)
    managed = yield* Effect.result(manage(syncing, replicaSet, active, view))
  }
  // The status is written even when pods could not be created or deleted.
  yield* report(syncing, replicaSet, active, view)
  waitForExpiry(syncing, replicaSet)
  if (Result.isFailure(managed)) return yield* Effect.fail(managed.failure)
})

export const sync = (syncing: Syncing, key: string): Effect.Effect<void, ApiError> => {
  const replicaSet = syncing.informers.replicaSets.get(key)
  if (replicaSet === undefined) return Effect.void
  const { uid } = replicaSet.metadata
  syncing.story.syncBegan(uid)
  // Not when its process is told to stop in the midst of it: such a sync ends no sentence.
  const ended = Effect.sync(() => syncing.story.syncEnded(uid))
  return syncOne(syncing, replicaSet).pipe(Effect.tap(() => ended), Effect.tapError(() => ended))
}
