import { expect, test } from "vitest"
import { defaultFilters } from "#impl/scheduler/filters.ts"
import { SchedulerCache, defaultCacheParts } from "#impl/scheduler/cache.ts"
import { podInfo } from "#impl/scheduler/node-info.ts"
import { enough, Placer } from "#impl/scheduler/placement.ts"
import { best } from "#impl/scheduler/scores.ts"
import { exampleNode, examplePod } from "#model/objects/examples.ts"
import type { Node } from "#model/objects/node.ts"
import type { GivenPodSpec, Pod } from "#model/objects/pod.ts"

const node = (name: string, spec: Node["spec"] = {}, cpu = "4"): Node =>
  exampleNode({ name, labels: { name } }, spec, { allocatable: { cpu, memory: "8Gi", pods: "110" } })
const pod = (name: string, cpu: string, spec: Partial<GivenPodSpec> = {}): Pod =>
  examplePod({ name }, { containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }], ...spec })
const silent = { pod: () => {}, node: () => {} }
const cluster = (...nodes: ReadonlyArray<Node>) => {
  const cache = new SchedulerCache(defaultCacheParts, silent)
  for (const one of nodes) cache.setNode(one)
  const placer = new Placer(defaultFilters, best, (_pod, among) => among[0]!)
  return { cache, place: (one: Pod) => placer.place(podInfo(one), cache.list) }
}

test("a pod goes to the emptier node, and not where it does not fit", () => {
  const { cache, place } = cluster(node("small", {}, "1"), node("a"), node("b"))
  cache.assume(podInfo(pod("first", "2")), "a")
  expect(place(pod("second", "2")).node).toBe("b")
  cache.assume(podInfo(pod("second", "3")), "b")
  expect(place(pod("third", "3"))).toMatchObject({ node: undefined, refused: { NodeResourcesFit: 3 } })
})

test("room comes back when a pod is forgotten or removed", () => {
  const { cache, place } = cluster(node("a"))
  cache.assume(podInfo(pod("p", "4")), "a")
  expect(place(pod("q", "1")).node).toBeUndefined()
  expect(cache.forget("p")).toBe(true)
  expect(cache.forget("p")).toBe(false)
  expect(place(pod("q", "4")).node).toBe("a")
})

test("taints, cordons and selectors refuse, in the filters' order", () => {
  const { place } = cluster(
    node("cordoned", { unschedulable: true }), node("tainted", { taints: [{ key: "k", effect: "NoExecute" }] }),
    node("a"))
  expect(place(pod("p", "1", { nodeSelector: { name: "b" } }))).toMatchObject({
    node: undefined, refused: { NodeUnschedulable: 1, TaintToleration: 1, NodeAffinity: 1 }
  })
  expect(place(pod("p", "1", { nodeSelector: { name: "tainted" },
    tolerations: [{ key: "k", operator: "Exists" }] })).node).toBe("tainted")
})

test("a large cluster is looked at in part, from another node each time", () => {
  expect([enough(99), enough(100), enough(500), enough(5000)]).toEqual([99, 100, 230, 500])
  const { cache, place } = cluster(...Array.from({ length: 500 }, (_, i) => node(`n${i}`)))
  const chosen = new Set<string>()
  for (let i = 0; i < 100; i++) {
    const placement = place(pod(`p${i}`, "1"))
    expect(placement).toMatchObject({ evaluated: 230 })
    chosen.add(placement.node!)
    cache.assume(podInfo(pod(`p${i}`, "1")), placement.node!)
  }
  expect(chosen.size).toBe(100)
})
