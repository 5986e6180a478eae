/**
 * kubelet/graces: a grace is not outlived: once a kubelet has been shown that a pod is being deleted, nothing of it
 * runs any more when its grace is over; a shorter one counts from when it was shown. A new kubelet lists anew, and
 * grants the grace anew. That it is not cut short is promised in container-runtime.ts.
 *
 * What the deletion grants is committed, what the kubelet knows its informer shows, what runs the machine knows. Legal
 * exceptions: whoever has to act ended, was frozen or slow: its time counts anew from when that was over.
 * Stricter than upstream in one thing: there a stop under way keeps its grace when a shorter one is shown (the context
 * that UpdatePod cancels is not handed on by SyncTerminatingPod, TODO 113606).
 * Source: SyncTerminatingPod in pkg/kubelet/kubelet.go, pod_workers.go calculateEffectiveGracePeriod, v1.36.
 */
import { runtimeRequestTimeout_ms, stopGrace_min_s, syncErrorBackOff_ms } from "#model/limits/kubelet.ts"
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"
import type { History } from "#properties/history.ts"
import { machineOf } from "#properties/kubelet/facts.ts"
import { Clocks } from "#properties/leader-election/clocks.ts"
import { always, type Property } from "#properties/property.ts"

/** What is told of the informer comes late; an operation under way ends first. */
const slack_ms = 10_000 // ASSUMED
/** A call that failed is made again, and one that a slow runtime took is not given up before its time. */
const recovers_ms = 2 * syncErrorBackOff_ms + runtimeRequestTimeout_ms + slack_ms

interface Stop {
  readonly uid: string
  readonly kubelet: string
  grace_ms: number
  since_ms: number
  slack_ms: number
}

/** Whether the machine, or a process on it that has to act, is in trouble now. */
class Trouble {
  readonly #faults = new Map<string, Set<number>>()
  readonly #frozen = new Set<string>()

  /** The machine that the line concerns, if its trouble begins or ends with it. */
  hear({ actor, event }: Line): string | undefined {
    switch (event.type) {
      case "process.paused":
      case "process.resumed":
      case "process.crashed":
      case "process.stopped":
      case "process.started": {
        if (!/^(kubelet|container-runtime)\//.test(event.process)) return undefined
        if (event.type === "process.resumed" || event.type === "process.started") this.#frozen.delete(event.process)
        else this.#frozen.add(event.process)
        return machineOf(event.process)
      }
      case "machine.diskChanged":
        return this.#fault(machineOf(actor), -1, event.disk !== "ok")
      case "fault.injected":
      case "fault.ended":
        return this.#told(event.fault, event.type === "fault.injected")
      default:
        return undefined
    }
  }
  #told(fault: Fault, begins: boolean): string | undefined {
    return fault.type === "runtime.slow" ? this.#fault(fault.machine, fault.id, begins) : undefined
  }
  #fault(machine: string, id: number, begins: boolean): string {
    let faults = this.#faults.get(machine)
    if (faults === undefined) this.#faults.set(machine, faults = new Set())
    if (begins) faults.add(id)
    else faults.delete(id)
    return machine
  }
  isIn(machine: string): boolean {
    return (this.#faults.get(machine)?.size ?? 0) > 0 || this.#frozen.has(`kubelet/${machine}`)
      || this.#frozen.has(`container-runtime/${machine}`)
  }
}

class Stops {
  readonly #history: History
  readonly #clocks = new Clocks()
  readonly #trouble = new Trouble()
  /** By uid. */
  readonly #open = new Map<string, Stop>()

  constructor(history: History) {
    this.#history = history
  }

  line(line: Line): string | undefined {
    const { actor, at_ms, entity, event } = line
    const late = this.#late(at_ms)
    this.#clocks.hear(line)
    const troubled = this.#trouble.hear(line)
    if (troubled !== undefined) {
      for (const stop of this.#open.values()) {
        if (machineOf(stop.kubelet) !== troubled) continue
        stop.since_ms = at_ms
        stop.slack_ms = recovers_ms
      }
    }
    if (event.type === "process.started") this.#forget(event.process)
    else if (event.type === "process.stopped" || event.type === "process.crashed") this.#forget(event.process)
    else if (event.type === "reflector.listed" || event.type === "reflector.reported") {
      if (entity.startsWith("pods?")) this.#shown(actor, event.resourceVersion, at_ms)
    }
    return late
  }

  #shown(kubelet: string, revision: number, at_ms: number): void {
    const machine = machineOf(kubelet)
    for (const { metadata } of this.#history.at(revision).pods.by("node", machine)) {
      const { deletionGracePeriodSeconds = 0, deletionTimestamp, uid } = metadata
      if (deletionTimestamp === undefined || !this.#runs(uid, machine)) continue
      const grace_ms = Math.max(stopGrace_min_s, deletionGracePeriodSeconds) * 1_000
      const known = this.#open.get(uid)
      if (known !== undefined && known.grace_ms <= grace_ms) continue
      const isTroubled = known !== undefined && known.slack_ms > slack_ms
      this.#open.set(uid, { uid, kubelet, grace_ms, since_ms: at_ms, slack_ms: isTroubled ? recovers_ms : slack_ms })
    }
  }
  #runs(uid: string, machine: string): boolean {
    return this.#history.containers.ofUid(uid).some(({ node }) => node === machine)
  }
  #forget(process: string): void {
    for (const [uid, { kubelet }] of this.#open) if (kubelet === process) this.#open.delete(uid)
  }

  #late(at_ms: number): string | undefined {
    for (const [uid, { grace_ms, kubelet, since_ms, slack_ms: slack }] of this.#open) {
      const rate = this.#clocks.ratesSince(kubelet, since_ms).min
      if (at_ms <= since_ms + (grace_ms + slack) / rate) continue
      const machine = machineOf(kubelet)
      if (this.#trouble.isIn(machine)) continue
      this.#open.delete(uid)
      if (!this.#runs(uid, machine)) continue
      return `${uid} still runs on ${machine} at ${at_ms} ms; its grace of ${grace_ms} ms counts since ` +
        `${Math.round(since_ms)} ms`
    }
    return undefined
  }
}

export const graces: ReadonlyArray<Property> = [
  always("no container outlives the grace of its pod once the kubelet was shown the deletion", [46, 47], (history) => {
    const stops = new Stops(history)
    return (line) => stops.line(line)
  }, ["reflector.listed", "reflector.reported", "container.", "podWorker.", "process.", "machine.", "fault."])
]
