/**
 * api-server/health: the etcd check behind /readyz and /livez, and what a load balancer and a supervisor make of it.
 * Spec: model/api-server/instance.ts.
 *
 * A server that cannot read from etcd stops accepting connections, so that the load balancer sends clients elsewhere;
 * those that it has stay with it until it is restarted.
 * Deviates: probed seldom while all is well, at the readiness probe's pace from the first failure on.
 * Source: apiserver storage/storagebackend/factory/etcd3.go newETCD3Check; kubeadm's probes of static pods.
 */
import { Effect } from "effect"
import type { EtcdClient } from "#impl/api-server/etcd-client.ts"
import type { Process } from "#impl/ports.ts"
import {
  etcdHealthTimeout_ms, livenessFailing_ms, livenessPeriod_ms, readinessFailures_max, readinessPeriod_ms
} from "#model/limits/api-server.ts"

export interface HealthHandler {
  readonly unready: () => void
  readonly ready: () => void
}

/** Probes until the process ends, or ends it. */
export const watchHealth = (
  process: Process["Service"], etcd: EtcdClient, handler: HealthHandler
): Effect.Effect<never> => Effect.gen(function* () {
  const key = "/registry/health"
  let failures = 0
  let failingSince_ms = 0
  while (true) {
    yield* Effect.sleep(failures === 0 ? livenessPeriod_ms : readinessPeriod_ms)
    const probed_ms = process.monotonic_ms()
    const isHealthy = yield* etcd.request({ type: "range", key }, `range ${key}`, probed_ms + etcdHealthTimeout_ms)
      .pipe(Effect.match({ onFailure: () => false, onSuccess: () => true }))
    if (isHealthy) {
      if (failures >= readinessFailures_max) handler.ready()
      failures = 0
      continue
    }
    if (failures === 0) failingSince_ms = probed_ms
    failures += 1
    if (failures === readinessFailures_max) handler.unready()
    if (process.monotonic_ms() - failingSince_ms >= livenessFailing_ms) {
      return yield* process.exit("etcd could not be read for too long")
    }
  }
})
