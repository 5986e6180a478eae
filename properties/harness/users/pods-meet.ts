/** New pods are met as soon as they are seen: bound by somebody else, or deleted. */
import * as fc from "fast-check"
import { Clock, Effect } from "effect"
import { Client } from "#impl/client.ts"
import type { ApiError } from "#impl/client/errors.ts"
import type { Pod } from "#model/objects/pod.ts"
import { namespace } from "#properties/harness/users/objects.ts"
import { fields, nodeName, type Act, type OperationKinds } from "#properties/harness/users/operation-kind.ts"

const meeting_s = 30 // ASSUMED
const lookAgain_ms = 200 // ASSUMED

const isUnbound = ({ metadata, spec }: Pod): boolean => spec.nodeName === undefined
  && metadata.deletionTimestamp === undefined && (spec.schedulingGates ?? []).length === 0

/** Meets each of the next so many new pods as soon as it is seen; who is cut off looks again until the time is over. */
const meetNext = (
  count: number, isMeant: (pod: Pod) => boolean, act: (pod: Pod) => Effect.Effect<unknown, ApiError, Client>
): Act => {
  let known: Set<string> | undefined
  let left = count
  const meet = (pod: Pod): Act => Effect.suspend(() => {
    const { uid } = pod.metadata
    if (left === 0 || known!.has(uid) || !isMeant(pod)) return Effect.void
    known!.add(uid)
    left -= 1
    return Effect.asVoid(Effect.result(act(pod)))
  })
  const follow: Act = Effect.gen(function*() {
    const client = yield* Client
    const { items, resourceVersion } = yield* client.list("pods", { namespace })
    known ??= new Set(items.map(({ metadata }) => metadata.uid))
    for (const pod of items) yield* meet(pod)
    const stream = yield* client.watch("pods", { namespace, resourceVersion, timeoutSeconds: meeting_s })
    while (left > 0) {
      const event = yield* stream.next
      if (event === "closed" || event.type === "ERROR") return
      if (event.type === "ADDED") yield* meet(event.object as Pod)
    }
    stream.cancel()
  })
  return Effect.gen(function*() {
    const until_ms = (yield* Clock.currentTimeMillis) + 1000 * meeting_s
    while (left > 0 && (yield* Clock.currentTimeMillis) < until_ms) {
      yield* Effect.result(follow)
      yield* Effect.sleep(lookAgain_ms)
    }
  })
}

/** Races the scheduler for each new pod; who comes too late is told so. */
const bindNext = (name: string, count: number): Act => meetNext(count, isUnbound, ({ metadata }) =>
  Effect.flatMap(Client, (client) => client.bind({
    apiVersion: "v1", kind: "Binding", metadata: { name: metadata.name, namespace, uid: metadata.uid },
    target: { kind: "Node", name }
  })))

/** Whatever is made is deleted at once, mostly before anybody else has seen it: nothing is bound or waited for. */
const reapNext = (count: number): Act => meetNext(count, () => true, ({ metadata: { name, uid } }) =>
  Effect.flatMap(Client, (client) => client.delete("pods", namespace, name, { preconditions: { uid } })))

export const podMeeting: OperationKinds<"pods.bind" | "pods.reap"> = {
  "pods.bind": {
    weight: 1, likelihood: 0.3,
    draw: (scene) => fields("pods.bind", { node: nodeName(scene), count: fc.integer({ min: 1, max: 4 }) }),
    act: ({ count, node }) => bindNext(node, count)
  },
  "pods.reap": {
    weight: 3, likelihood: 0.35,
    draw: () => fields("pods.reap", { count: fc.integer({ min: 1, max: 8 }) }),
    act: ({ count }) => reapNext(count)
  }
}
