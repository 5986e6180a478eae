/**
 * controller/handlers: from the informers to the queue and the expectations.
 * Source: pkg/controller/replicaset/replica_set.go addPod, updatePod, deletePod, updateRS, deleteRS, v1.36; the other
 * controllers of owned objects have the same.
 */
import { controllerOf } from "#impl/controller/references.ts"
import type { Handlers, Informer } from "#impl/informer.ts"
import { type ApiObject, kinds, type Resource } from "#model/kinds.ts"
import { equal } from "#model/objects/equality.ts"

export interface Heard<O extends ApiObject> {
  readonly of: Resource
  readonly objects: Informer<O>
  /** Whether an orphan may be adopted by it. */
  readonly selects: (object: O, orphan: ApiObject) => boolean
  readonly enqueue: (object: O) => void
  readonly created: (object: O, owned: ApiObject) => void
  readonly deleted: (object: O, owned: ApiObject) => void
  /** The object is gone for good. */
  readonly gone: (object: O) => void
}

/** Of the objects that the controller is about. */
export const objectHandlers = <O extends ApiObject>({ enqueue, gone }: Heard<O>): Handlers<O> => ({
  added: enqueue,
  updated: (before, object) => {
    if (before.metadata.uid !== object.metadata.uid) gone(before)
    enqueue(object)
  },
  deleted: (object) => {
    gone(object)
    enqueue(object)
  }
})

/** Of the objects that those own. */
export const ownedHandlers = <O extends ApiObject>(heard: Heard<O>): Handlers<ApiObject> => {
  const { enqueue, objects, of, selects } = heard
  /** The owner, if the informer shows it under that uid. */
  const ownerOf = (owned: ApiObject): O | undefined => {
    const reference = controllerOf(owned)
    if (reference === undefined || reference.kind !== kinds[of].kind) return undefined
    const { namespace } = owned.metadata
    const found = objects.get(kinds[of].namespaced && namespace !== undefined ? `${namespace}/${reference.name}`
      : reference.name)
    return found?.metadata.uid === reference.uid ? found : undefined
  }
  /** Nobody's: whoever selects it may adopt it. */
  const enqueueSuitors = (orphan: ApiObject): void => {
    for (const object of objects.values()) {
      if (object.metadata.namespace === orphan.metadata.namespace && selects(object, orphan)) enqueue(object)
    }
  }
  const deleted = (owned: ApiObject): void => {
    const owner = ownerOf(owned)
    if (owner === undefined) return
    heard.deleted(owner, owned)
    enqueue(owner)
  }
  const added = (owned: ApiObject): void => {
    // After a restart, or late: it was created and marked for deletion before this informer saw it.
    if (owned.metadata.deletionTimestamp !== undefined) return deleted(owned)
    if (controllerOf(owned) === undefined) return enqueueSuitors(owned)
    const owner = ownerOf(owned)
    if (owner === undefined) return
    heard.created(owner, owned)
    enqueue(owner)
  }
  const changed = (before: ApiObject, owned: ApiObject): void => {
    const hasMoved = !equal(controllerOf(before), controllerOf(owned))
    const left = hasMoved ? ownerOf(before) : undefined
    if (left !== undefined) enqueue(left)
    if (controllerOf(owned) !== undefined) {
      const owner = ownerOf(owned)
      if (owner !== undefined) enqueue(owner)
    } else if (hasMoved || !equal(before.metadata.labels, owned.metadata.labels)) enqueueSuitors(owned)
  }
  return {
    added,
    updated: (before, owned) => {
      if (before.metadata.resourceVersion === owned.metadata.resourceVersion) return
      if (before.metadata.uid !== owned.metadata.uid) {
        deleted(before)
        added(owned)
      } else if (owned.metadata.deletionTimestamp !== undefined) deleted(owned)
      else changed(before, owned)
    },
    deleted
  }
}
