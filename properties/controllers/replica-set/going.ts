/**
 * A ReplicaSet that is being deleted or gone: its pods are the garbage collector's, which wants to find them as they
 * are. Source: replica_set.go syncReplicaSet, controller_ref_manager.go ClaimPods and CanAdopt, v1.36.
 */
import type { Line } from "#model/events.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import type { Obligation } from "#properties/property.ts"

/**
 * Once a controller has reported on the generation that the deletion made, it knows of it. Until another takes over:
 * that one's informer may be behind.
 */
export const leavesAlone = (): (line: Line) => string | undefined => {
  /** By uid: the generation of the deletion, and who was the last to report on a set. */
  const going = new Map<string, { readonly name: string; readonly generation: number; knows: Set<string> }>()
  return ({ actor, entity, event }) => {
    switch (event.type) {
      case "object.updated": {
        if (event.resource !== "replicasets") return undefined
        const { deletionTimestamp, generation, name } = (event.object as ReplicaSet).metadata
        if (deletionTimestamp === undefined || going.has(entity)) return undefined
        going.set(entity, { name, generation, knows: new Set() })
        return undefined
      }
      case "object.deleted":
        going.delete(entity)
        return undefined
      case "process.crashed":
      case "process.stopped":
        for (const { knows } of going.values()) knows.delete(event.process)
        return undefined
      case "replicaSet.statusWritten": {
        const set = going.get(entity)
        if (set !== undefined && event.observedGeneration >= set.generation) set.knows.add(actor)
        return undefined
      }
      case "replicaSet.createsExpected":
      case "replicaSet.deletesExpected":
      case "replicaSet.podAdopted":
      case "replicaSet.podReleased": {
        const set = going.get(entity)
        return set?.knows.has(actor) !== true ? undefined
          : `${actor}: ${event.type} for ${set.name}, which is being deleted, as it has reported`
      }
      default:
        return undefined
    }
  }
}

/** Its uid never comes back: whoever said that it is gone does nothing for it any more. */
export const isDoneWithTheGone = (): (line: Line) => string | undefined => {
  const gone = new Map<string, Set<string>>()
  return ({ actor, entity, event }) => {
    if (event.type === "process.crashed" || event.type === "process.stopped") {
      gone.delete(event.process)
      return undefined
    }
    const known = gone.get(actor)
    if (known?.has(entity) === true) return `${actor}: ${event.type} of ${entity}, which it knows to be gone`
    if (event.type === "replicaSet.deleted") gone.set(actor, (known ?? new Set()).add(entity))
    return undefined
  }
}

/** A dead watch is known after 45 s and listed again within 30 s. */
const notice_ms = 150_000 // ASSUMED

/** Whoever said something of a set notices its end, and forgets what it expected of it. */
export const noticesTheEnd = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const spokenOf = new Map<string, Set<string>>()
  const owing = new Map<string, Map<string, number>>()
  return {
    line: ({ actor, at_ms, entity, event }) => {
      if (event.type === "process.crashed" || event.type === "process.stopped") {
        spokenOf.delete(event.process)
        owing.delete(event.process)
      } else if (event.type === "object.deleted") {
        if (event.resource !== "replicasets") return
        for (const [controller, sets] of spokenOf) {
          if (!sets.delete(entity)) continue
          const debts = owing.get(controller) ?? new Map<string, number>()
          owing.set(controller, debts.set(entity, at_ms))
        }
      } else if (event.type === "replicaSet.deleted") owing.get(actor)?.delete(entity)
      else if (owing.get(actor)?.has(entity) !== true) {
        spokenOf.set(actor, (spokenOf.get(actor) ?? new Set()).add(entity))
      }
    },
    open: function*() {
      for (const [controller, debts] of owing) {
        for (const [entity, since_ms] of debts) {
          yield { entity: `${controller} on ${entity}`, since_ms, within_ms: notice_ms }
        }
      }
    }
  }
}
