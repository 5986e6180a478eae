/**
 * What the controller manager promises. That one leads at a time (105) is its elector's promise, leader-election.ts.
 */
import type { Line } from "#model/events.ts"
import { controllers } from "#properties/controllers.ts"
import type { History } from "#properties/history.ts"
import { atOnce, said } from "#properties/order.ts"
import { processOf as processAt, startOf } from "#properties/order/keys.ts"
import { always, leadsTo, sometimes, type Obligation, type Property } from "#properties/property.ts"

const leaseName = "kube-system/kube-controller-manager"
/** An identity is the process's name and a random part. */
const processOf = (holder: string): string => holder.split("_")[0]!

/** 106: who leads has been the committed holder since it started. */
const leadsAsHolder = ({ now, processes }: History) => ({ actor }: Line): string | undefined => {
  // A foreign trace may not tell of processes: then it has run all the time.
  const started = processes.get(actor)?.started ?? 0
  for (const { object, seq } of now.leases.history(leaseName)) {
    if (seq < started) break
    if (object !== undefined && processOf(object.spec.holderIdentity ?? "") === actor) return undefined
  }
  return `${actor} leads and never held the lease`
}

/** A lease of 15 s, an attempt each 2 to 4.4 s, and the start of a process. */
const succession_ms = 120_000 // ASSUMED: with the client's connection given up after 45 s first.

/** 12's pendant for controllers: somebody comes to lead. */
const somebodyLeads = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const running = new Set<string>()
  const leading = new Set<string>()
  /** Since then nobody leads. */
  let last: Pick<Line, "at_ms" | "seq"> = { at_ms: 0, seq: 0 }
  return {
    line: (line) => {
      const { actor, event } = line
      switch (event.type) {
        case "controllerManager.started":
          if (running.size === 0) last = line
          running.add(actor)
          return
        case "controllerManager.led":
          leading.add(actor)
          return
        case "process.crashed":
        case "process.stopped":
          running.delete(event.process)
          if (leading.delete(event.process)) last = line
      }
    },
    open: function*() {
      if (leading.size === 0 && running.size > 0) {
        const { at_ms: since_ms, seq } = last
        yield { entity: "kube-controller-manager", since_ms, seq, within_ms: succession_ms }
      }
    }
  }
}

const ends = ["process.crashed", "process.stopped"]

export const properties: ReadonlyArray<Property> = [
  always("a controller manager leads only after it was committed as the lease's holder", [106], leadsAsHolder,
    ["controllerManager.led"]),
  leadsTo("some controller manager comes to lead", [105], somebodyLeads, ["controllerManager.", ...ends]),
  atOnce({ name: "A controller manager that is started stands by at once, as the incarnation that it is",
    home: processAt,
    first: startOf("controller-manager"),
    second: said("controllerManager.started", ({ incarnation }) => String(incarnation)) }),
  atOnce({ name: "A controller manager leads from the moment that it has the lease",
    first: said("elector.acquired", (_event, { actor, entity }) =>
      actor.startsWith("controller-manager/") ? entity : undefined),
    second: said("controllerManager.led") }),
  ...Object.keys(controllers).map((controller) => atOnce({
    name: `A controller manager that leads starts ${controller} at once, and none that does not lead does`,
    first: said("controllerManager.led", () => controller),
    second: said("controllerManager.controllerStarted", (event) =>
      event.controller === controller ? controller : undefined)
  })),
  sometimes("a second controller manager leads", () => {
    const leaders = new Set<string>()
    return ({ actor }) => leaders.add(actor).size > 1
  }, ["controllerManager.led"])
]
