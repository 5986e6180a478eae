/** What goes before what on a machine: pods worked on, sandboxes made, containers run, and the kubelet told of it. */
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"
import { after, atOnce, said } from "#properties/order.ts"
import { always, type Property } from "#properties/property.ts"

/** Kubelet and runtime of one node are one home. */
const nodeOf = ({ actor }: Line): string => actor.slice(actor.indexOf("/") + 1)
const itself = (_event: object, line: Line): string => line.actor
const podOf = ({ podUid }: { readonly podUid: string }): string => podUid

/** The machine's memory is gone, and with it what its disk did not yet hold: the last records may be lost. */
const memoryLost = ["machine.powerLost", "machine.panicked", "machine.reset"] as const
const losesMemory = (type: string): boolean => (memoryLost as ReadonlyArray<string>).includes(type)

interface Attempts {
  last: number
  /** What of it is left for certain. */
  least: number
  /** Its record is on the disk for certain: of a sandbox in which a container was made, of a container that started. */
  durable: number
}

/**
 * Attempts count from 0, without a gap that a later one fills: sandboxes of a pod, containers of a name in it. The
 * kubelet counts on from the newest record (kuberuntime_manager.go computePodActions): one that was lost with the
 * machine's memory gives its number to the next.
 */
const attemptsRise = always("Attempts of a pod's sandboxes and containers on a machine count upwards", [],
  () => {
    const known = new Map<string, Attempts>()
    const ofSandbox = new Map<string, string>()
    const ofMachine = (machine: string) => [...known].filter(([of]) => of.startsWith(`container-runtime/${machine} `))
    const attemptsOf = (of: string): Attempts => {
      let attempts = known.get(of)
      if (attempts === undefined) known.set(of, attempts = { last: -1, least: -1, durable: -1 })
      return attempts
    }
    return ({ actor, entity, event }) => {
      switch (event.type) {
        case "machine.diskReplaced":
          for (const [of] of ofMachine(entity)) known.delete(of)
          return undefined
        case "machine.powerLost":
        case "machine.panicked":
        case "machine.reset":
          for (const [, attempts] of ofMachine(entity)) attempts.least = attempts.durable
          return undefined
        case "container.started":
          attemptsOf(`${actor} ${event.podUid}/${event.name}`).durable = event.attempt
          return undefined
        case "sandbox.created":
        case "container.created": {
          const isSandbox = event.type === "sandbox.created"
          const of = `${actor} ${event.podUid}${isSandbox ? "" : `/${event.name}`}`
          const attempts = attemptsOf(of)
          const { last, least } = attempts
          attempts.last = attempts.least = event.attempt
          if (isSandbox) ofSandbox.set(entity, of)
          else {
            const sandbox = attemptsOf(ofSandbox.get(event.sandbox) ?? "")
            sandbox.durable = sandbox.last
          }
          if (event.attempt <= least) return `${of} made attempt ${event.attempt} after ${least}`
          return isSandbox && event.attempt > last + 1
            ? `${of} made attempt ${event.attempt} of its sandbox after ${last}` : undefined
        }
        default:
          return undefined
      }
    }
  }, ["sandbox.created", "container.created", "container.started", "machine.diskReplaced", ...memoryLost])

/** Nothing of a pod is up when its kubelet says that it has ended. */
const terminatedIsDown = always("A pod has ended on its node only when none of its sandboxes is up", [],
  () => {
    const up = new Map<string, Set<string>>()
    return (line) => {
      const { entity, event } = line
      // A network namespace is memory; its record may be gone with it, and then nobody tells that it was stopped.
      if (event.type === "machine.diskReplaced" || losesMemory(event.type)) {
        for (const of of up.keys()) if (of.startsWith(`${entity} `)) up.delete(of)
        return undefined
      }
      if (event.type === "podWorker.terminated") {
        const [left] = up.get(`${nodeOf(line)} ${entity}`) ?? []
        return left === undefined ? undefined : `${entity} has ended on ${nodeOf(line)} while sandbox ${left} is up`
      }
      if (event.type !== "sandbox.created" && event.type !== "sandbox.stopped") return undefined
      const of = `${nodeOf(line)} ${event.podUid}`
      if (event.type === "sandbox.created") up.set(of, (up.get(of) ?? new Set()).add(entity))
      else up.get(of)?.delete(entity)
      return undefined
    }
  }, ["sandbox.created", "sandbox.stopped", "podWorker.terminated", "machine.diskReplaced", ...memoryLost])

const sandboxIsEmpty = always("A sandbox is taken away after the containers in it", [],
  () => {
    const inside = new Map<string, Set<string>>()
    const homeOf = new Map<string, { readonly sandbox: string; readonly actor: string }>()
    const running = new Set<string>()
    const put = (container: string): void => {
      const home = homeOf.get(container)
      if (home !== undefined) inside.set(home.sandbox, (inside.get(home.sandbox) ?? new Set()).add(container))
    }
    /**
     * A removal that was on its way to the disk is done, and never told; with the machine's memory a creation may be
     * lost as well. Those who are still there are known once they are spoken of. What has started is on the disk, and
     * nobody removes it before its end was told.
     */
    const forget = (actor: string): void => {
      for (const [container, home] of homeOf) {
        if (home.actor === actor && !running.has(container)) inside.get(home.sandbox)?.delete(container)
      }
    }
    return ({ actor, entity, event }) => {
      if (losesMemory(event.type)) {
        forget(`container-runtime/${entity}`)
        return undefined
      }
      switch (event.type) {
        case "process.crashed":
        case "process.stopped":
          if (event.process.startsWith("container-runtime/")) forget(event.process)
          return undefined
        case "container.created":
          homeOf.set(entity, { sandbox: event.sandbox, actor })
          put(entity)
          return undefined
        case "container.started":
          running.add(entity)
          put(entity)
          return undefined
        case "container.exited":
          running.delete(entity)
          put(entity)
          return undefined
        case "container.removed":
          inside.get(homeOf.get(entity)?.sandbox ?? "")?.delete(entity)
          homeOf.delete(entity)
          return undefined
        case "sandbox.removed": {
          const [left] = inside.get(entity) ?? []
          return left === undefined ? undefined : `sandbox ${entity} is taken away while container ${left} is in it`
        }
        default:
          return undefined
      }
    }
  }, ["container.created", "container.started", "container.exited", "container.removed", "sandbox.removed",
    "process.crashed", "process.stopped", ...memoryLost])

/** A pull that the end of its process cut off may have been recorded, and is never told. */
const imagesArePulled = always("A container is made only of an image that has been pulled", [],
  () => {
    const pulls = new Map<string, { readonly done: Set<string>; readonly underWay: Set<string> }>()
    return ({ actor, entity, event }) => {
      if (event.type === "machine.diskReplaced") {
        pulls.delete(`container-runtime/${entity}`)
        return undefined
      }
      if (event.type === "process.crashed" || event.type === "process.stopped") {
        const cutOff = pulls.get(event.process)
        for (const image of cutOff?.underWay ?? []) cutOff!.done.add(image)
        cutOff?.underWay.clear()
        return undefined
      }
      let mine = pulls.get(actor)
      if (mine === undefined) pulls.set(actor, mine = { done: new Set(), underWay: new Set() })
      if (event.type === "image.pullBegan") mine.underWay.add(entity)
      else if (event.type === "image.pullFailed") mine.underWay.delete(entity)
      else if (event.type === "image.pulled") {
        mine.underWay.delete(entity)
        mine.done.add(entity)
      } else if (event.type === "container.created" && !mine.done.has(event.image)) {
        return `${actor} makes ${entity} of ${event.image}, which it did not pull`
      }
      return undefined
    }
  }, ["image.", "container.created", "process.crashed", "process.stopped", "machine.diskReplaced"])

/** Hardware changes when the world's faults strike and when they end, each change for one of them. */
const machineOf = ({ fault }: { readonly fault: Fault }): string | undefined =>
  "machine" in fault ? fault.machine : undefined
const hardware = atOnce({ name: "A machine's parts fail and heal only with a fault of that machine", home: () => "",
  onlyBack: true,
  first: { ...said("fault.injected", machineOf), ...said("fault.ended", machineOf) },
  second: { ...said("machine.diskChanged"), ...said("machine.nicChanged"), ...said("machine.pressureChanged"),
    ...said("machine.clockJumped"), ...said("machine.clockRateChanged") } })

export const properties: ReadonlyArray<Property> = [
  attemptsRise, terminatedIsDown, sandboxIsEmpty, imagesArePulled, hardware,
  after({ name: "A kubelet works on no pod before it knows the pods bound to its node and the sandboxes on it",
    first: said("kubelet.synced", itself),
    second: { ...said("podWorker.started", itself), ...said("podWorker.rejected", itself),
      ...said("podWorker.terminating", itself), ...said("containerStatus.found", itself) } }),
  after({ name: "A sandbox is made only for a pod that the node's kubelet has admitted", home: nodeOf, stays: true,
    first: said("podWorker.started"), second: said("sandbox.created", podOf) }),
  after({ name: "A sandbox is stopped and taken away for the pod for which it was made", stays: true,
    first: said("sandbox.created", ({ podUid }, { entity }) => `${entity} of ${podUid}`),
    second: { ...said("sandbox.stopped", ({ podUid }, { entity }) => `${entity} of ${podUid}`),
      ...said("sandbox.removed", ({ podUid }, { entity }) => `${entity} of ${podUid}`) } }),
  after({ name: "A container is what it was made as for as long as it is there", stays: true,
    first: said("container.created", ({ podUid }, { entity }) => `${entity} of ${podUid}`),
    second: { ...said("container.started", ({ podUid }, { entity }) => `${entity} of ${podUid}`),
      ...said("container.stopping", ({ podUid }, { entity }) => `${entity} of ${podUid}`),
      ...said("container.killed", ({ podUid }, { entity }) => `${entity} of ${podUid}`),
      ...said("container.exited", ({ podUid }, { entity }) => `${entity} of ${podUid}`),
      ...said("container.removed", ({ podUid }, { entity }) => `${entity} of ${podUid}`) } }),
  after({ name: "A container is made only in a sandbox of its pod that is up", stays: true,
    first: said("sandbox.created", ({ podUid }, { entity }) => `${entity} of ${podUid}`),
    until: said("sandbox.stopped", ({ podUid }, { entity }) => `${entity} of ${podUid}`),
    second: said("container.created", ({ podUid, sandbox }) => `${sandbox} of ${podUid}`) }),
  after({ name: "A started container is one that was made, with the same name and attempt", stays: true, spends: true,
    first: said("container.created", ({ attempt, name }, { entity }) => `${entity} ${name} ${attempt}`),
    second: said("container.started", ({ attempt, name }, { entity }) => `${entity} ${name} ${attempt}`) }),
  after({ name: "A kubelet tells of a start that the runtime made, once, with the runtime's count", home: nodeOf,
    spends: true, stays: true,
    first: said("container.started", ({ attempt, name, podUid }, { entity }) =>
      `${podUid}/${name} ${entity} ${attempt}`),
    second: said("containerStatus.started", ({ id, restartCount }, { entity }) => `${entity} ${id} ${restartCount}`) }),
  after({ name: "A kubelet tells of an end as the runtime recorded it, once", home: nodeOf, spends: true, stays: true,
    first: said("container.exited", ({ exitCode, finished_ms }, { entity }) => `${entity} ${exitCode} ${finished_ms}`),
    second: said("containerStatus.exited", ({ exitCode, finished_ms, id }) => `${id} ${exitCode} ${finished_ms}`) })
]
