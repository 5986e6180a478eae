/** What a watch is told before anything has happened. */
import { expect, it } from "vitest"
import type { Event } from "#model/events.ts"
import type { Connection } from "#impl/ports.ts"
import type { ServerFrame } from "#impl/ports/etcd.ts"
import { open, progress, watchStart, type Client, type Hub } from "#impl/etcd/watch.ts"

const made = (revision: number) => {
  const said: Array<Event["type"]> = []
  const sent: Array<ServerFrame> = []
  const connection = { peer: "api-server/0", send: (frame: ServerFrame) => void sent.push(frame) }
  const client: Client = { number: 1, connection: connection as unknown as Connection, watches: new Map() }
  const journal = { wrote: (_chart: string, _entity: string, event: Event) => void said.push(event.type) }
  const store = { revision, compactRevision: 0, history: [] }
  const hub = { store, journal, watchStart, byPrefix: new Map() } as unknown as Hub
  return { client, hub, said, store }
}

it("a watch of the future is told of no progress before its start (etcd-io/etcd#20221)", () => {
  const { client, hub, said, store } = made(5)
  open(hub, client, 1, "/registry/pods/", 9, true)
  progress(hub, client)
  expect(said).toEqual(["etcdWatch.opened"])
  store.revision = 8
  progress(hub, client)
  expect(said).toEqual(["etcdWatch.opened", "etcdWatch.progressed"])
})
