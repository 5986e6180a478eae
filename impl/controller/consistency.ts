/**
 * controller/consistency: whether the informers show what the controller has written for a key
 * (StaleControllerConsistency, beta and on in 1.36 for ReplicaSet, DaemonSet, Job and StatefulSet).
 * Source: pkg/controller/util/consistency/consistency.go, v1.36.
 */
export interface Behind {
  readonly resource: string
  readonly wrote: number
  readonly shown: number
}

interface Written {
  readonly uid: string
  /** The newest, by resource. */
  readonly revisions: Map<string, number>
}

export class Consistency {
  readonly #written = new Map<string, Written>()
  readonly #shown: (resource: string) => number

  constructor(shown: (resource: string) => number) {
    this.#shown = shown
  }

  /** Of the object of that key and uid; what another of its name wrote no longer matters. */
  wrote(key: string, uid: string, resource: string, revision: number): void {
    let written = this.#written.get(key)
    if (written?.uid !== uid) this.#written.set(key, written = { uid, revisions: new Map() })
    written.revisions.set(resource, Math.max(revision, written.revisions.get(resource) ?? 0))
  }

  /** What an informer does not show yet. What all show is forgotten. */
  behind(key: string): Behind | undefined {
    const written = this.#written.get(key)
    if (written === undefined) return undefined
    for (const [resource, wrote] of written.revisions) {
      const shown = this.#shown(resource)
      if (wrote > shown) return { resource, wrote, shown }
    }
    this.#written.delete(key)
    return undefined
  }

  forget(key: string, uid?: string): void {
    if (uid === undefined || this.#written.get(key)?.uid === uid) this.#written.delete(key)
  }
}
