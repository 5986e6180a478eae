/**
 * informer: a local copy of one resource, kept by a reflector, with handlers. Spec: model/informer.ts.
 */
import type { Effect } from "effect"
import type { Client, ListOptions } from "#impl/client.ts"
import type { Journal } from "#impl/journal.ts"
import type { Draws, Process } from "#impl/ports.ts"
import type { Objects, Resource } from "#model/objects.ts"

/** Called in the order of the events of one object; plain code: put a key on a work queue, no more. */
export interface Handlers<O> {
  readonly added?: (object: O) => void
  /** `before` may have another uid: a delete and re-create in a gap looks like an update. */
  readonly updated?: (before: O, object: O) => void
  /** `isStale`: found missing in a relist (DeletedFinalStateUnknown); `object` is the last state seen. */
  readonly deleted?: (object: O, isStale: boolean) => void
}

export interface Informer<O> {
  readonly get: (key: string) => O | undefined
  /** Live view of the store, in insertion order of the keys. */
  readonly values: () => Iterable<O>
  /** Objects for which `addIndex`'s function returned `value`; kept incrementally. */
  readonly indexed: (index: string, value: string) => ReadonlyArray<O>
  readonly hasSynced: () => boolean
  /** Resumes when the first list has been delivered to the handlers. */
  readonly synced: Effect.Effect<void>
  /** The resourceVersion of the last event, bookmark or list; "" before the first. */
  readonly resourceVersion: () => string
  readonly addHandlers: (handlers: Handlers<O>) => void
}

export interface InformerOptions<O> extends Pick<ListOptions, "namespace" | "fieldSelector" | "labelSelector"> {
  /** Named indexes: name → the values under which an object is found. */
  readonly indexes?: Readonly<Record<string, (object: O) => ReadonlyArray<string>>>
}

/** Starts a reflector in the calling process. It runs until the process ends. */
export declare const make: <R extends Resource>(
  resource: R, handlers: Handlers<Objects[R]>, options?: InformerOptions<Objects[R]>
) => Effect.Effect<Informer<Objects[R]>, never, Client | Process | Journal | Draws>
