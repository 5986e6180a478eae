/** What the promises that all controllers share must know of one: what it looks at, what it owns, what is lawful. */
import { controllerOf, type Written } from "#model/controller.ts"
import type { Line } from "#model/events.ts"
import { type ApiObject, keyOf, type Objects, type Resource } from "#model/kinds.ts"

/** A number of the status, and the owned objects that it counts. */
export interface Figure<O, W> {
  readonly name: string
  readonly said: (object: O) => number
  readonly counts: (owned: W, object: O) => boolean
  /** Also time goes by before it is true: judged at rest only. */
  readonly isSlow?: (object: O) => boolean
}

export interface Ruled<R extends Resource, W extends Resource> {
  /** In a sentence: "a ReplicaSet". */
  readonly name: string
  readonly queue: string
  readonly of: R
  readonly owns: W
  /** Whose it is: the key of an object; unless said the uid in its controller reference. */
  readonly ownerOf?: (owned: Objects[W]) => string | undefined
  /** It looks again before its informers show what it wrote. */
  readonly isForgetful?: true
  readonly counts: (owned: Objects[W]) => boolean
  /** What it may adopt and keeps; absent: neither. */
  readonly selects?: (object: Objects[R], owned: Objects[W]) => boolean
  /** How many that count. Of one that is being deleted nobody asks. */
  readonly wants: (object: Objects[R]) => number
  readonly status: ReadonlyArray<Figure<Objects[R], Objects[W]>>
  /** Why the last of these writes is not lawful, given the object and what it owns as the informers showed them. */
  readonly lawful: (
    object: Objects[R], owned: ReadonlyArray<Objects[W]>, written: Written<Objects[W]>
  ) => string | undefined
  /** When the object must be looked at because of an owned one, in world time, though nothing changes. */
  readonly due_ms?: (object: Objects[R], owned: Objects[W]) => number | undefined
  /** Between an event and the look at it. */
  readonly delay_ms?: number
}

export const ownerOf = <R extends Resource, W extends Resource>(
  ruled: Ruled<R, W>, owned: Objects[W]
): string | undefined => ruled.ownerOf === undefined ? controllerOf(owned)?.uid : ruled.ownerOf(owned)

/** What `ownerOf` says of what this object owns. */
export const identityOf = <R extends Resource, W extends Resource>(ruled: Ruled<R, W>, object: ApiObject): string =>
  ruled.ownerOf === undefined ? object.metadata.uid : keyOf(object)

export const isGoing = ({ metadata }: ApiObject): boolean => metadata.deletionTimestamp !== undefined

export interface Change {
  readonly resource: string
  readonly revision: number
  /** Absent: it is gone. */
  readonly object: ApiObject | undefined
  readonly previous: ApiObject | undefined
}
/** A committed change, as the line tells it. */
export const changeOf = ({ event }: Line): Change | undefined => {
  if (event.type === "object.created") {
    return { resource: event.resource, revision: event.revision, object: event.object, previous: undefined }
  }
  if (event.type === "object.updated") {
    return { resource: event.resource, revision: event.revision, object: event.object, previous: event.previous }
  }
  // It has been there for a while: it comes to nobody now.
  if (event.type === "object.seen") {
    return { resource: event.resource, revision: event.revision, object: event.object, previous: event.object }
  }
  if (event.type !== "object.deleted") return undefined
  return { resource: event.resource, revision: event.revision, object: undefined, previous: event.object }
}

/** "default/web" of "replicaset:default/web"; undefined for another queue. */
export const keyIn = (queue: string, entity: string): string | undefined =>
  entity.startsWith(queue) && entity[queue.length] === ":" ? entity.slice(queue.length + 1) : undefined

/** By its key and uid, in a message. */
export const called = (object: ApiObject): string => keyOf(object)
