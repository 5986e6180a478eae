/** What goes before what on a machine: pods admitted, sandboxes made, images pulled, containers run. */
import type { Line } from "#model/events.ts"
import { after, said } from "#properties/order.ts"
import { nodeOf } from "#properties/order/keys.ts"
import { memoryLost } from "#properties/kubelet/facts.ts"
import { always, type Property } from "#properties/property.ts"

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
      if (memoryLost.includes(event.type)) {
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

const ofPod = ({ podUid }: { readonly podUid: string }, { entity }: Line): string => `${entity} of ${podUid}`

export const order: ReadonlyArray<Property> = [
  attemptsRise, sandboxIsEmpty, imagesArePulled,
  after({ name: "A sandbox is made only for a pod that the node's kubelet has admitted", home: nodeOf, stays: true,
    first: said("podWorker.started"), second: said("sandbox.created", ({ podUid }) => podUid) }),
  after({ name: "A sandbox is stopped and taken away for the pod for which it was made", stays: true,
    first: said("sandbox.created", ofPod),
    second: { ...said("sandbox.stopped", ofPod), ...said("sandbox.removed", ofPod) } }),
  after({ name: "A container is what it was made as for as long as it is there", stays: true,
    first: said("container.created", ofPod),
    second: { ...said("container.started", ofPod), ...said("container.stopping", ofPod),
      ...said("container.killed", ofPod), ...said("container.exited", ofPod), ...said("container.removed", ofPod) } }),
  after({ name: "A container is made only in a sandbox of its pod that is up", stays: true,
    first: said("sandbox.created", ofPod),
    until: said("sandbox.stopped", ofPod),
    second: said("container.created", ({ podUid, sandbox }) => `${sandbox} of ${podUid}`) }),
  after({ name: "A started container is one that was made, with the same name and attempt", stays: true, spends: true,
    first: said("container.created", ({ attempt, name }, { entity }) => `${entity} ${name} ${attempt}`),
    second: said("container.started", ({ attempt, name }, { entity }) => `${entity} ${name} ${attempt}`) })
]
