/**
 * api-server/compactor: has etcd forget what is older than one to two intervals. Spec: model/api-server.ts.
 *
 * Every server tries at each interval; a conditional write of one key decides who compacts, and the others take its
 * version from there. What is compacted is the revision at which this key was last written or read.
 * Source: apiserver storage/etcd3/compact.go, v1.36.
 */
import { Effect } from "effect"
import { compactionKey as key } from "#impl/api-server/codec.ts"
import type { EtcdClient } from "#impl/api-server/etcd-client.ts"
import type { Process } from "#impl/ports.ts"
import { requestTimeout_ms } from "#model/limits.ts"


interface Turn {
  /** Version of the key. */
  readonly version: number
  readonly revision: number
}
const none: Turn = { version: 0, revision: 0 }

export const compactor = (
  process: Process["Service"], etcd: EtcdClient, interval_ms: number
): Effect.Effect<never> => Effect.gen(function* () {
  const deadline = (): number => process.monotonic_ms() + requestTimeout_ms
  const next = ({ revision, version }: Turn) => Effect.gen(function* () {
    const answer = yield* etcd.request({
      type: "txn", compare: [{ key, target: "version", equals: version }],
      success: [{ type: "put", key, value: { revision } }], failure: [{ type: "range", key }]
    }, key, deadline())
    if (answer.type !== "txn") return none
    if (!answer.succeeded) {
      const [found] = answer.results
      const theirs = found?.type === "range" ? found.kvs[0]?.version : undefined
      return { version: theirs ?? 0, revision: answer.revision }
    }
    // The first of all has nothing behind it.
    if (revision > 0) yield* etcd.request({ type: "compact", revision }, "compact", deadline())
    return { version: version + 1, revision: answer.revision }
  })
  let turn = none
  for (;;) {
    yield* Effect.sleep(interval_ms)
    turn = yield* Effect.catch(next(turn), () => Effect.succeed(turn))
  }
})
