/** What goes before what in an API server: its start, its caches, what it is asked and what it asks of etcd. */
import { requestTimeout_ms } from "#model/limits.ts"
import { resources } from "#model/kinds.ts"
import { after, atOnce, inTime, said } from "#properties/order.ts"
import { anywhere, clockLeeway, itself, processOf } from "#properties/order/keys.ts"
import { always, ours, type Property } from "#properties/property.ts"

/** Kept by hand: what etcd answers is half of a run's lines. */
const answersFollowEtcd = ours(always("An API server answers a write with what etcd has just told it", [],
  () => {
    const heard_ms = new Map<string, number>()
    /** Paused in the midst of that instant: it stands still. */
    const held = new Set<string>()
    return ({ actor, at_ms, entity, event }) => {
      if (event.type === "process.paused") {
        if (heard_ms.get(event.process) === at_ms) held.add(event.process)
      } else if (event.type === "process.resumed") {
        if (held.delete(event.process)) heard_ms.set(event.process, at_ms)
      } else if (event.type === "kv.returned") heard_ms.set(actor, at_ms)
      else if (heard_ms.get(actor) !== at_ms) {
        return `${actor} says ${event.type} of ${entity}, and etcd had told it nothing in that instant`
      }
      return undefined
    }
  }, ["kv.returned", "write.done", "write.refused", "write.outcomeUnknown", "process.paused", "process.resumed"]))

const conditional = (verb: string): boolean => verb === "update" || verb === "patch" || verb === "delete"
const isTold = (resource: string): boolean => resource !== "leases"
/** One world's whole traffic is one home: a server does not name the process that asked, only its agent. */
const askedBeforeServed = after({
  name: "An API server serves a write that a client has sent, and serves it once", home: anywhere, spends: true,
  stays: true,
  first: said("request.sent", ({ key, resource, verb }) =>
    conditional(verb) && isTold(resource) ? `${verb} /registry/${resource}/${key}` : undefined),
  second: said("write.requested", ({ key, resource, verb }) => isTold(resource) ? `${verb} ${key}` : undefined)
})

/** "<process>#<incarnation>.<number>". */
const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf(".") + 1))
const numbersRise = always("What is asked of etcd is numbered in turn, from the start of the process on", [],
  () => {
    const last = new Map<string, number>()
    return ({ actor, event }) => {
      if (event.type === "process.crashed" || event.type === "process.stopped") last.delete(event.process)
      if (event.type !== "kv.invoked") return undefined
      const number = numberOf(event.id)
      const before = last.get(actor) ?? 0
      last.set(actor, number)
      return number > before ? undefined : `${actor} asks ${event.id} after number ${before}`
    }
  }, ["kv.invoked", "process.crashed", "process.stopped"])

const bound = (): number => requestTimeout_ms * clockLeeway
const answersInTime: ReadonlyArray<Property> = [
  inTime({ name: "An API server ends each write that it has begun", within_ms: bound, first: said("write.requested"),
    second: { ...said("write.done"), ...said("write.refused"), ...said("write.outcomeUnknown") } }),
  inTime({ name: "An API server ends each list that it has begun", within_ms: bound, first: said("read.requested"),
    second: { ...said("read.served"), ...said("read.refused") } }),
  inTime({ name: "What was asked of etcd is answered or given up", within_ms: bound, first: said("kv.invoked"),
    second: said("kv.returned") })
]

export const order: ReadonlyArray<Property> = [
  atOnce({ name: "An API server begins when its process is started", home: processOf,
    first: said("process.started", ({ process }) => process.startsWith("api-server/") ? process : undefined),
    second: said("apiServer.started") }),
  atOnce({ name: "An API server acts on a write as soon as it has arrived", onlyForth: true,
    first: said("write.requested", ({ key }) => key), second: said("kv.invoked", ({ key }) => key) }),
  after({ name: "An API server's watch caches are filled after it was started",
    first: said("apiServer.started", itself),
    second: { ...said("watchCache.initialised", itself), ...said("watchCache.resumed", itself) } }),
  ...resources.map((resource) => after({
    name: `An API server is ready only when its cache of ${resource} has been filled`,
    first: said("watchCache.initialised", (_event, { entity }) => entity === resource ? entity : undefined),
    second: said("apiServer.becameReady", () => resource)
  })),
  after({ name: "An API server that has not been ready serves nobody",
    first: said("apiServer.becameReady", itself),
    second: { ...said("serverWatch.opened", itself), ...said("serverWatch.refused", itself),
      ...said("read.requested", itself), ...said("write.requested", itself) } }),
  answersFollowEtcd, askedBeforeServed, numbersRise, ...answersInTime
]
