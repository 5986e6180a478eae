/**
 * Spec: model/informer.ts. informer: local copies of resources, each kept by a reflector, with handlers and indexes.
 *
 * One service for each process, as client-go's shared informer factory: who looks at the same objects shares one
 * reflector and one store; each has handlers of its own. A reflector runs until its process ends.
 */
import { Context, Effect, Layer } from "effect"
import { Client } from "#impl/client.ts"
import type { Selectors } from "#impl/informer/first-copy.ts"
import { defaultParts, type Handlers, type Parts, Reflector, type Services } from "#impl/informer/reflector.ts"
import { Journal } from "#impl/journal.ts"
import { Draws, Process } from "#impl/ports.ts"
import type { Objects, Resource } from "#model/kinds.ts"

export type { Selectors } from "#impl/informer/first-copy.ts"
export type { Handlers, Parts } from "#impl/informer/reflector.ts"

/** Finds the objects of one value. */
export type Index<O> = (value: string) => ReadonlyArray<O>

export interface Informer<O> {
  readonly get: (key: string) => O | undefined
  /** Live view of the store, in insertion order of the keys. */
  readonly values: () => Iterable<O>
  /** Finds objects by the values that the function returns; kept incrementally. One of a name serves all who ask. */
  readonly index: (name: string, valuesOf: (object: O) => ReadonlyArray<string>) => Index<O>
  readonly hasSynced: () => boolean
  /** Resumes when the first list has been delivered to the handlers. */
  readonly synced: Effect.Effect<void>
  /** The resourceVersion of the last event, bookmark or list; "" before the first. */
  readonly resourceVersion: () => string
  /** Journals the revision that it shows now, unless it has. */
  readonly tell: () => void
  readonly addHandlers: (handlers: Handlers<O>) => void
}

export class Informers extends Context.Service<Informers, {
  /** Starts a reflector, or joins the one that stands. */
  readonly of: <R extends Resource>(resource: R, selectors?: Selectors) => Informer<Objects[R]>
}>()("impl/Informers") {}

const entityOf = (resource: Resource, { fieldSelector, labelSelector, namespace }: Selectors): string => {
  const selectors = [namespace, fieldSelector, labelSelector].filter((one) => one !== undefined)
  return selectors.length === 0 ? resource : `${resource}?${selectors.join("&")}`
}

/** Late handlers hear of everything that stands as added: in a task, when the caller holds the informer. */
const join = <R extends Resource>(reflector: Reflector<R>, process: Process["Service"]): Informer<Objects[R]> => {
  const { store } = reflector
  let joining = 0
  let joined = process.cell<void>()
  return {
    get: (key) => store.get(key),
    values: () => store.values(),
    index: (name, valuesOf) => {
      if (!store.hasIndex(name)) store.addIndex(name, valuesOf)
      return (value) => store.indexed(name, value)
    },
    hasSynced: () => reflector.firstSync.isDone && joining === 0,
    synced: Effect.andThen(reflector.firstSync.await,
      Effect.suspend(() => joining === 0 ? Effect.void : joined.await)),
    resourceVersion: () => reflector.resourceVersion,
    tell: () => reflector.tell(),
    addHandlers: (handlers) => {
      if (!reflector.firstSync.isDone) {
        reflector.handlers.push(handlers)
        return
      }
      if (joined.isDone) joined = process.cell<void>()
      joining += 1
      process.after(0, () => {
        joining -= 1
        reflector.handlers.push(handlers)
        for (const object of store.values()) handlers.added?.(object)
        if (joining === 0) joined.succeed(undefined)
      })
    }
  }
}

/** The informers of the calling process. `parts` replaces behaviours of its reflectors. */
export const make = (
  parts?: Partial<Parts>
): Effect.Effect<Informers["Service"], never, Client | Process | Journal | Draws> =>
  Effect.gen(function*() {
    const process = yield* Process
    const services: Services = { client: yield* Client, process, journal: yield* Journal, draws: yield* Draws }
    const reflectors = new Map<string, Reflector<Resource>>()
    return Informers.of({
      of: <R extends Resource>(resource: R, selectors: Selectors = {}) => {
        const entity = entityOf(resource, selectors)
        let reflector = reflectors.get(entity) as unknown as Reflector<R> | undefined
        if (reflector === undefined) {
          reflector = new Reflector(services, resource, selectors, entity, { ...defaultParts, ...parts })
          reflectors.set(entity, reflector as unknown as Reflector<Resource>)
          process.fork(reflector.run)
        }
        return join(reflector, process)
      }
    })
  })

export const layer = (
  parts?: Partial<Parts>
): Layer.Layer<Informers, never, Client | Process | Journal | Draws> => Layer.effect(Informers, make(parts))
