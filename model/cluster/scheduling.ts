/**
 * Scope scheduling: pending pods, a scheduler that may crash, and requests that may be lost.
 *
 * States: of the informer, which is the scope's own: watching (initial: watching).
 * Time:   none but back-offs, which end.
 * Errors: a binding without an answer is `podBinding.failed`, "unknown"; a refused one, "Conflict".
 * Source: pkg/scheduler/schedule_one.go, eventhandlers.go, v1.36; reference 5, 12.23, 12.24.
 *
 * Per pod the committed object, and in the scheduler's one process its place in the queue, in the cache and its
 * binding; one scheduling cycle for all. A binding is a request that arrives whenever it likes, even after the
 * scheduler that sent it is gone; answers and what the informer shows come in order and die with their connection.
 * The next incarnation lists what is committed. A request is given up only when neither it nor its answer is under
 * way any more: its time-out is longer than any delay.
 */
import { setup } from "xstate"
import { charts as podCharts } from "#model/pod.ts"
import { charts } from "#model/scheduler.ts"
import { podCreated, podUpdated } from "#model/cluster/objects.ts"
import type { At, Channel, Component, EventValue, Scope } from "#model/cluster/scope.ts"

interface Size {
  readonly name: string
  readonly pods: ReadonlyArray<string>
  readonly nodes: ReadonlyArray<string>
  readonly crashes: number
  readonly losses: number
}

/** The scheduler's informer of pods: it hands on what it is shown, in order. */
const informer = setup({ types: { events: {} as { type: "informer.showed" } }, actions: { handOn: () => {} } })
  .createMachine({
    initial: "watching",
    states: { watching: { description: "Shows pods as they are committed.",
      on: { "informer.showed": { actions: "handOn" } } } }
  })

const requests = { pods: 1 }
const bound = (pod: string, node: string): EventValue =>
  podUpdated(pod, { revision: 1 }, { revision: 2, node })
const nodeIn = (event: EventValue): string => (event["object"] as any).spec.nodeName ?? ""

const podOf = (pod: string): Component =>
  ({ chart: podCharts["pod.pod"], entity: pod, begins: [podCreated(pod, { revision: 1 })] })

const cycleOf = ({ pods, nodes }: Size): Component => ({
  chart: charts["scheduler.cycle"],
  does: ({ state, context }) => state === "idle" ? [] : pods.filter((pod) => pod === context.uid).flatMap((uid) => [
    ...nodes.map((node) => ({ if: (at: At) => at(`cache ${uid}`).state === "initial",
      event: { type: "scheduling.placed", uid, node, feasible: nodes.length, evaluated: nodes.length } })),
    { if: (at: At) => at(`cache ${uid}`).state !== "initial",
      event: { type: "scheduling.skipped", uid, reason: "assumed" } }
  ])
})

/**
 * Its clock runs on when it must wait for a back-off to end. Counts are forgotten: the guards compare them with what
 * the queue itself says next, and how long a back-off lasts makes no difference to anybody here.
 */
const queueOf = (pod: string): Component => ({
  chart: charts["scheduler.queuePod"],
  instants: ["returned_ms", "backoffUntil_ms"],
  horizon_ms: 0,
  canonical: (context) => ({ ...context, attempts: 0, unschedulable: 0, errors: 0 }),
  does: ({ state, context }) => {
    const popped = { event: { type: "schedulingQueue.popped", attempts: context.attempts + 1 } }
    switch (state) {
      case "active": return [popped]
      case "backoff": return [{ event: { type: "schedulingQueue.backoffEnded" },
        after_ms: Math.max(0, context.backoffUntil_ms) }]
      case "inFlight": return [{
        if: (at) => at("cycle").context.uid !== pod && at(`binding ${pod}`).state === "waiting",
        event: { type: "schedulingQueue.returned", reason: "error", plugins: [], failures: context.errors + 1,
          woken: false }
      }]
      default: return []
    }
  }
})

const bindingOf = (pod: string): Component => ({
  chart: charts["scheduler.binding"],
  does: ({ state, context }) => state === "binding" ? [{
    if: (at) => at.underWay(`requests ${pod}`) === 0 && at.underWay(`answers ${pod}`) === 0,
    event: { type: "podBinding.failed", node: context.node, reason: "unknown" }
  }] : []
})

const channelsOf = (pod: string, nodes: ReadonlyArray<string>): Readonly<Record<string, Channel>> => {
  const joint = (from: string, to: string, sends: Channel["sends"]): Channel => ({ from, to, kind: "joint", sends })
  const only = (event: EventValue, sent: EventValue): EventValue | undefined => event["uid"] === pod ? sent : undefined
  return {
    [`pop ${pod}`]: joint(`queue ${pod}`, "cycle", {
      "schedulingQueue.popped": () => ({ type: "scheduling.began", uid: pod, pod }) }),
    [`assume ${pod}`]: joint("cycle", `cache ${pod}`, {
      "scheduling.placed": ({ event }) =>
        only(event, { type: "schedulerCache.assumed", node: event["node"], requests }) }),
    [`bind ${pod}`]: joint("cycle", `binding ${pod}`, {
      "scheduling.placed": ({ event }) => only(event, { type: "podBinding.began", pod, node: event["node"] }) }),
    // The informer may have told the truth meanwhile: then there is nothing to forget.
    [`forget ${pod}`]: { ...joint(`binding ${pod}`, `cache ${pod}`, {
      "podBinding.failed": ({ event }) => ({ type: "schedulerCache.forgotten", node: event["node"] }) }),
    refused: "dropped" },
    [`queue hears ${pod}`]: { ...joint(`informer ${pod}`, `queue ${pod}`, {
      "informer.showed": ({ event }) => event["node"] === "" ? added(pod)
        : { type: "schedulingQueue.removed", reason: "bound" } }), refused: "dropped" },
    // Whichever of the two the cache has to make of it.
    [`cache hears ${pod}`]: { ...joint(`informer ${pod}`, `cache ${pod}`, {
      "informer.showed": ({ event: { node } }) => node === "" ? undefined : [
        { type: "schedulerCache.confirmed", node, requests },
        ...nodes.filter((from) => from !== node).map((from) =>
          ({ type: "schedulerCache.corrected", from, node, requests }))
      ] }), refused: "dropped" },
    [`requests ${pod}`]: { from: `binding ${pod}`, to: `pod ${pod}`, kind: "datagram", lossy: true, capacity: 2,
      sends: { "podBinding.began": ({ event }) => bound(pod, event["node"] as string) },
      refused: { through: `answers ${pod}`,
        with: (message) => ({ type: "podBinding.failed", node: nodeIn(message), reason: "Conflict" }) } },
    [`answers ${pod}`]: { from: `pod ${pod}`, to: `binding ${pod}`, kind: "stream", lossy: true, capacity: 2,
      sends: { "object.updated": ({ event }) => ({ type: "podBinding.succeeded", node: nodeIn(event) }) } },
    [`shown ${pod}`]: { from: `pod ${pod}`, to: `informer ${pod}`, kind: "stream", capacity: 2,
      sends: { "object.updated": ({ event }) => shown(nodeIn(event)) } }
  }
}

const added = (pod: string): EventValue => ({ type: "schedulingQueue.added", pod, priority: 0, gated: false })
const shown = (node: string): EventValue => ({ type: "informer.showed", node })
const nodeOf = (at: At, pod: string): string => at(`pod ${pod}`).context.nodeName

export const scheduling = (size: Size): Scope => {
  const { pods, nodes } = size
  return {
    name: size.name,
    says: `${pods.length} pods, ${nodes.length} nodes, a scheduler that crashes, messages that are lost`,
    components: {
      cycle: cycleOf(size),
      ...Object.fromEntries(pods.flatMap((pod) => [
        [`pod ${pod}`, podOf(pod)],
        [`queue ${pod}`, { ...queueOf(pod), begins: [added(pod)] }],
        [`informer ${pod}`, { chart: informer }],
        [`cache ${pod}`, { chart: charts["scheduler.cachePod"] }],
        [`binding ${pod}`, bindingOf(pod)]
      ]))
    },
    channels: Object.assign({}, ...pods.map((pod) => channelsOf(pod, nodes))),
    faults: { losses: size.losses, crashes: { scheduler: { times: size.crashes,
      of: ["cycle", ...pods.flatMap((pod) => [`informer ${pod}`, `queue ${pod}`, `cache ${pod}`, `binding ${pod}`])],
      then: (at) => pods.map((pod) => ({ through: `shown ${pod}`, message: shown(nodeOf(at, pod)) })) } } },
    always: {
      "a pod that the scheduler knows bound is bound there": (at) => pods.every((pod) =>
        at(`cache ${pod}`).state !== "added" || at(`cache ${pod}`).context.node === nodeOf(at, pod)),
      "a pod leaves the queue only when it is bound": (at) => pods.every((pod) =>
        at(`queue ${pod}`).state !== "gone" || nodeOf(at, pod) !== "")
    },
    sometimes: {
      "a binding is refused because the pod is bound already": (at) => pods.some((pod) =>
        nodeOf(at, pod) !== "" && at(`queue ${pod}`).state === "backoff")
    },
    leadsTo: Object.fromEntries(pods.slice(0, 1).flatMap((pod) => [
      ["a pending pod with a fitting node is eventually bound",
        { from: (at: At) => nodeOf(at, pod) === "", to: (at: At) => nodeOf(at, pod) !== "" }],
      ["the scheduler comes to know of each binding",
        { from: (at: At) => nodeOf(at, pod) !== "", to: (at: At) => at(`cache ${pod}`).state === "added" }]
    ]))
  }
}
