/** What the controller manager promises. */
import type { Line } from "#model/events.ts"
import type { Lease } from "#model/objects.ts"
import { always, leadsTo, sometimes, type Obligation, type Property } from "#properties/property.ts"

const leaseKey = "/registry/leases/kube-system/kube-controller-manager"
/** An identity is the process's name and a random part. */
const processOf = (holder: string): string => holder.split("_")[0]!

/** 106: who leads has been the committed holder since it started. */
const leadsAsHolder = (): (line: Line) => string | undefined => {
  const held = new Set<string>()
  return ({ actor, event }) => {
    switch (event.type) {
      case "object.created":
      case "object.updated":
        if (event.key === leaseKey) held.add(processOf((event.object as Lease).spec.holderIdentity ?? ""))
        return undefined
      case "process.crashed":
      case "process.stopped":
        held.delete(event.process)
        return undefined
      case "controllerManager.led":
        return held.has(actor) ? undefined : `${actor} leads and never held the lease`
      default:
        return undefined
    }
  }
}

/** How long ago a pause or a wrong clock may still explain two leaders. */
const aftermath_ms = 60_000 // ASSUMED: four lease durations.

/**
 * What an answer may take: the one who asks counts its renewDeadline (10 s, and a retry of 2 s) from the answer, all
 * others the leaseDuration (15 s) from the write. Slower is as if it had been paused in between.
 */
const slowAnswer_ms = 3_000

/** 105: two lead at once only if a process was paused after its check, or clock rates differ by more than 1.5. */
const oneLeads = (): (line: Line) => string | undefined => {
  const leading = new Set<string>()
  const paused = new Set<string>()
  let wrongRates = 0
  let excusedUntil_ms = 0
  return ({ actor, at_ms, event }) => {
    switch (event.type) {
      case "process.paused":
        paused.add(event.process)
        return undefined
      case "process.resumed":
        if (paused.delete(event.process)) excusedUntil_ms = at_ms + aftermath_ms
        return undefined
      case "fault.injected":
        if (event.fault.type === "clock.rate" && Math.abs(event.fault.rate - 1) > 0.15) wrongRates++
        return undefined
      case "fault.ended":
        if (event.fault.type === "clock.rate" && Math.abs(event.fault.rate - 1) > 0.15) {
          wrongRates--
          excusedUntil_ms = at_ms + aftermath_ms
        }
        return undefined
      case "process.crashed":
      case "process.stopped":
        leading.delete(event.process)
        paused.delete(event.process)
        return undefined
      case "elector.acquired":
      case "elector.renewed":
        if (actor.startsWith("controller-manager/") && event.took_ms >= slowAnswer_ms) excusedUntil_ms = at_ms + aftermath_ms
        return undefined
      case "elector.stopped":
        // It was told to stop, and has: what is left to do is to give the lease back and hear that it is taken.
        leading.delete(actor)
        return undefined
      case "controllerManager.led": {
        const others = [...leading].filter((other) => other !== actor && !paused.has(other))
        leading.add(actor)
        return others.length === 0 || wrongRates > 0 || at_ms < excusedUntil_ms ? undefined
          : `${actor} leads while ${others.join(" and ")} still does`
      }
      default:
        return undefined
    }
  }
}

/** A lease of 15 s, an attempt each 2 to 4.4 s, and the start of a process. */
const succession_ms = 120_000 // ASSUMED: with the client's connection given up after 45 s first.

/** 12's pendant for controllers: somebody comes to lead. */
const somebodyLeads = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const running = new Set<string>()
  const leading = new Set<string>()
  let since_ms = 0
  return {
    line: ({ actor, at_ms, event }) => {
      switch (event.type) {
        case "controllerManager.started":
          if (running.size === 0) since_ms = at_ms
          running.add(actor)
          return
        case "controllerManager.led":
          leading.add(actor)
          return
        case "process.crashed":
        case "process.stopped":
          running.delete(event.process)
          if (leading.delete(event.process)) since_ms = at_ms
      }
    },
    open: function*() {
      if (leading.size === 0 && running.size > 0) {
        yield { entity: "kube-controller-manager", since_ms, within_ms: succession_ms }
      }
    }
  }
}

const ends = ["process.crashed", "process.stopped"]

export const properties: ReadonlyArray<Property> = [
  always("a controller manager leads only after it was committed as the lease's holder", [106], leadsAsHolder,
    ["object.", "controllerManager.led", ...ends]),
  always("one controller manager leads at a time", [105], oneLeads,
    ["controllerManager.led", "elector.", "fault.", "process."]),
  leadsTo("some controller manager comes to lead", [105], somebodyLeads, ["controllerManager.", ...ends]),
  sometimes("a second controller manager leads", () => {
    const leaders = new Set<string>()
    return ({ actor }) => leaders.add(actor).size > 1
  }, ["controllerManager.led"])
]
