/** Only what runs speaks; and who was asked says that it was asked. */
import { after, said } from "#properties/order.ts"
import { always, type Property } from "#properties/property.ts"

/** Machines, the history and the world speak without a process of that name. */
const hasProcess = (actor: string): boolean =>
  actor.includes("/") && !actor.startsWith("machine/")

const onlyWhatRunsSpeaks = always("A process that does not run, or holds still, says nothing", [],
  () => {
    const running = new Set<string>()
    return ({ actor, event }) => {
      switch (event.type) {
        case "process.started":
        case "process.resumed":
          running.add(event.process)
          return undefined
        case "process.crashed":
        case "process.stopped":
        case "process.paused":
          running.delete(event.process)
          return undefined
        default:
          return running.has(actor) || !hasProcess(actor) ? undefined : `${actor} says ${event.type} and does not run`
      }
    }
  })

/** One world's whole traffic is one home: a server does not name the process that asked, only its agent. */
const anywhere = (): string => ""
const conditional = (verb: string): boolean => verb === "update" || verb === "patch" || verb === "delete"
const isTold = (resource: string): boolean => resource !== "leases"
const askedBeforeServed = after({
  name: "An API server serves a write that a client has sent, and serves it once", home: anywhere, spends: true,
  stays: true,
  first: said("request.sent", ({ key, resource, verb }) =>
    conditional(verb) && isTold(resource) ? `${verb} /registry/${resource}/${key}` : undefined),
  second: said("write.requested", ({ key, resource, verb }) => isTold(resource) ? `${verb} ${key}` : undefined)
})

export const properties: ReadonlyArray<Property> = [onlyWhatRunsSpeaks, askedBeforeServed]
