import { expect, test } from "vitest"
import type { Process } from "#impl/ports.ts"
import { defaultFilters } from "#impl/scheduler/filters.ts"
import { emptyNodeInfo, readNode } from "#impl/scheduler/node-info.ts"
import { defaultQueueParts, SchedulingQueue } from "#impl/scheduler/queue.ts"
import { exampleNode, examplePod } from "#model/objects/examples.ts"
import type { Pod } from "#model/objects/pod.ts"

const pod = (name: string, priority = 0): Pod => examplePod({ name }, { priority })
const fit = defaultFilters.filter(({ name }) => name === "NodeResourcesFit")
const node = emptyNodeInfo("n")
readNode(node, exampleNode({ name: "n" }, {}, { allocatable: { cpu: "4", memory: "8Gi", pods: "10" } }))

const make = () => {
  let now = 0
  const timers: Array<{ at: number; task: () => void }> = []
  const states: Array<string> = []
  const process = {
    monotonic_ms: () => now,
    after: (delay: number, task: () => void) => {
      const timer = { at: now + delay, task }
      timers.push(timer)
      return { cancel: () => timers.splice(timers.indexOf(timer), 1) }
    }
  } as unknown as typeof Process.Service
  const queue = new SchedulingQueue(process, defaultQueueParts,
    (uid, event, state) => states.push(`${uid} ${event.type.split(".")[1]} ${state}`), () => {})
  const until = (at: number): void => {
    for (;;) {
      const next = timers.filter((timer) => timer.at <= at).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      timers.splice(timers.indexOf(next), 1)
      now = next.at
      next.task()
    }
    now = at
  }
  return { queue, states, until }
}

test("the most urgent pod is taken first, then the oldest", () => {
  const { queue, until } = make()
  queue.add(pod("old"))
  until(10)
  queue.add(pod("young"))
  queue.add(pod("urgent", 5))
  expect([queue.pop(), queue.pop(), queue.pop(), queue.pop()].map((one) => one?.info.uid))
    .toEqual(["urgent", "old", "young", undefined])
})

test("an event during the cycle is replayed when the pod comes back", () => {
  const { queue, states } = make()
  queue.add(pod("p"))
  const entry = queue.pop()!
  queue.moved({ kind: "nodeAdded", node })
  queue.returnUnschedulable(entry, fit)
  expect(states.at(-1)).toBe("p returned backoff")
  expect(queue.pop()?.info.uid).toBe("p")
})

test("an error sits out its back-off, which doubles up to ten seconds", () => {
  const { queue, until } = make()
  queue.add(pod("p"))
  let at = 0
  for (const wait of [1, 2, 4, 8, 10, 10]) {
    queue.returnError(queue.pop()!)
    until(at + wait * 1000 - 1)
    expect(queue.pop()).toBeUndefined()
    until(at += wait * 1000)
  }
  expect(queue.pop()?.attempts).toBe(7)
})

test("an unschedulable pod is woken by what may help it, and flushed after five minutes", () => {
  const { queue, states, until } = make()
  queue.add(pod("p"))
  queue.returnUnschedulable(queue.pop()!, fit)
  queue.moved({ kind: "nodeUpdated", node, allocatable: false, taints: true, unschedulable: false, labels: false })
  expect(queue.find("p")?.state).toBe("unschedulable")
  until(300_001)
  expect(queue.find("p")?.state).toBe("active")
  expect(states.at(-1)).toBe("p flushed active")
  queue.returnUnschedulable(queue.pop()!, fit)
  until(310_000)
  queue.moved({ kind: "nodeAdded", node })
  expect(states.at(-1)).toBe("p woken active")
})
