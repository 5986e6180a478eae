/**
 * Pods by revision: what a controller saw is known to the judge once it says up to which revision it had seen.
 * A deleted pod is forgotten after a while; versions are shared with the lines, not copied.
 */
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import { controllerOf, isActive } from "#properties/controllers/replica-set/census.ts"

interface Version {
  readonly revision: number
  readonly at_ms: number
  /** Absent: deleted. */
  readonly pod: Pod | undefined
}

/** Longer than any informer may be behind. */
const remembered_ms = 900_000 // ASSUMED
const sweepEvery = 64

export const isSelectedBy = (pod: Pod, { metadata, spec }: ReplicaSet): boolean => {
  const selector = spec.selector.matchLabels ?? {}
  return pod.metadata.namespace === metadata.namespace &&
    Object.keys(selector).every((key) => pod.metadata.labels?.[key] === selector[key])
}

export class History {
  /** Live sets by uid. */
  readonly sets = new Map<string, ReplicaSet>()
  readonly #pods = new Map<string, Array<Version>>()
  #deletions = 0

  line({ at_ms, entity, event }: Line): void {
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") return
    const isGone = event.type === "object.deleted"
    if (event.resource === "replicasets") {
      if (isGone) this.sets.delete(entity)
      else this.sets.set(entity, event.object as ReplicaSet)
    } else if (event.resource === "pods") {
      const versions = this.#pods.get(entity) ?? []
      this.#pods.set(entity, versions)
      versions.push({ revision: event.revision, at_ms, pod: isGone ? undefined : event.object as Pod })
      if (isGone && ++this.#deletions % sweepEvery === 0) this.#sweep(at_ms)
    }
  }

  /** The pod as of the revision; undefined: it was not there. */
  podAt(uid: string, revision: number): Pod | undefined {
    return this.#pods.get(uid)?.findLast((version) => version.revision <= revision)?.pod
  }

  /** The revision at which the pod was created. */
  createdAt(uid: string): number | undefined {
    return this.#pods.get(uid)?.[0]?.revision
  }

  /** The pods that counted for the set at that revision, if `adopted` were its own by then. */
  countedAt(set: ReplicaSet, revision: number, adopted: ReadonlySet<string>): ReadonlyMap<string, Pod> {
    const counted = new Map<string, Pod>()
    for (const uid of this.#pods.keys()) {
      const pod = this.podAt(uid, revision)
      if (pod === undefined || !isActive(pod) || !isSelectedBy(pod, set)) continue
      const owner = controllerOf(pod)?.uid
      if (owner === set.metadata.uid || owner === undefined && adopted.has(uid)) counted.set(uid, pod)
    }
    return counted
  }

  #sweep(now_ms: number): void {
    for (const [uid, versions] of this.#pods) {
      const last = versions.at(-1)!
      if (last.pod === undefined && now_ms - last.at_ms > remembered_ms) this.#pods.delete(uid)
    }
  }
}
