/**
 * Scope pod-termination: a running pod is deleted by a user, on a node whose kubelet may crash.
 *
 * States: of the status manager, which is the scope's own: untold, reporting, told, deleting, done (initial: untold).
 * Time:   passes in seconds; the grace is two of them.
 * Errors: a request or an answer that is lost is `request.lost`; what is refused had been done before.
 * Source: pkg/kubelet/status/status_manager.go, v1.36; reference 12.11, 12.12.
 *
 * The committed object, the kubelet's pod worker and what it has told the API server (the Status below), and the
 * container as it really runs: it outlives the kubelet. Requests and their answers may be lost; a request is given up
 * when neither is under way. Time passes in seconds; the grace is two of them.
 */
import { setup } from "xstate"
import { podCreated, podUpdated, podDeleted, type PodVersion } from "#model/cluster/objects.ts"
import type { Channel, Component, Deed, EventValue, Scope, View } from "#model/cluster/scope.ts"
import { charts as runtimeCharts } from "#model/container-runtime.ts"
import { charts as kubeletCharts } from "#model/kubelet.ts"
import { charts as podCharts } from "#model/pod.ts"

interface Size {
  /** server: ends a second after SIGTERM. stubborn: ends when it is killed. */
  readonly program: "server" | "stubborn"
  readonly crashes: number
  readonly losses: number
}

const pod = "p"
const grace_s = 2
const phase = "Failed"
const running: PodVersion = { revision: 2, node: "n", phase: "Running" }
const deleted: PodVersion = { revision: 3, node: "n", phase: "Running", generation: 2, grace_s }
const ended: PodVersion = { ...deleted, revision: 4, phase }
const released: PodVersion = { ...ended, revision: 5, grace_s: 0 }

const object: Component = {
  chart: podCharts["pod.pod"], entity: pod,
  begins: [podCreated(pod, { revision: 1, node: "n" }), podUpdated(pod, { revision: 1, node: "n" }, running)],
  does: ({ context }) => context.revision === running.revision
    ? [{ event: podUpdated(pod, running, deleted), fair: false }]
    // The API server removes what has no grace and no finalizer left.
    : context.revision === released.revision ? [{ event: podDeleted(pod, { ...released, revision: 6 }) }] : []
}
const lifeOf = (view: View): string => (view.state as { readonly life: string }).life

/** What the kubelet has told the API server of the pod's end, in one incarnation. */
const status = setup({ types: { events: {} as { type: string } } }).createMachine({
  initial: "untold",
  states: {
    untold: { description: "The API server does not know.", on: { "end.reported": "reporting" } },
    reporting: { description: "The final status is out.", on: { "end.taken": "told", "request.lost": "untold" } },
    told: { description: "It has the final status.", on: { "deletion.asked": "deleting" } },
    deleting: { description: "The last DELETE is out.", on: { "deletion.taken": "done", "request.lost": "told" } },
    done: { description: "The object is gone, or about to." }
  }
})

const statusManager: Component = {
  chart: status,
  does: ({ state }) => {
    const lost: Deed = { event: { type: "request.lost" },
      if: (at) => at.underWay("requests") === 0 && at.underWay("answers") === 0 }
    switch (state) {
      case "untold": return [{ event: { type: "end.reported" }, if: (at) => at("worker").state === "finished" }]
      case "told": return [{ event: { type: "deletion.asked" }, if: (at) => at("worker").state === "finished" }]
      case "reporting": case "deleting": return [lost]
      default: return []
    }
  }
}

const worker: Component = {
  chart: kubeletCharts["kubelet.podWorker"], entity: pod,
  begins: [{ type: "podWorker.started", namespace: "default", pod }],
  does: ({ state }) => state === "terminating"
    ? [{ event: { type: "podWorker.terminated" }, if: (at) => at("container").state === "exited" }]
    : state === "terminated" ? [{ event: { type: "podWorker.finished" } }]
      // Housekeeping: nothing is left of it, here and in the API.
      : state === "finished" ? [{ event: { type: "podWorker.forgotten" },
        if: (at) => lifeOf(at("pod")) === "removed" && at.underWay("shown") === 0 }] : []
}

const containerOf = ({ program }: Size): Component => ({
  chart: runtimeCharts["container-runtime.container"],
  begins: [{ type: "container.created", program: { kind: program, stop_ms: 1_000 } }, { type: "container.started" }],
  instants: ["started_ms", "sigterm_ms", "killNotBefore_ms"], horizon_ms: 3_000,
  canonical: (context, state) => state === "stopping" ? { ...context, started_ms: 0 }
    : { ...context, started_ms: 0, sigterm_ms: 0, killNotBefore_ms: 0 },
  does: ({ state }) => {
    const exit = (reason: string, exitCode: number, signal: object = {}): Deed =>
      ({ event: { type: "container.exited", reason, exitCode, finished_ms: 0, ...signal } })
    return state === "stopping" ? [exit("exited", 0), { event: { type: "container.killed" } }]
      : state === "killed" ? [exit("killed", 137, { signal: 9 })] : []
  }
})

const terminating = { type: "podWorker.terminating", grace_s, reason: "deleted" }
/** What the kubelet makes of the object that it is shown. */
const shown = (life: string): ReadonlyArray<EventValue> => life === "terminating" ? [terminating]
  : life === "live" ? [{ type: "podWorker.started", namespace: "default", pod }]
    : [{ type: "podWorker.forgotten" }, { ...terminating, reason: "orphan" }]

const channels: Readonly<Record<string, Channel>> = {
  shown: { from: "pod", to: "worker", kind: "stream", capacity: 4, sends: {
    "object.updated": ({ before, after }) => lifeOf(before) !== lifeOf(after) ? shown(lifeOf(after)) : undefined,
    "object.deleted": () => ({ type: "podWorker.forgotten" }) } },
  stop: { from: "worker", to: "container", kind: "joint", refused: "dropped", sends: {
    "podWorker.terminating": () => ({ type: "container.stopping", grace_ms: grace_s * 1000 }) } },
  requests: { from: "status", to: "pod", kind: "datagram", lossy: true, capacity: 2, sends: {
    "end.reported": () => podUpdated(pod, deleted, ended),
    "deletion.asked": () => podUpdated(pod, ended, released) },
  // What is refused has been done before, or the object is gone: the answer is good news both times.
  refused: { through: "answers", with: ({ revision }) => answer(revision as number) } },
  answers: { from: "pod", to: "status", kind: "stream", lossy: true, capacity: 2, sends: {
    "object.updated": ({ event }) => (event["revision"] as number) > deleted.revision
      ? answer(event["revision"] as number) : undefined } },
  posted: { from: "status", to: "worker", kind: "joint", refused: "dropped", sends: {
    "end.taken": () => ({ type: "podStatus.posted", phase, ready: false, revision: ended.revision }),
    "deletion.taken": () => ({ type: "podStatus.deleted", uid: pod, phase }) } }
}
const answer = (revision: number): EventValue =>
  ({ type: revision === ended.revision ? "end.taken" : "deletion.taken" })

export const podTermination = (size: Size): Scope => ({
  name: `pod-termination-${size.program}`,
  says: `a deleted pod of a ${size.program}, a kubelet that crashes, messages that are lost`,
  components: { pod: object, worker, status: statusManager, container: containerOf(size) },
  channels,
  ticks_ms: [1_000],
  faults: { losses: size.losses, crashes: { kubelet: { of: ["worker", "status"], times: size.crashes,
    then: (at) => shown(lifeOf(at("pod"))).map((message) => ({ through: "shown", message })) } } },
  always: {
    "the object is removed only after its container has stopped": (at) =>
      lifeOf(at("pod")) !== "removed" || at("container").state === "exited",
    "no container of a finished worker runs": (at) =>
      at("worker").state !== "finished" || at("container").state === "exited"
  },
  sometimes: { "the object is removed": (at) => lifeOf(at("pod")) === "removed" },
  leadsTo: {
    "a deleted pod is eventually removed": {
      from: (at) => lifeOf(at("pod")) === "terminating", to: (at) => lifeOf(at("pod")) === "removed" },
    "the kubelet forgets it": {
      from: (at) => lifeOf(at("pod")) === "removed", to: (at) => at("worker").state === "none" }
  }
})
