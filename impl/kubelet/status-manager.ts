/**
 * Status manager: brings the status of each pod to the API server, and the last DELETE of a pod that is done here.
 * The order is: containers stopped, terminal phase posted, object deleted. Spec: model/kubelet/pod-worker.ts.
 * Deviates: instead of a live GET before each patch, the patch carries the uid and the resourceVersion that it was
 * worked out from; only a conflict leads to a GET. A failed one is tried again at the next full sync.
 */
import { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import type { ApiError } from "#impl/client/errors.ts"
import type { Parts } from "#impl/kubelet/parts.ts"
import { isTerminal, ownedConditions, sameStatus } from "#impl/kubelet/phase.ts"
import type { Worker, WorkerJournal } from "#impl/kubelet/worker.ts"
import type { Mailbox, Process } from "#impl/ports.ts"
import { statusFullSync_ms } from "#model/limits/kubelet.ts"
import type { Pod, PodStatus } from "#model/objects/pod.ts"

interface Entry {
  readonly uid: string
  /** The newest that the API has shown. */
  api: Pod
  worker: Worker | undefined
  desired: PodStatus | undefined
  isFinished: boolean
  isQueued: boolean
  isRetrying: boolean
}

const versionOf = (pod: Pod): number => Number(pod.metadata.resourceVersion)

/** A merge patch leaves what it does not name: what the kubelet no longer says has to be taken back. */
const withdrawn = (shown: PodStatus, desired: PodStatus): object =>
  Object.fromEntries(Object.keys(shown).filter((key) => !(key in desired)).map((key) => [key, null]))

export class StatusManager {
  readonly #process: Process["Service"]
  readonly #client: Client["Service"]
  readonly #journal: WorkerJournal
  readonly #parts: Parts
  readonly #entries = new Map<string, Entry>()
  readonly #queue: Mailbox<Entry>

  constructor(process: Process["Service"], client: Client["Service"], journal: WorkerJournal, parts: Parts) {
    this.#process = process
    this.#client = client
    this.#journal = journal
    this.#parts = parts
    this.#queue = process.mailbox<Entry>()
  }

  /** The API shows the pod. */
  seen(pod: Pod): void {
    const entry = this.#entries.get(pod.metadata.uid)
    if (entry === undefined) {
      this.#entries.set(pod.metadata.uid, {
        uid: pod.metadata.uid, api: pod, worker: undefined, desired: undefined, isFinished: false, isQueued: false,
        isRetrying: false
      })
      return
    }
    if (versionOf(pod) > versionOf(entry.api)) entry.api = pod
    this.#enqueue(entry)
  }
  gone(uid: string): void {
    this.#entries.delete(uid)
  }

  /** The status last worked out here. */
  current(uid: string): PodStatus | undefined {
    return this.#entries.get(uid)?.desired
  }
  set(worker: Worker, status: PodStatus): void {
    const entry = this.#entries.get(worker.uid)
    if (entry === undefined) return
    entry.worker = worker
    if (entry.desired !== undefined && sameStatus(entry.desired, status)) return
    entry.desired = status
    this.#enqueue(entry)
  }
  /** Its worker is done: nothing on the node needs the API's object any more. */
  finished(uid: string): void {
    const entry = this.#entries.get(uid)
    if (entry === undefined) return
    entry.isFinished = true
    this.#enqueue(entry)
  }

  /** Whoever set a terminal phase has the last word: the worker hears of it and reports anew. */
  #needsPatch({ api, desired }: Entry): boolean {
    if (desired === undefined || (isTerminal(api.status.phase) && api.status.phase !== desired.phase)) return false
    return !sameStatus(api.status, desired)
  }
  #needsDelete(entry: Entry): boolean {
    return entry.isFinished && entry.api.metadata.deletionTimestamp !== undefined && isTerminal(entry.api.status.phase)
  }
  #enqueue(entry: Entry): void {
    if (entry.isQueued || entry.isRetrying || !(this.#needsPatch(entry) || this.#needsDelete(entry))) return
    entry.isQueued = true
    this.#queue.send(entry)
  }

  /** One request at a time, for the life of the kubelet. */
  run(): Effect.Effect<never> {
    return Effect.forever(Effect.flatMap(this.#queue.take, (entry) => {
      entry.isQueued = false
      return this.#sync(entry)
    }))
  }

  #sync(entry: Entry): Effect.Effect<void> {
    if (this.#entries.get(entry.uid) !== entry) return Effect.void
    const operation = this.#needsPatch(entry) ? this.#patch(entry)
      : this.#needsDelete(entry) ? this.#delete(entry) : undefined
    if (operation === undefined) return Effect.void
    return Effect.matchEffect(operation, {
      onSuccess: () => Effect.sync(() => this.#enqueue(entry)),
      onFailure: (error) => this.#failed(entry, error)
    })
  }

  #patch(entry: Entry): Effect.Effect<void, ApiError> {
    const { name, namespace, resourceVersion } = entry.api.metadata
    const desired = entry.desired!
    const foreign = (entry.api.status.conditions ?? []).filter((one) => !ownedConditions.has(one.type))
    const owned = (desired.conditions ?? []).filter((one) => ownedConditions.has(one.type))
    const patch = {
      metadata: { uid: entry.uid, resourceVersion },
      status: { ...withdrawn(entry.api.status, desired), ...desired, conditions: [...foreign, ...owned] }
    }
    const shown = entry.api.status.phase
    return Effect.map(this.#client.patchStatus("pods", namespace, name, patch), (pod) => {
      if (versionOf(pod) > versionOf(entry.api)) entry.api = pod
      // The watch was faster than the answer: the pod is gone and its worker forgotten.
      if (entry.worker === undefined || this.#entries.get(entry.uid) !== entry) return
      const ready = desired.conditions?.some(({ status, type }) => type === "Ready" && status === "True") ?? false
      this.#journal.worker(entry.worker, {
        type: "podStatus.posted", phase: pod.status.phase, ready, revision: versionOf(pod),
        ...(isTerminal(shown) ? { shown } : {})
      })
    })
  }

  #delete(entry: Entry): Effect.Effect<void, ApiError> {
    const { name, namespace } = entry.api.metadata
    const preconditions = this.#parts.deletePreconditions(entry.uid)
    const phase = entry.api.status.phase
    return Effect.map(this.#client.delete("pods", namespace, name, { gracePeriodSeconds: 0, preconditions }), () => {
      // Its watch event follows; until then there is nothing more to ask for.
      entry.isFinished = false
      if (entry.worker === undefined || this.#entries.get(entry.uid) !== entry) return
      this.#journal.worker(entry.worker, { type: "podStatus.deleted", uid: preconditions.uid ?? "", phase })
    })
  }

  /** Conflict: somebody wrote in between; look at what is there now. Everything else waits for the full sync. */
  #failed(entry: Entry, error: ApiError): Effect.Effect<void> {
    const { _tag: reason } = error
    if (reason === "NotFound") return Effect.sync(() => void this.#entries.delete(entry.uid))
    if (reason !== "Conflict" && reason !== "Invalid") return Effect.sync(() => this.#retryLater(entry))
    const { name, namespace } = entry.api.metadata
    return Effect.match(this.#client.get("pods", namespace, name), {
      onSuccess: (pod) => {
        // Another pod of the same name: ours is gone.
        if (pod.metadata.uid !== entry.uid) return void this.#entries.delete(entry.uid)
        const isNewer = versionOf(pod) > versionOf(entry.api)
        if (isNewer) entry.api = pod
        if (isNewer && reason === "Conflict") this.#enqueue(entry)
        else this.#retryLater(entry)
      },
      onFailure: () => this.#retryLater(entry)
    })
  }
  #retryLater(entry: Entry): void {
    entry.isRetrying = true
    this.#process.after(statusFullSync_ms, () => {
      entry.isRetrying = false
      if (this.#entries.get(entry.uid) === entry) this.#enqueue(entry)
    })
  }
}
