/** What goes before what in the ReplicaSet controller. */
import { after, said } from "#properties/order.ts"
import { anywhere } from "#properties/order/keys.ts"
import { always, type Property } from "#properties/property.ts"

const goneIsGone = always("A controller says nothing more of a ReplicaSet that it saw go", [],
  () => {
    const gone = new Map<string, Set<string>>()
    return ({ actor, entity, event }) => {
      if (event.type === "process.crashed" || event.type === "process.stopped") gone.delete(event.process)
      else if (gone.get(actor)?.has(entity) === true) return `${actor} says ${event.type} of ${entity}, which it saw go`
      else if (event.type === "replicaSet.deleted") gone.set(actor, (gone.get(actor) ?? new Set()).add(entity))
      return undefined
    }
  }, ["replicaSet.", "process.crashed", "process.stopped"])

const itsKey = ({ key }: { readonly key: string }): string => `replicaset:${key}`

export const order: ReadonlyArray<Property> = [
  goneIsGone,
  after({ name: "A ReplicaSet is seen to go only when it is gone", home: anywhere, stays: true,
    first: said("object.deleted"), second: said("replicaSet.deleted") }),
  after({ name: "A ReplicaSet's pods are counted only by the worker that has its key",
    first: said("key.taken"), until: said("key.done"),
    second: { ...said("replicaSet.createsExpected", itsKey), ...said("replicaSet.deletesExpected", itsKey) } })
]
