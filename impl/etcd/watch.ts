/**
 * Watches as a member serves them: every change from a revision on, once, in order, a revision in one piece.
 * Spec: model/etcd.ts, chart etcd.watch.
 *
 * A connection takes frames without pushing back, so that a watch is in step with the store from the moment it is
 * opened: there are no slow ("victim") watchers, and a progress notification may speak for each at any time.
 */
import type { EventOf } from "#model/events.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { Connection } from "#impl/ports.ts"
import type { ServerFrame, WatchEvent } from "#impl/ports/etcd.ts"
import type { charts } from "#model/etcd.ts"
import { since, type Revision, type Store } from "#impl/etcd/mvcc.ts"

type WatchState = StateOf<(typeof charts)["etcd.watch"]>

export interface Watch {
  readonly id: number
  readonly entity: string
  readonly prefix: string
  /** The first revision that it is to see. */
  readonly start: number
  readonly client: Client
}
/** One connection. */
export interface Client {
  readonly number: number
  readonly connection: Connection
  readonly watches: Map<number, Watch>
}

/** Where a watch begins: 0 asks for what comes next. What a planted bug replaces. */
export type WatchStart = (requested: number, revision: number) => number
export const watchStart: WatchStart = (requested, revision) => requested === 0 ? revision + 1 : requested

export interface Hub {
  readonly store: Store
  readonly journal: Journal["Service"]
  readonly watchStart: WatchStart
  /** A change looks at each prefix once, however many watch it. */
  readonly byPrefix: Map<string, Set<Watch>>
}

const say = (hub: Hub, watch: Watch, event: EventOf<"etcdWatch">, state: WatchState): void =>
  hub.journal.wrote("etcd.watch", watch.entity, event, state)

const sendTo = (client: Client, frame: ServerFrame): void => client.connection.send(frame, frame.type)

/** Clients demand a leader (WithRequireLeader), as the API server does: without one the watch ends at once. */
export const open = (
  hub: Hub, client: Client, id: number, prefix: string, requested: number, leaderIsKnown: boolean
): void => {
  const start = hub.watchStart(requested, hub.store.revision)
  const watch: Watch = { id, entity: `${client.number}/${id}`, prefix, start, client }
  say(hub, watch, { type: "etcdWatch.opened", client: client.connection.peer, prefix, startRevision: requested,
    revision: hub.store.revision }, "fresh")
  sendTo(client, { type: "watchCreated", id, revision: hub.store.revision })
  if (start < hub.store.compactRevision || !leaderIsKnown) {
    cancel(hub, watch, leaderIsKnown ? "compacted" : "noLeader")
    return
  }
  client.watches.set(id, watch)
  const watches = hub.byPrefix.get(prefix)
  if (watches === undefined) hub.byPrefix.set(prefix, new Set([watch]))
  else watches.add(watch)
  catchUp(hub, watch)
}

const matching = (revision: Revision, prefix: string): ReadonlyArray<WatchEvent> =>
  revision.events.filter((event) => event.kv.key.startsWith(prefix))

const saySent = (hub: Hub, watch: Watch, revision: number, events: ReadonlyArray<WatchEvent>): void =>
  say(hub, watch, { type: "etcdWatch.sent", revision, keys: events.map((event) => event.kv.key) }, "live")

/** History that is already there goes out in one frame. */
const catchUp = (hub: Hub, watch: Watch): void => {
  if (watch.start > hub.store.revision) return
  const all: Array<WatchEvent> = []
  for (const revision of since(hub.store, watch.start)) {
    const events = matching(revision, watch.prefix)
    if (events.length === 0) continue
    saySent(hub, watch, revision.revision, events)
    all.push(...events)
  }
  if (all.length === 0) return
  sendTo(watch.client, { type: "watchEvents", id: watch.id, revision: hub.store.revision, events: all })
}

export const notify = (hub: Hub, revision: Revision): void => {
  for (const [prefix, watches] of hub.byPrefix) {
    const events = matching(revision, prefix)
    if (events.length === 0) continue
    for (const watch of watches) {
      if (watch.start > revision.revision) continue
      saySent(hub, watch, revision.revision, events)
      sendTo(watch.client, { type: "watchEvents", id: watch.id, revision: revision.revision, events })
    }
  }
}

export const progress = (hub: Hub, client: Client): void => {
  const revision = hub.store.revision
  for (const watch of client.watches.values()) {
    // A watch of the future was told when it began that it has seen more than this member has (etcd-io/etcd#20221).
    if (revision < watch.start - 1) continue
    say(hub, watch, { type: "etcdWatch.progressed", revision }, "live")
    sendTo(client, { type: "watchEvents", id: watch.id, revision, events: [] })
  }
}

const forget = (hub: Hub, watch: Watch): void => {
  watch.client.watches.delete(watch.id)
  const watches = hub.byPrefix.get(watch.prefix)
  watches?.delete(watch)
  if (watches?.size === 0) hub.byPrefix.delete(watch.prefix)
}

const cancel = (hub: Hub, watch: Watch, reason: "compacted" | "noLeader"): void => {
  forget(hub, watch)
  const { compactRevision } = hub.store
  say(hub, watch, { type: "etcdWatch.canceled", reason, compactRevision }, "canceled")
  sendTo(watch.client, { type: "watchCanceled", id: watch.id, reason, compactRevision })
}

/** A member that has had no leader for long may be cut off: who watches it must not go on believing it. */
export const cancelAll = (hub: Hub): void => {
  for (const watches of hub.byPrefix.values()) for (const watch of watches) cancel(hub, watch, "noLeader")
}

export const close = (hub: Hub, client: Client, id: number, answer: boolean): void => {
  const watch = client.watches.get(id)
  if (watch === undefined) return
  forget(hub, watch)
  say(hub, watch, { type: "etcdWatch.closed" }, "closed")
  if (answer) sendTo(client, { type: "watchCanceled", id, reason: "closed", compactRevision: 0 })
}

export const closeAll = (hub: Hub, client: Client): void => {
  for (const id of client.watches.keys()) close(hub, client, id, false)
}
