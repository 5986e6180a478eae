/**
 * Spec: model/informer.ts. informer: a local copy of one resource, kept by a reflector, with handlers.
 *
 * Informers of one process that look at the same objects share one reflector and one store, as client-go's shared
 * informer factory does; each has its own handlers and indexes.
 */
import { Effect } from "effect"
import { Client, type ListOptions } from "#impl/client.ts"
import { defaultParts, type Handlers, type Parts, Reflector, type Services } from "#impl/informer/reflector.ts"
import { Journal } from "#impl/journal.ts"
import { Draws, Process } from "#impl/ports.ts"
import type { Objects, Resource } from "#model/kinds.ts"

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
  /** Replaces behaviours of the reflector, see informer/reflector.ts; the first informer of a resource decides. */
  readonly parts?: Partial<Parts>
}

/** One object per incarnation of a process: what hangs on it dies with it. */
const reflectors = new WeakMap<Process["Service"], Map<string, Reflector<Resource>>>()

const entityOf = (resource: Resource, options: InformerOptions<never>): string => {
  const selectors = [options.namespace, options.fieldSelector, options.labelSelector].filter((s) => s !== undefined)
  return selectors.length === 0 ? resource : `${resource}?${selectors.join("&")}`
}

const reflectorOf = <R extends Resource>(
  services: Services, resource: R, options: InformerOptions<Objects[R]>
): Reflector<R> => {
  let shared = reflectors.get(services.process)
  if (shared === undefined) reflectors.set(services.process, shared = new Map())
  const entity = entityOf(resource, options as InformerOptions<never>)
  const existing = shared.get(entity)
  if (existing !== undefined) return existing as unknown as Reflector<R>
  const { indexes: _, parts, ...selectors } = options
  const reflector = new Reflector(services, resource, selectors, entity, { ...defaultParts, ...parts })
  shared.set(entity, reflector as unknown as Reflector<Resource>)
  services.process.fork(reflector.run)
  return reflector
}

/** Starts a reflector in the calling process, or joins the one that stands. It runs until the process ends. */
export const make = <R extends Resource>(
  resource: R, handlers: Handlers<Objects[R]>, options: InformerOptions<Objects[R]> = {}
): Effect.Effect<Informer<Objects[R]>, never, Client | Process | Journal | Draws> =>
  Effect.gen(function*() {
    const process = yield* Process
    const services: Services = { client: yield* Client, process, journal: yield* Journal, draws: yield* Draws }
    const reflector = reflectorOf(services, resource, options)
    const { store } = reflector
    const prefix = `${reflector.handlers.length}/`
    for (const [name, valuesOf] of Object.entries(options.indexes ?? {})) store.addIndex(prefix + name, valuesOf)

    let joining = 0
    let joined = process.cell<void>()
    /** Late handlers hear of everything that stands as added: in a task, when the caller holds the informer. */
    const addHandlers = (more: Handlers<Objects[R]>): void => {
      if (!reflector.firstSync.isDone) {
        reflector.handlers.push(more)
        return
      }
      if (joined.isDone) joined = process.cell<void>()
      joining += 1
      process.after(0, () => {
        joining -= 1
        reflector.handlers.push(more)
        for (const object of store.values()) more.added?.(object)
        if (joining === 0) joined.succeed(undefined)
      })
    }
    addHandlers(handlers)

    return {
      get: (key) => store.get(key),
      values: () => store.values(),
      indexed: (index, value) => store.indexed(prefix + index, value),
      hasSynced: () => reflector.firstSync.isDone && joining === 0,
      synced: Effect.andThen(reflector.firstSync.await,
        Effect.suspend(() => joining === 0 ? Effect.void : joined.await)),
      resourceVersion: () => reflector.resourceVersion,
      addHandlers
    }
  })
export type { Handlers } from "#impl/informer/reflector.ts"
