/** Small scopes for the tests of the search: a lock with clients, with and without a fault that breaks it. */
import { assign, setup } from "xstate"
import type { Channel, Component, EventValue, Scope } from "#model/cluster/scope.ts"
import { lease } from "#properties/harness/judge/test-charts.ts"

const server = setup({
  types: { context: {} as { owner: string; epoch: number }, events: {} as any },
  guards: { isFreeOrMine: ({ context, event }) => context.owner === "" || context.owner === event.by,
    isOwner: ({ context, event }) => context.owner === event.by },
  actions: { own: assign({ owner: ({ event }) => event.by }),
    free: assign({ owner: "", epoch: ({ context }) => context.epoch + 1 }) }
}).createMachine({
  id: "server", initial: "up", context: { owner: "", epoch: 0 },
  states: { up: { on: {
    "lock.asked": { guard: "isFreeOrMine", actions: "own" },
    "lock.returned": { guard: "isOwner", actions: "free" },
    "lock.expired": { guard: "isOwner", actions: "free" } } } }
})

const client = setup({ types: { events: {} as any } }).createMachine({
  id: "client", initial: "idle",
  states: {
    idle: { on: { "client.asked": "asking" } },
    asking: { on: { "lock.granted": "holding", "client.asked": "asking" } },
    holding: { on: { "client.returned": "idle" } }
  }
})

const clients = ["c1", "c2", "c3"]
export interface LockOptions {
  readonly clients: 1 | 2 | 3
  readonly losses?: number
  readonly duplicates?: number
  /** The server forgets a holder that it has not heard from: unsound without fencing. */
  readonly expires?: boolean
  readonly retries?: boolean
  /** How often the lock may be freed; without it nobody counts. */
  readonly epochs?: number
  readonly full?: "dropped"
  /** Requests may overtake each other. */
  readonly reorders?: boolean
  readonly crashes?: number
}

export const lock = (options: LockOptions): Scope => {
  const names = clients.slice(0, options.clients)
  const full = options.full ?? "cut"
  const asks = (by: string): Channel => ({ from: by, to: "server", lossy: true, capacity: 2, full,
    kind: options.reorders === true ? "datagram" : "stream",
    sends: { "client.asked": () => ({ type: "lock.asked", by }),
      "client.returned": () => ({ type: "lock.returned", by }) } })
  const grants = (to: string): Channel => ({ from: "server", to, kind: "datagram", lossy: true, capacity: 2, full,
    sends: { "lock.asked": ({ event }) => event["by"] === to ? { type: "lock.granted" } : undefined } })
  const component: Component = { chart: client, does: ({ state }) => [
    ...state === "idle" ? [{ event: { type: "client.asked" } }] : [],
    ...state === "asking" && options.retries === true ? [{ event: { type: "client.asked" } }] : [],
    ...state === "holding" ? [{ event: { type: "client.returned" } }] : []] }
  return {
    name: "lock", says: "a lock server and its clients over a lossy network",
    components: {
      server: { chart: server as never, within: ({ context }) => context.epoch <= (options.epochs ?? 0),
        canonical: (context) => options.epochs === undefined ? { ...context, epoch: 0 } : context,
        does: ({ context }) => options.expires === true && context.owner !== ""
          ? [{ event: { type: "lock.expired", by: context.owner } }] : [] },
      ...Object.fromEntries(names.map((name) => [name, component]))
    },
    channels: Object.fromEntries(names.flatMap((name) =>
      [[`asks of ${name}`, asks(name)], [`grants to ${name}`, grants(name)]])),
    faults: { losses: options.losses ?? 0, duplicates: options.duplicates ?? 0,
      crashes: options.crashes === undefined ? {} : { "client 1": { of: ["c1"], times: options.crashes } } },
    always: { "at most one client holds the lock": (at) =>
      names.filter((name) => at(name).state === "holding").length <= 1 },
    sometimes: { "a client holds the lock": (at) => at("c1").state === "holding" },
    leadsTo: { "a client that asks comes to hold the lock": {
      from: (at) => at("c1").state === "asking", to: (at) => at("c1").state === "holding" } }
  }
}

/** One holder that may renew and others that may take over, in shared time. */
export const leases = (names: ReadonlyArray<string>): Scope => {
  const taken = (by: string): EventValue => ({ type: "lease.taken", by })
  return {
    name: "leases", says: "a lease that passes on only when it has expired",
    components: { lease: { chart: lease as never, limits: { duration_ms: 3_000 }, instants: ["at_ms"],
      horizon_ms: 3_000,
      does: ({ context }) => [...names.map((by) => ({ event: taken(by), fair: false })),
        { event: { type: "lease.renewed", by: context.holder }, fair: false }] } },
    channels: {}, ticks_ms: [1_000], always: {},
    sometimes: Object.fromEntries(names.map((by) => [`${by} holds it`, (at) => at("lease").context.holder === by]))
  }
}
