/** What is promised of the containers of a machine: how they end, how often they start, what is pulled for them. */
import * as limits from "#model/limits/kubelet.ts"
import { terminationGracePeriod_s } from "#model/limits.ts"
import { order } from "#properties/container-runtime/order.ts"
import { pullsByPolicy } from "#properties/container-runtime/pulls.ts"
import { machineOf, memoryLost } from "#properties/kubelet/facts.ts"
import { always, type Property, sometimes } from "#properties/property.ts"

/** Two readings of one clock may differ by the rounding of a fraction. */
const rounding_ms = 1

const killsAfterGrace = always("SIGKILL comes no earlier than the grace after SIGTERM", [46], () => {
  const due = new Map<string, number>()
  const killed = new Set<string>()
  const struck = new Set<string>()
  return ({ actor, clock_ms, entity, event }) => {
    switch (event.type) {
      // The kernel kills them: nobody asked the runtime. It may hear of it late.
      case "fault.injected":
        if (event.fault.type === "containers.kill") struck.add(event.fault.machine)
        return undefined
      case "container.stopping":
        due.set(entity, clock_ms + Math.max(event.grace_ms, limits.stopGrace_min_s * 1000))
        return undefined
      case "container.killed": {
        killed.add(entity)
        const due_ms = due.get(entity)
        if (due_ms === undefined) return `${event.pod}: container ${entity} is killed without SIGTERM`
        return clock_ms >= due_ms - rounding_ms ? undefined
          : `${event.pod}: container ${entity} is killed ${due_ms - clock_ms} ms too early`
      }
      case "container.exited": {
        due.delete(entity)
        const isLawful = event.reason !== "killed" || killed.delete(entity) || struck.has(machineOf(actor))
        return isLawful ? undefined : `${event.pod}: container ${entity} was killed by nobody's right`
      }
      default: return undefined
    }
  }
}, ["container.", "fault.injected"])

const givesFullGrace = always("a pod that is being deleted is stopped with no less than its grace", [46, 47],
  ({ now }) => ({ event }) => {
    if (event.type !== "container.stopping") return undefined
    const pod = now.pods.get(event.podUid)
    if (pod?.metadata.deletionTimestamp === undefined) return undefined
    const least_s = Math.max(limits.stopGrace_min_s, Math.min(
      pod.metadata.deletionGracePeriodSeconds ?? Infinity,
      pod.spec.terminationGracePeriodSeconds ?? terminationGracePeriod_s
    ))
    return event.grace_ms >= least_s * 1000 ? undefined
      : `${event.pod} (${event.podUid}) is stopped with ${event.grace_ms} ms, its grace is ${least_s} s`
  }, ["container.stopping"])

interface Runs {
  readonly ids: Set<string>
  lastExitCode: number | undefined
}

const startsAgain = "a container starts again only if the restart policy of its pod says so"
const restartsByPolicy = always(startsAgain, [49], ({ now }) => {
  const byNode = new Map<string, Map<string, Runs>>()
  const names = new Map<string, string>()
  return ({ actor, entity, event }) => {
    // The records are gone with the disk: whether it ever ran is known to nobody.
    if (event.type === "machine.diskReplaced") byNode.delete(machineOf(actor))
    if (event.type === "container.exited") {
      const runs = byNode.get(machineOf(actor))?.get(names.get(entity) ?? "")
      if (runs?.ids.has(entity) === true) runs.lastExitCode = event.exitCode
    }
    if (event.type !== "container.started") return undefined
    const node = machineOf(actor)
    let here = byNode.get(node)
    if (here === undefined) byNode.set(node, here = new Map())
    const key = `${event.podUid}/${event.name}`
    names.set(entity, key)
    const runs = here.get(key)
    if (runs === undefined) {
      here.set(key, { ids: new Set([entity]), lastExitCode: undefined })
      return undefined
    }
    runs.ids.add(entity)
    const exitCode = runs.lastExitCode
    runs.lastExitCode = undefined
    const policy = now.pods.known(event.podUid)?.spec.restartPolicy ?? "Always"
    const isLawful = policy === "Always" || (policy === "OnFailure" && exitCode !== 0)
    return isLawful ? undefined : `${event.pod}/${event.name} starts again after exit ${exitCode}, policy ${policy}`
  }
}, ["container.started", "container.exited", "machine.diskReplaced"])

interface BackOff {
  finished_ms: number
  /** The least delay that the kubelet has imposed on the last restart. */
  delay_ms: number
  /** The least time at which that restart was decided. */
  decided_ms: number
  restarts: number
}

const waitsForBackOff = always("restarts of a container wait for 10, 20, 40, … 300 s", [50], () => {
  const byNode = new Map<string, Map<string, BackOff>>()
  const names = new Map<string, string>()
  const forget = (machine: string) => byNode.delete(machine)
  /** The delay due before the next restart; 0 for the first, and after a long enough run. */
  const due_ms = (one: BackOff): number => {
    if (one.restarts === 0 || one.finished_ms - one.decided_ms > limits.crashLoopReset_ms) return 0
    return Math.min(Math.max(one.delay_ms * 2, limits.crashLoopBackOff_ms), limits.crashLoopBackOff_max_ms)
  }
  return ({ actor, clock_ms, entity, event }) => {
    // A new kubelet has forgotten the back-off.
    if (event.type === "process.started" && event.process.startsWith("kubelet/")) forget(machineOf(event.process))
    if (memoryLost.includes(event.type)) forget(machineOf(actor))
    if (event.type === "container.exited") {
      const one = byNode.get(machineOf(actor))?.get(names.get(entity) ?? "")
      if (one !== undefined) one.finished_ms = event.finished_ms
    }
    if (event.type !== "container.started") return undefined
    let here = byNode.get(machineOf(actor))
    if (here === undefined) byNode.set(machineOf(actor), here = new Map())
    const key = `${event.podUid}/${event.name}`
    names.set(entity, key)
    const one = here.get(key)
    if (one === undefined || one.finished_ms === 0) {
      here.set(key, { finished_ms: 0, delay_ms: 0, decided_ms: clock_ms, restarts: 0 })
      return undefined
    }
    const wait_ms = due_ms(one)
    const early_ms = one.finished_ms + wait_ms - clock_ms
    here.set(key, { finished_ms: 0, delay_ms: wait_ms, decided_ms: one.finished_ms + wait_ms,
      restarts: wait_ms === 0 ? 1 : one.restarts + 1 })
    const restart = `${event.pod}/${event.name}: restart ${one.restarts + 1}`
    return early_ms <= rounding_ms ? undefined : `${restart} comes ${early_ms} ms before its back-off of ${wait_ms} ms`
  }
}, ["container.started", "container.exited", "process.started", ...memoryLost])

const oneSandbox = always("a pod has at most one ready sandbox on its machine, each attempt higher than the last", [],
  () => {
    const ready = new Map<string, string>()
    const attempts = new Map<string, number>()
    return ({ actor, entity, event }) => {
      const machine = machineOf(actor)
      if (event.type === "machine.diskReplaced" || memoryLost.includes(event.type)) {
        for (const key of ready.keys()) if (key.startsWith(`${machine} `)) ready.delete(key)
        for (const [key, attempt] of attempts) {
          if (!key.startsWith(`${machine} `)) continue
          if (event.type === "machine.diskReplaced") attempts.delete(key)
          // The record of the last one may not have reached the disk: its number may come again.
          else attempts.set(key, Math.ceil(attempt) - 0.5)
        }
        return undefined
      }
      if (event.type === "sandbox.stopped" && ready.get(`${machine} ${event.podUid}`) === entity) {
        ready.delete(`${machine} ${event.podUid}`)
      }
      if (event.type !== "sandbox.created") return undefined
      const key = `${machine} ${event.podUid}`
      const other = ready.get(key)
      ready.set(key, entity)
      if (other !== undefined) return `${event.pod} (${event.podUid}) has the sandboxes ${other} and ${entity}`
      const before = attempts.get(key)
      attempts.set(key, event.attempt)
      return before !== undefined && event.attempt <= before
        ? `${event.pod} (${event.podUid}): attempt ${before}, then ${event.attempt}` : undefined
    }
  }, ["sandbox.", "machine.diskReplaced", ...memoryLost])

/** Guards: what the promises above speak of does happen. */
const reached: ReadonlyArray<Property> = [
  sometimes("a container ends while its runtime is down", () => ({ clock_ms, event }) =>
    event.type === "container.exited" && event.reason !== "unknown" && event.finished_ms < clock_ms - 1_000,
  ["container.exited"]),
  sometimes("a container is found dead after a boot", () => ({ event }) =>
    event.type === "container.exited" && event.reason === "unknown", ["container.exited"]),
  sometimes("a container of a pod with the policy OnFailure starts again", ({ now }) => ({ event }) =>
    event.type === "container.started" && event.attempt > 0 &&
      now.pods.known(event.podUid)?.spec.restartPolicy === "OnFailure", ["container.started"])
]

export const properties: ReadonlyArray<Property> = [
  killsAfterGrace, givesFullGrace, restartsByPolicy, waitsForBackOff, pullsByPolicy, oneSandbox, ...order, ...reached
]
