/** Planted bugs of controllers. */
import type { Bug } from "#properties/harness/strength/bugs/bug.ts"

export const bugs: ReadonlyArray<Bug> = [{
  id: "CTL-19",
  source: "ray-project/kuberay#715, NVIDIA/grove#122",
  mechanism: "pods are counted in a stale cache without expectations: too many are created, then some deleted",
  violates: ["S-BOUND"],
  names: [80, "controller.expectations"],
  parts: { replicaSet: { mayAct: () => true, putsOff: () => false } }
}, {
  id: "NOD-02",
  source: "kubernetes/kubernetes#50067",
  mechanism: "crash between \"node Unknown\" and \"mark its pods not ready\"; the successor sees Unknown and skips " +
    "the step",
  violates: ["L-EVICT", "L-EP"],
  names: ["the pods of an Unknown node become not ready", "node-lifecycle."],
  parts: {
    nodeLifecycle: {
      mustMarkPods: ({ ready, hasJustGivenUp, failedBefore }) => ready === "Unknown" && (hasJustGivenUp || failedBefore)
    }
  }
}]
