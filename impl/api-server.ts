/**
 * Spec: model/api-server.ts. api-server: the only way to the objects. Any number of instances run on one etcd; each
 * has a watch cache per resource and answers as soon as all of them are filled.
 *
 * Deviates: no authentication, authorisation, audit, priority and fairness, quotas, server-side apply or managedFields;
 * of admission what admission.ts lists.
 */
import { Effect } from "effect"
import { Admission, type Plugin } from "#impl/api-server/admission.ts"
import { Cacher } from "#impl/api-server/cacher.ts"
import { compactor } from "#impl/api-server/compactor.ts"
import type { ServerContext } from "#impl/api-server/context.ts"
import { EtcdClient } from "#impl/api-server/etcd-client.ts"
import { Gate } from "#impl/api-server/gate.ts"
import { watchHealth } from "#impl/api-server/health.ts"
import { defaultParts, type Parts } from "#impl/api-server/parts.ts"
import { Session } from "#impl/api-server/session.ts"
import { Storage } from "#impl/api-server/storage.ts"
import { keepSystemNamespaces, makeSystemNamespaces } from "#impl/api-server/system-namespaces.ts"
import { Journal, type StateOf } from "#impl/journal.ts"
import { Draws, Network, Process } from "#impl/ports.ts"
import type { charts } from "#model/api-server.ts"
import type { EventOf } from "#model/events.ts"
import { etcdCompaction_ms } from "#model/limits/api-server.ts"
import { resources } from "#model/kinds.ts"

export type { Parts }
export { defaultParts }

export interface Config {
  readonly id: number
  /** Addresses of the etcd members, e.g. "etcd/0". */
  readonly etcdEndpoints: ReadonlyArray<string>
  /** --etcd-compaction-interval. */
  readonly etcdCompaction_ms?: number
  /** --disable-admission-plugins. */
  readonly disabledAdmissionPlugins?: ReadonlyArray<Plugin>
}
type State = StateOf<(typeof charts)["api-server.instance"]>

export const program = (
  config: Config, parts: Partial<Parts> = {}
): Effect.Effect<never, never, Process | Network | Journal | Draws> => Effect.gen(function* () {
  const process = yield* Process
  const network = yield* Network
  const journal = yield* Journal
  const draws = yield* Draws
  const allParts: Parts = { ...defaultParts, ...parts }
  const wrote = (event: EventOf<"apiServer">, state: State): void =>
    journal.wrote("api-server.instance", process.name, event, state)

  wrote({ type: "apiServer.started" }, "starting")
  const etcd = new EtcdClient(process, network, draws, config.etcdEndpoints)
  const storage = new Storage(etcd, journal, allParts, `${process.name}#${process.incarnation}`)
  const cacherOf = (resource: (typeof resources)[number]): Cacher =>
    new Cacher(resource, process, journal, etcd, allParts)
  const cachers = Object.fromEntries(resources.map((one) => [one, cacherOf(one)])) as ServerContext["cachers"]
  const context: ServerContext = {
    process, journal, draws, etcd, storage, parts: allParts, gate: new Gate(process), cachers,
    admission: new Admission({ process, draws, storage, cachers }, config.disabledAdmissionPlugins ?? [])
  }
  yield* Effect.forEach(resources, (resource) => context.cachers[resource].initialise, { concurrency: "unbounded" })

  yield* makeSystemNamespaces(context)
  yield* Effect.forkChild(keepSystemNamespaces(context))
  yield* Effect.forkChild(compactor(process, etcd, config.etcdCompaction_ms ?? etcdCompaction_ms))
  const sessions = new Set<Session>()
  let connections = 0
  const open = (): void => {
    network.listen((connection) => {
      connections += 1
      sessions.add(new Session(context, connection, `${process.incarnation}.${connections}`,
        (session) => sessions.delete(session)))
    })
    wrote({ type: "apiServer.becameReady" }, "ready")
  }
  open()

  /**
   * SIGTERM: what was begun is finished; who asks for more meanwhile is told to come back. Then clients are told that
   * their watches have ended, and go to another server.
   */
  const stop = Effect.gen(function* () {
    network.unlisten()
    wrote({ type: "apiServer.draining" }, "draining")
    yield* context.gate.close
    for (const session of sessions) session.closeWatches("stopped")
    for (const session of sessions) session.connection.close()
    wrote({ type: "apiServer.stopped" }, "stopped")
  })
  const unready = (): void => {
    network.unlisten()
    wrote({ type: "apiServer.becameUnready" }, "unready")
  }
  return yield* watchHealth(process, etcd, { ready: open, unready }).pipe(Effect.onInterrupt(() => stop))
})
