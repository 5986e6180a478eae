/** Planted bugs of the scheduler. */
import type { Bug } from "#properties/harness/strength/bugs/bug.ts"

export const bugs: ReadonlyArray<Bug> = [{
  id: "SCH-03",
  source: "kubernetes/kubernetes#49314",
  mechanism: "binding fails, forgetting the assumed pod fails too, and the pod is never queued again",
  violates: ["L-SCHED"],
  names: [64, 68, 69, 70, "every pod that fits", "scheduler."],
  parts: { scheduler: { bindingFailed: () => {} } }
}]
