/** history/store: the committed objects of every kind, from the lines of the ground truth. */
import type { Line } from "#model/events.ts"
import type { Objects, Resource } from "#model/kinds.ts"
import { type KeptResource, keptResources, type ObservedObjects } from "#model/observed.ts"
import { Kept, type Moment, View } from "#properties/history/kept.ts"

/**
 * "owner": by the uid of whoever controls it. "node": pods, by the node that they are bound to. "namespace": by its
 * name.
 */
type By = "owner" | "node" | "namespace"
/** The store as of some moment: the kinds that our API server serves. */
export type Served = { readonly [R in Resource]: View<Objects[R], By> }
/** With those that only a real cluster has. */
export type Stored = Served & { readonly [R in Exclude<KeptResource, Resource>]: View<ObservedObjects[R], By> }
type Everything = { readonly [R in KeptResource]: Kept<unknown, By> }

const ownerOf = ({ metadata }: Objects[Resource]): string | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid
const nodeOf = (object: Objects[Resource]): string | undefined => {
  const node = object.kind === "Pod" ? object.spec.nodeName : undefined
  return node === "" ? undefined : node
}
const namespaceOf = ({ metadata }: Objects[Resource]): string | undefined => metadata.namespace
/** Renewed all the time, and nobody asks what one was a while ago. */
const isForgetful = (resource: KeptResource): boolean => resource === "leases"

const registry = "/registry/"

export class Store {
  readonly hears = ["object.seen", "object.created", "object.updated", "object.deleted"] as const
  readonly #kept: Everything

  constructor() {
    const indexes = { owner: ownerOf, node: nodeOf, namespace: namespaceOf }
    this.#kept = ofEach((resource) => new Kept(indexes, isForgetful(resource))) as Everything
  }

  hear({ at_ms, entity, event, seq }: Line): void {
    if (!("object" in event)) return
    const { key, resource, revision } = event
    const object = event.type === "object.deleted" ? undefined : event.object
    const kept = this.#kept[resource as KeptResource] as Kept<unknown, By> | undefined
    kept?.put(entity, key.slice(registry.length + resource.length + 1), { seq, at_ms, revision, object })
  }
  /** See Kept: an hour of what was is enough for whoever judges for days. */
  forget(before_ms: number): void {
    for (const kept of Object.values(this.#kept) as Iterable<Kept<unknown, By>>) kept.forget(before_ms)
  }
  settle(): void {
    for (const resource of keptResources) this.#kept[resource].settle()
  }

  as(moment: Moment): Stored {
    return ofEach((resource) => new View(this.#kept[resource] as Kept<unknown, By>, moment)) as Stored
  }
}

const ofEach = (make: (resource: KeptResource) => unknown): unknown =>
  Object.fromEntries(keptResources.map((resource) => [resource, make(resource)]))
