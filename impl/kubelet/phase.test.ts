import { describe, expect, it } from "vitest"
import { actionsFor, shouldRestart } from "#impl/kubelet/actions.ts"
import { admit } from "#impl/kubelet/admission.ts"
import { sameStatus, statusFor, type Situation } from "#impl/kubelet/phase.ts"
import type { PodView } from "#impl/kubelet/runtime-client.ts"
import type { ContainerState } from "#impl/ports/runtime.ts"
import { examplePod } from "#model/objects/examples.ts"
import type { GivenPodSpec, Pod, PodStatus } from "#model/objects/pod.ts"

const server = { kind: "server" } as const
const podWith = (spec: Partial<GivenPodSpec>, status: Partial<PodStatus> = {}): Pod =>
  examplePod({ name: "p", uid: "u" }, { nodeName: "worker-1", ...spec }, status)
const labels = { uid: "u", namespace: "default", name: "p" }
const run = (attempt: number, more: Partial<ContainerState>): ContainerState => ({
  id: `c-${attempt}`, sandbox: "s-0", pod: labels, name: "c", attempt, image: "web:1", program: server,
  state: "running", started_ms: 0, started_wall: 1_000, ...more
})
const ended = (attempt: number, exitCode: number): ContainerState =>
  run(attempt, { state: "exited", exitCode, finished_ms: 5_000, finished_wall: 6_000, reason: "exited" })
const viewOf = (runs: ReadonlyArray<ContainerState>, state: "ready" | "notReady" = "ready"): PodView => ({
  sandboxes: new Map([["s-0", { id: "s-0", pod: labels, attempt: 0, ip: "10.0.0.1", state }]]),
  containers: new Map(runs.map((one) => [one.id, one]))
})
const empty: PodView = { sandboxes: new Map(), containers: new Map() }
const situation = (pod: Pod, view: PodView, more: Partial<Situation> = {}): Situation => ({
  pod, view, waiting: new Map(), isTerminated: false, isTerminating: false, restarts: shouldRestart, wall_ms: 9_000,
  ...more
})
const phase = (pod: Pod, view: PodView, more: Partial<Situation> = {}, holds = true) =>
  statusFor(situation(pod, view, more), pod.status, holds).status.phase

describe("the phase of a pod", () => {
  it("is Pending until a container has run, and Running while one runs", () => {
    expect(phase(podWith({}), empty)).toBe("Pending")
    expect(phase(podWith({}), viewOf([run(0, {})]))).toBe("Running")
  })
  it("stays Running while what ended starts again", () => {
    expect(phase(podWith({}), viewOf([ended(0, 0)]))).toBe("Running")
    expect(phase(podWith({ restartPolicy: "OnFailure" }), viewOf([ended(0, 1)]))).toBe("Running")
  })
  it("keeps a terminal phase that the API shows, whatever runs", () => {
    const pod = podWith({}, { phase: "Failed" })
    expect(phase(pod, viewOf([run(0, {})]))).toBe("Failed")
    expect(phase(pod, viewOf([ended(0, 0)]), { isTerminated: true }, false)).toBe("Failed")
  })
  it("holds a terminal phase back until nothing can run", () => {
    const pod = podWith({ restartPolicy: "Never" }, { phase: "Running" })
    expect(statusFor(situation(pod, viewOf([ended(0, 0)])), pod.status, true)).toMatchObject(
      { phase: "Succeeded", status: { phase: "Running" } })
    expect(phase(pod, viewOf([ended(0, 0)]), { isTerminated: true }, false)).toBe("Succeeded")
    expect(phase(pod, viewOf([ended(0, 3)]), { isTerminated: true }, false)).toBe("Failed")
  })
  it("is Failed for a pod that ends before its container ran", () => {
    const { status } = statusFor(
      situation(podWith({}), empty, { isTerminated: true }), podWith({}).status, false)
    expect(status.phase).toBe("Failed")
    expect(status.containerStatuses?.[0]?.state.terminated).toEqual({ exitCode: 137, reason: "ContainerStatusUnknown" })
    expect(status.conditions?.find((one) => one.type === "Ready")?.status).toBe("False")
  })
  it("never leaves a terminal phase", () => {
    expect(phase(podWith({}, { phase: "Failed" }), viewOf([run(0, {})]), {}, false)).toBe("Failed")
  })
})

describe("statuses", () => {
  it("are the same when they differ only in what others own", () => {
    const pod = podWith({})
    const { status } = statusFor(situation(pod, viewOf([run(0, {})])), pod.status, true)
    const conditions = [...status.conditions!, { type: "X", status: "True" } as const]
    expect(sameStatus(status, { ...status, conditions })).toBe(true)
    expect(sameStatus(status, { ...status, podIP: "10.0.0.2" })).toBe(false)
  })
  it("keep the time at which a condition changed", () => {
    const pod = podWith({})
    const first = statusFor(situation(pod, viewOf([run(0, {})])), pod.status, true).status
    const later = statusFor(situation(pod, viewOf([run(0, {})]), { wall_ms: 20_000 }), first, true).status
    expect(later.conditions).toEqual(first.conditions)
  })
})

describe("what to do for a pod", () => {
  const starts = (pod: Pod, view: PodView) => actionsFor(pod, view, shouldRestart).start.map((start) => start.attempt)

  it("starts what never ran and leaves alone what runs", () => {
    expect(starts(podWith({}), empty)).toEqual([0])
    expect(starts(podWith({}), viewOf([run(0, {})]))).toEqual([])
  })
  it("follows the restart policy", () => {
    expect(starts(podWith({}), viewOf([ended(2, 0)]))).toEqual([3])
    expect(starts(podWith({ restartPolicy: "OnFailure" }), viewOf([ended(0, 0)]))).toEqual([])
    expect(starts(podWith({ restartPolicy: "OnFailure" }), viewOf([ended(0, 1)]))).toEqual([1])
    expect(starts(podWith({ restartPolicy: "Never" }), viewOf([ended(0, 1)]))).toEqual([])
  })
  it("makes a new sandbox with the next attempt when the old one is dead", () => {
    const actions = actionsFor(podWith({}), viewOf([ended(0, 255)], "notReady"), shouldRestart)
    expect([actions.sandbox, actions.attempt]).toEqual([undefined, 1])
  })
  it("counts on from the API when the runtime has lost its records", () => {
    const status = (restartCount: number): Partial<PodStatus> => ({ phase: "Running", containerStatuses: [
      { name: "c", image: "web:1", ready: true, restartCount, state: { running: { startedAt: "1970-01-01T00:00:00Z" } },
        lastState: {}, imageID: "" }] })
    expect(starts(podWith({}, status(4)), empty)).toEqual([5])
    expect(starts(podWith({ restartPolicy: "Never" }, status(0)), empty)).toEqual([])
  })
})

describe("admission", () => {
  const cpu = (amount: string): Partial<GivenPodSpec> => ({
    containers: [{ name: "c", image: "web:1", resources: { requests: { cpu: amount } } }]
  })
  const node = { name: "worker-1", labels: { zone: "a" }, allocatable: { cpu: "2", memory: "1Gi", pods: "2" } }

  it("adds up what is there", () => {
    expect(admit(podWith(cpu("1500m")), [podWith(cpu("500m"))], node)).toBeUndefined()
    expect(admit(podWith(cpu("1501m")), [podWith(cpu("500m"))], node)?.reason).toBe("OutOfcpu")
  })
  it("counts pods", () => {
    expect(admit(podWith({}), [podWith({}), podWith({})], node)?.reason).toBe("OutOfpods")
  })
  it("reads the node's labels", () => {
    expect(admit(podWith({ nodeSelector: { zone: "b" } }), [], node)?.reason).toBe("NodeAffinity")
  })
})
