/**
 * api-server.instance: one server process.
 *
 * States: off, starting, ready, stopped (initial: off).
 * Time:   none; it is ready when its caches are, however long etcd takes.
 * Errors: a crash is the machine's process.crashed.
 * Source: reference 3.1, 12.3; apiserver server/config.go (post-start hooks gate /readyz), v1.36.
 */
import { setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"

export const instance = setup({
  types: { events: {} as Judged<EventOf<"apiServer">> },
  guards: { isItself: ({ event }) => event.entity === event.actor }
}).createMachine({
  id: "instance",
  initial: "off",
  states: {
    off: {
      description: "Does not run.",
      on: { "apiServer.started": { guard: "isItself", target: "starting" } }
    },
    starting: {
      description: "Connects to etcd and fills its watch caches; nobody is listened to.",
      on: { "apiServer.becameReady": "ready" }
    },
    ready: { description: "Listens.", on: { "apiServer.stopped": "stopped" } },
    stopped: { description: "Told to stop; has closed its watches and ends.", type: "final", tags: "gone" }
  }
})
