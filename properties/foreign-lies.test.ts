/** One lie in a recording, where they are at hand: the promise that it breaks says so. */
import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { foreign } from "#properties/foreign.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import { recordedLines, recordings } from "#properties/recorded.ts"

type Event = Readonly<Record<string, any>>
/** The event as it is told instead; undefined: it is not told. */
type Lie = (event: Event) => Event | undefined

/** What breaks, at a line or at the end. */
const broken = (file: string, lie: Lie): ReadonlyArray<string> => {
  const told = new Map<string, object>()
  const lines = recordedLines(`${file}.ndjson.gz`).flatMap((line, seq): ReadonlyArray<Line> => {
    const event = lie(line.event as Event)
    if (event === undefined) return []
    const previous = told.get(line.entity)
    told.set(line.entity, event["object"])
    return [{ ...line, seq, event: { ...event, ...("previous" in event ? { previous } : {}) } as Line["event"] }]
  })
  const monitors = new Monitors(foreign)
  const said = [...monitors.hear(lines),
    ...monitors.atEnd(lines.at(-1)!.at_ms + 120_000, { calmSince_ms: 0, isAtRest: true })]
  return said.map(({ property }) => property)
}
/** Of the objects of a kind whose name begins so, in lines of that type; from the n-th on, or the n-th alone. */
const of = (
  resource: string, name: string, type: string, change: (object: any) => void, nth = 1, isOnce = true
): Lie => {
  let count = 0
  return (event) => {
    const is = event["resource"] === resource && event["object"].metadata.name.startsWith(name)
      && event["type"] === `object.${type}`
    if (!is || ++count < nth || (isOnce && count > nth)) return event
    const object = structuredClone(event["object"])
    change(object)
    return { ...event, object }
  }
}
const without = (is: (event: Event) => boolean): Lie => (event) => is(event) ? undefined : event
const isOf = (resource: string, type: string) => (event: Event): boolean =>
  event["resource"] === resource && event["type"] === `object.${type}`
const unready = (pod: any): void => {
  for (const condition of pod.status.conditions ?? []) if (condition.type === "Ready") condition.status = "False"
}

describe.skipIf(recordings.length === 0)("a lie is noticed by the promise that it breaks", () => {
  it("and none without one", () => {
    expect(broken("rolling-update", (event) => event)).toEqual([])
  })
  it.each<readonly [what: string, file: string, lie: Lie, sentence: string]>([
    ["a set is scaled up too far", "rolling-update", of("replicasets", "web-", "created", (set) => {
      set.spec.replicas = 6
    }, 2), "no set of a rolling Deployment is scaled up beyond what may be there at once"],
    ["an old set is scaled down at once", "rolling-update", of("replicasets", "web-", "updated", (set) => {
      if (set.metadata.annotations["deployment.kubernetes.io/revision"] === "1" && set.spec.replicas < 4) {
        set.spec.replicas = 0
      }
    }, 1, false), "no old set of a rolling Deployment gives up pods that are needed"],
    ["old pods are still there", "recreate", (event) => isOf("pods", "deleted")(event) ? undefined
      : of("pods", "web-", "updated", (pod) => { pod.status.phase = "Running" })(event),
      "a Deployment that recreates asks for new pods only when the old ones are gone"],
    ["a Deployment has more than its sets", "scale", of("deployments", "web", "updated", (deployment) => {
      deployment.status.replicas = (deployment.status.replicas ?? 0) + 7
    }, 5), "a Deployment's status says what its sets were at some revision not long ago"],
    ["a set has no owner that there is", "scale", of("replicasets", "web-", "created", (set) => {
      set.metadata.ownerReferences[0].uid = "other"
    }), "a Deployment's set is made for one that exists, and named after it"],
    ["a generation is not observed", "scale", of("deployments", "web", "updated", (deployment) => {
      deployment.status.observedGeneration = 1
    }, 1, false), "every generation of a Deployment is soon reported on"],
    ["the first pod was never ready", "statefulset", of("pods", "db-0", "updated", unready, 1, false),
      "a pod of an ordered StatefulSet is made only when all before it are up"],
    ["a pod has an ordinal that is not wanted", "statefulset", of("statefulsets", "db", "created", (set) => {
      set.spec.replicas = 0
    }), "a StatefulSet's pod is made for one that exists, under the name of an ordinal that is wanted"],
    ["a StatefulSet says that more are ready", "statefulset", of("statefulsets", "db", "updated", (set) => {
      set.status.readyReplicas = 2
    }, 2), "a StatefulSet's status says what its pods were at some revision not long ago"],
    ["a node's pod was not made", "daemonset", without((event) => event["resource"] === "pods"
      && event["object"].spec.nodeName === "w3"),
      "a DaemonSet's status says what its pods and the nodes were not long ago"],
    ["a DaemonSet's pod is for no node", "daemonset", of("pods", "ds-", "created", (pod) => {
      delete pod.spec.affinity
    }), "a DaemonSet's pod is made for one that exists, and for one node"],
    ["a Job's list loses a pod", "job", of("jobs", "good", "updated", (job) => {
      job.status.uncountedTerminatedPods = {}
    }, 3), "a pod that has ended is let go of by its Job only after it was listed"],
    ["a Job counts one more", "job", of("jobs", "good", "updated", (job) => {
      job.status.succeeded = 4
    }, 4), "what leaves a Job's list of uncounted pods is counted, once"],
    ["a Job lists a pod that runs", "job", of("pods", "good-", "updated", (pod) => {
      pod.status.phase = "Running"
    }, 1, false), "a Job is about to count a pod only when it has ended"],
    ["a Job wants one pod", "job", of("jobs", "good", "created", (job) => { job.spec.parallelism = 1 }),
      "a Job has no more active pods made than it asks for"],
    ["a Job's pod is not tracked", "job", of("pods", "good-", "created", (pod) => { delete pod.metadata.finalizers }),
      "a Job's pod is made for one that exists, and cannot go before it is counted"],
    ["an endpoint's pod is not ready", "statefulset", of("pods", "db-1", "updated", unready, 1, false),
      "an endpoint is ready only while its pod is, and tells what its pod is"],
    ["an endpoint is ready and terminating", "statefulset", of("endpointslices", "db-", "updated", (slice) => {
      for (const { conditions } of slice.endpoints ?? []) if (conditions.terminating) conditions.ready = true
    }, 4), "an endpoint is ready only while its pod is, and tells what its pod is"],
    ["a Service keeps an address", "namespace", of("endpointslices", "web-", "updated", (slice) => {
      slice.endpoints = [{ addresses: ["10.0.0.9"], conditions: {}, targetRef: { uid: "gone", name: "gone" } }]
    }, 2), "an endpoint is ready only while its pod is, and tells what its pod is"],
    ["nobody took a permit", "pdb-drain", of("poddisruptionbudgets", "web", "updated", (budget) => {
      delete budget.status.disruptedPods
    }, 1, false), "who is ready and evicted under a budget has taken a permit of it"],
    ["a budget has none to spare", "pdb-drain", of("poddisruptionbudgets", "web", "updated", (budget) => {
      budget.status.desiredHealthy = 4
    }), "a budget lets a pod go only when more are healthy than must be"],
    ["a budget counts one too many", "pdb-drain", of("poddisruptionbudgets", "web", "updated", (budget) => {
      budget.status.currentHealthy = 5
    }), "a budget's status says how many of its pods were healthy at some revision not long ago"],
    ["a budget's numbers are old", "pdb-drain", without((event) => isOf("poddisruptionbudgets", "updated")(event)
      && event["object"].status.currentHealthy === 4 && event["object"].status.disruptedPods === undefined
      && event["revision"] > 350), "at rest a budget's numbers are those of its pods"]
  ])("%s", (_, file, lie, sentence) => {
    expect(broken(file, lie)).toContain(sentence)
  })
})
