/** Orders that Kubernetes' source rules out, one by one: the chart takes all but the last. */
import { expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { CompiledChart } from "#properties/harness/judge/compile.ts"

type Given = { readonly type: string; readonly [field: string]: unknown }

/** How many events the chart takes before it refuses one; all of them if it refuses none. */
const taken = (name: string, events: ReadonlyArray<Given>): number => {
  const chart = new CompiledChart(charts[name]!, {})
  const instance = chart.start()
  const refused = events.findIndex((event, seq) =>
    !chart.step(instance, { seq, at_ms: seq, clock_ms: seq, actor: "a", entity: "a", ...event } as Given))
  return refused < 0 ? events.length : refused
}

const chosen = (phase: string, reason: string, node = "n"): Given =>
  ({ type: "podGc.chosen", pod: "p", node, phase, reason })
const failed = { type: "podGc.failed", reason: "Conflict" }
const marked = { type: "podGc.markedFailed" }
const deleted = { type: "podGc.deleted" }
const shown = (revision: number, cpu: number): Given =>
  ({ type: "schedulerNode.changed", revision, allocatable: { cpu }, unschedulable: false, taints: [], labels: {} })
const removed = { type: "schedulerNode.removed" }
const started = (incarnation: number): Given => ({ type: "controllerManager.started", incarnation })
const begun = (incarnation: number): Given => ({ type: "process.started", process: "a", incarnation })
const crashed = { type: "process.crashed", process: "a", reason: "r" }
const led = { type: "controllerManager.led" }
const controller = { type: "controllerManager.controllerStarted", controller: "c" }

it.each([
  ["deletes a live pod before it is Failed", "pod-gc.pod", [chosen("Running", "orphaned"), deleted]],
  ["marks a pod that is terminal", "pod-gc.pod", [chosen("Succeeded", "terminated"), marked]],
  ["marks a pod twice", "pod-gc.pod", [chosen("Pending", "unscheduledTerminating", ""), marked, marked]],
  ["chooses a pod that it is working on", "pod-gc.pod", [chosen("Running", "orphaned"), chosen("Running", "orphaned")]],
  ["takes a live pod for terminated", "pod-gc.pod", [chosen("Running", "terminated")]],
  ["takes a pod without a node for an orphan", "pod-gc.pod", [chosen("Running", "orphaned", "")]],
  ["sees an older version of a node", "scheduler.cacheNode", [shown(5, 1), shown(4, 2)]],
  ["sees a node come back as it was before", "scheduler.cacheNode", [shown(5, 1), removed, shown(5, 1)]],
  ["is told of a change that no filter sees", "scheduler.cacheNode", [shown(5, 1), shown(6, 1)]],
  ["speaks after its end", "controller-manager.process", [started(1), crashed, started(2)]],
  ["speaks as an incarnation that is not there", "controller-manager.process",
    [started(1), crashed, begun(2), started(3)]],
  ["starts a controller that does not lead", "controller-manager.process", [started(1), controller]],
  ["starts a controller twice", "controller-manager.process", [started(1), led, controller, controller]],
  ["leads from before its end", "controller-manager.process", [started(1), led, crashed, begun(2), controller]]
] as const)("nobody %s", (_name, chart, events) => {
  expect(taken(chart, events)).toBe(events.length - 1)
})

it.each([
  ["pod-gc.pod", [chosen("Running", "orphaned"), marked, deleted, chosen("Failed", "orphaned"), deleted]],
  ["pod-gc.pod", [chosen("Running", "orphaned"), failed, chosen("Failed", "orphaned")]],
  ["scheduler.cacheNode", [shown(5, 1), shown(7, 2), removed, shown(9, 2)]],
  ["controller-manager.process", [started(1), led, controller, crashed, crashed, begun(3), started(3), led, controller]]
] as const)("%s takes what happens", (chart, events) => {
  expect(taken(chart, events)).toBe(events.length)
})
