/** Which images are pulled: those that a pod asks for, by its policy. */
import type { Line } from "#model/events.ts"
import * as limits from "#model/limits/kubelet.ts"
import { machineOf } from "#properties/kubelet/facts.ts"
import { always } from "#properties/property.ts"

/**
 * A kubelet that has just asked whether an image is present may have been told no while a pull was ending. It pulls
 * one image after the other: who asked before waits until then.
 */
const pullRace_ms = 1_000 // ASSUMED
const fastest = 1.25 // A clock that is slow by clock.rate measures a latency that is longer in the world's time.

interface Slowness {
  readonly machine: string
  readonly latency_ms: number
  /** World time until which it may delay what was asked. */
  until_ms: number
}
/**
 * From the answer that an image is not there to the pull: as long as a slow runtime takes to begin it, or as long as
 * the kubelet was frozen with that answer (EnsureImageExists, image_manager.go v1.36, asks once). Another's pull, of
 * the kubelet's predecessor, may have ended meanwhile.
 */
class Hesitations {
  readonly #slow = new Map<string, Slowness>()
  readonly #frozen = new Map<string, { readonly since_ms: number; until_ms: number }>()

  hear({ at_ms, clock_ms, entity, event }: Line): void {
    switch (event.type) {
      case "fault.injected": {
        const { fault } = event
        if (fault.type === "runtime.slow") this.#slow.set(entity, { ...fault, until_ms: Infinity })
        break
      }
      case "fault.ended": {
        const slow = this.#slow.get(entity)
        if (slow !== undefined) slow.until_ms = at_ms + slow.latency_ms * fastest
        break
      }
      case "process.paused":
        this.#frozen.set(event.process, { since_ms: clock_ms, until_ms: Infinity })
        break
      case "process.resumed": {
        const frozen = this.#frozen.get(event.process)
        if (frozen !== undefined) frozen.until_ms = clock_ms
        break
      }
      case "process.started":
        this.#frozen.delete(event.process)
    }
  }
  /** The earliest time, by the node's clock, at which a pull that begins now may have been decided. */
  decided_ms(node: string, { at_ms, clock_ms }: Line): number {
    let latency_ms = 0
    for (const one of this.#slow.values()) {
      if (one.machine === node && at_ms <= one.until_ms) latency_ms = Math.max(latency_ms, one.latency_ms)
    }
    const decided_ms = clock_ms - latency_ms
    const frozen = this.#frozen.get(`kubelet/${node}`)
    return frozen !== undefined && decided_ms - frozen.until_ms <= pullRace_ms ? Math.min(decided_ms, frozen.since_ms)
      : decided_ms
  }
}

const isAskedFor = "an image is pulled only for a pod whose pull policy asks for it"
export const pullsByPolicy = always(isAskedFor, [56], ({ now }) => {
  const present = new Map<string, number>()
  /** Until when each pod may be the reason: a slow runtime begins late what was asked for a pod that has gone since. */
  const byKubelet = new Map<string, Map<string, number>>()
  /** By node: since when one pull has followed another, and when the last ended. */
  const chains = new Map<string, { readonly began_ms: number; readonly ended_ms: number }>()
  const hesitations = new Hesitations()
  return (line) => {
    hesitations.hear(line)
    const { actor, clock_ms, entity, event } = line
    const node = machineOf(actor)
    const key = `${node} ${entity}`
    switch (event.type) {
      case "podWorker.started": {
        let here = byKubelet.get(node)
        if (here === undefined) byKubelet.set(node, here = new Map())
        here.set(entity, Infinity)
        return undefined
      }
      case "podWorker.forgotten":
        byKubelet.get(node)?.set(entity, clock_ms + limits.runtimeRequestTimeout_ms)
        return undefined
      case "process.started":
        chains.delete(machineOf(event.process))
        return undefined
      case "image.pulled":
      case "image.pullFailed":
        if (event.type === "image.pulled") present.set(key, clock_ms)
        chains.set(node, { began_ms: chains.get(node)?.began_ms ?? clock_ms, ended_ms: clock_ms })
        return undefined
      case "machine.diskReplaced":
        for (const one of present.keys()) if (one.startsWith(`${node} `)) present.delete(one)
        return undefined
      case "image.pullBegan": {
        const since_ms = present.get(key)
        const chain = chains.get(node)
        const decided_ms = hesitations.decided_ms(node, line)
        const began_ms = chain !== undefined && decided_ms - chain.ended_ms <= pullRace_ms
          ? Math.min(chain.began_ms, decided_ms) : decided_ms
        chains.set(node, { began_ms, ended_ms: Infinity })
        const isPresent = since_ms !== undefined && began_ms - since_ms > pullRace_ms
        for (const [uid, until_ms] of byKubelet.get(node) ?? []) {
          if (until_ms < clock_ms) byKubelet.get(node)!.delete(uid)
          else for (const { image, imagePullPolicy = "IfNotPresent" } of now.pods.known(uid)?.spec.containers ?? []) {
            if (image !== entity || imagePullPolicy === "Never") continue
            if (imagePullPolicy === "Always" || !isPresent) return undefined
          }
        }
        return `${entity} is pulled on ${node}${isPresent ? ", where it is present" : " for nobody"}`
      }
      default: return undefined
    }
  }
}, ["podWorker.started", "podWorker.forgotten", "image.", "machine.diskReplaced", "process.", "fault."])
