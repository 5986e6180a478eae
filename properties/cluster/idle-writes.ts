/**
 * Components say what is new: a write that changes nothing costs the API server as much as one that does.
 *
 * Only writes that were made on the object's present version are judged (by their resourceVersion): whoever sees that
 * version and writes it again has nothing to say. Source: updateReplicaSetStatus in replica_set_utils.go, updatePod in
 * schedule_one.go (UpdatePodCondition tells whether anything changed), v1.36.
 */
import type { Line } from "#model/events.ts"
import type { Resource } from "#model/kinds.ts"
import { ByActor } from "#properties/by-actor.ts"
import type { History } from "#properties/history.ts"

interface Write {
  readonly agent: string
  readonly key: string
  readonly latest: number
}

/**
 * After a conflict, or an answer that was lost, the present version is written without another look. Source: its single
 * GET/PUT retry.
 */
const blind_ms = 60_000

export const saysSomethingNew = (of: string, kind: Resource) => ({ now }: History) => {
  const requests = new ByActor<Write>()
  const sent = new ByActor<string>()
  const blindAt_ms = new Map<string, number>()
  /** Of whoever had the key last: 0 if nobody ever had. */
  const latestOf = (key: string): number => {
    for (const { revision } of now[kind].history(key.slice(`/registry/${kind}/`.length))) return revision
    return 0
  }
  return ({ actor, at_ms, entity, event }: Line): string | undefined => {
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        requests.forget(event.process)
        sent.forget(event.process)
        return undefined
      case "request.sent":
        if (event.resource === kind) sent.set(actor, entity, `/registry/${kind}/${event.key}`)
        return undefined
      case "request.answered":
        sent.take(actor, entity)
        return undefined
      case "request.outcomeUnknown": {
        const key = sent.take(actor, entity)
        if (key !== undefined) blindAt_ms.set(key, at_ms)
        return undefined
      }
      case "write.requested": {
        const { agent, expected, key, resource, verb } = event
        if (agent !== of || resource !== kind || verb === "delete" || expected === 0) return undefined
        requests.set(actor, entity, { agent, key, latest: latestOf(key) })
        return undefined
      }
      case "write.refused": {
        const write = requests.take(actor, entity)
        if (write !== undefined && event.code === 409) blindAt_ms.set(write.key, at_ms)
        return undefined
      }
      case "write.done": {
        const write = requests.take(actor, entity)
        if (write === undefined || event.revision > write.latest) return undefined
        return at_ms - (blindAt_ms.get(write.key) ?? -Infinity) <= blind_ms ? undefined
          : `${write.agent} writes ${write.key} again as it stands at revision ${event.revision}`
      }
      default:
        return undefined
    }
  }
}
