/** history/store: the committed objects of every kind, from the lines of the ground truth. */
import type { Line } from "#model/events.ts"
import { type Objects, type Resource, resources } from "#model/kinds.ts"
import { Kept, type Moment, View } from "#properties/history/kept.ts"

/**
 * "owner": by the uid of whoever controls it. "node": pods, by the node that they are bound to. "namespace": by its
 * name.
 */
type By = "owner" | "node" | "namespace"
/** The store as of some moment. */
export type Stored = { readonly [R in Resource]: View<Objects[R], By> }
type Everything = { readonly [R in Resource]: Kept<Objects[R], By> }

const ownerOf = ({ metadata }: Objects[Resource]): string | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid
const nodeOf = (object: Objects[Resource]): string | undefined => {
  const node = object.kind === "Pod" ? object.spec.nodeName : undefined
  return node === "" ? undefined : node
}
const namespaceOf = ({ metadata }: Objects[Resource]): string | undefined => metadata.namespace
/** Renewed all the time, and nobody asks what one was a while ago. */
const isForgetful = (resource: Resource): boolean => resource === "leases"

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
    const kept = this.#kept[resource as Resource] as Kept<unknown, By> | undefined
    kept?.put(entity, key.slice(registry.length + resource.length + 1), { seq, at_ms, revision, object })
  }
  settle(): void {
    for (const resource of resources) this.#kept[resource].settle()
  }

  as(moment: Moment): Stored {
    return ofEach((resource) => new View(this.#kept[resource] as Kept<unknown, By>, moment)) as Stored
  }
}

const ofEach = (make: (resource: Resource) => unknown): unknown =>
  Object.fromEntries(resources.map((resource) => [resource, make(resource)]))
