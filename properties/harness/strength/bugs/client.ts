/** Planted bugs of clients and their caches. */
import * as informer from "#impl/informer.ts"
import { consistentCopy, type FirstCopy } from "#impl/informer/first-copy.ts"
import type { Bug } from "#properties/harness/strength/bugs/bug.ts"

/** The first copy from any cache of any age; a relist asks for what it has seen before. */
const anyCache: FirstCopy = (client, resource, selectors, atLeast, timeoutSeconds) => resource === "pods"
  ? client.list(resource, { ...selectors, resourceVersion: atLeast === "" ? "0" : atLeast })
  : consistentCopy(client, resource, selectors, atLeast, timeoutSeconds)

export const bugs: ReadonlyArray<Bug> = [{
  id: "API-01",
  source: "kubernetes/kubernetes#59848",
  mechanism: "a restarted kubelet lists at resourceVersion 0 from a stale API server and starts a pod that was moved",
  violates: ["S-POD1", "S-CACHE-MONO"],
  names: [30, 38, 39, 40, 43, 109, "container-runtime.", "kubelet.", "informer."],
  parts: {
    kubelet: { informers: informer.make({ firstCopy: anyCache }) }
  }
}]
