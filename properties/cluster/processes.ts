/** Only what runs speaks. */
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

export const properties: ReadonlyArray<Property> = [onlyWhatRunsSpeaks]
