import { expect, test } from "vitest"
import { victims } from "#impl/controllers/replica-set/ranking.ts"
import { examplePod } from "#model/objects/examples.ts"
import type { Pod } from "#model/objects/pod.ts"
import { timeOf } from "#model/objects/time.ts"

const now_ms = 1_000_000_000
const pod = (
  uid: string, nodeName: string, phase: Pod["status"]["phase"], readySince_ms?: number, cost?: string, restarts = 0
): Pod => examplePod(
  { name: uid, createdAt_ms: now_ms - 1000,
    ...(cost === undefined ? {} : { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }) },
  { nodeName },
  {
    phase,
    containerStatuses: [{ name: "c", state: {}, lastState: {}, ready: false, restartCount: restarts, image: "i",
      imageID: "" }],
    ...(readySince_ms === undefined ? {} : {
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: timeOf(readySince_ms) }]
    })
  }
)
const first = (...pods: ReadonlyArray<Pod>): string => victims(pods, pods, 1, now_ms)[0]!.metadata.uid

test("each rule decides before the next", () => {
  expect(first(pod("a", "n1", "Pending"), pod("b", "", "Running"))).toBe("b")
  expect(first(pod("a", "n1", "Running", now_ms), pod("b", "n2", "Pending"))).toBe("b")
  expect(first(pod("a", "n1", "Running", now_ms), pod("b", "n2", "Running"))).toBe("b")
  expect(first(pod("a", "n1", "Running", 0, "1"), pod("b", "n2", "Running", 0, "-1"))).toBe("b")
  expect(first(pod("a", "n1", "Running", 0), pod("b", "n2", "Running", 0), pod("c", "n2", "Running", 0, "5"))).toBe("b")
  expect(first(pod("a", "n1", "Running", now_ms - 100_000), pod("b", "n2", "Running", now_ms - 1000))).toBe("b")
  expect(first(pod("a", "n1", "Running"), pod("b", "n2", "Running", undefined, undefined, 3))).toBe("b")
})

test("all go when all must", () => {
  expect(victims([pod("a", "n1", "Running")], [], 1, now_ms)).toHaveLength(1)
})

test("neighbours on a node are those of all sets with one controller: of a set without, nobody", () => {
  const pods = [pod("a", "n1", "Running", 0), pod("b", "n2", "Running", 0), pod("c", "n2", "Running", 0)]
  expect(victims(pods, [], 1, now_ms)[0]!.metadata.uid).toBe("a")
})

test("who is as old by the logarithm is told apart by uid", () => {
  const [older, younger] = [pod("a", "n1", "Running", now_ms - 8_000), pod("b", "n1", "Running", now_ms - 6_000)]
  expect(victims([younger, older], [], 1, now_ms)[0]!.metadata.uid).toBe("a")
})
