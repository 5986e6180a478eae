/** What may not happen to objects that only a recorded cluster has, one lie after the other: their charts refuse it. */
import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { foreignCharts } from "#model/controllers.ts"
import { chartOf } from "#model/observed.ts"
import { CompiledChart } from "#properties/harness/judge/compile.ts"

type Fields = Readonly<Record<string, any>>
/** One version of the object: its parts, and what of the metadata is not as always. */
type Version = { readonly meta?: Fields } & Fields

/** How many versions the chart takes before it refuses one; all of them if it refuses none. */
const taken = (resource: string, versions: ReadonlyArray<Version>): number => {
  const chart = new CompiledChart(charts[chartOf(resource)]!, {})
  const instance = chart.start()
  const objects = versions.map(({ meta, ...parts }, i) => ({
    metadata: { name: "one", namespace: "ns", uid: "u", resourceVersion: String(i + 1), generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z", ...meta }, ...parts
  }))
  const judged = (object: object, seq: number): { readonly type: string } => ({
    type: seq === 0 ? "object.created" : "object.updated", resource, revision: seq + 1, object,
    key: `/registry/${resource}/ns/one`, previous: objects[seq - 1],
    ...{ seq, at_ms: seq, clock_ms: seq, actor: "etcd", entity: "u" }
  } as { readonly type: string })
  const refused = objects.findIndex((object, seq) => !chart.step(instance, judged(object, seq)))
  return refused < 0 ? objects.length : refused
}

const selector = { matchLabels: { app: "web" } }
const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "a" }] } }
const other = { ...template, spec: { containers: [{ name: "c", image: "b" }] } }
const condition = (type: string, status: string, reason: string, lastTransitionTime = "2026-01-01T00:00:00Z") =>
  ({ type, status, reason, lastTransitionTime })

const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } }
const web = { spec: { replicas: 4, selector, template, strategy } }
const counts = { observedGeneration: 1, replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4 }
const available = condition("Available", "True", "MinimumReplicasAvailable")
const rolling = { ...web, status: { ...counts, readyReplicas: 3, availableReplicas: 3, conditions: [available,
  condition("Progressing", "True", "ReplicaSetUpdated")] } }
const rolled = { ...web, status: { ...counts, conditions: [available,
  condition("Progressing", "True", "NewReplicaSetAvailable")] } }
const pausedSpec = { ...web.spec, paused: true }

const db = { spec: { replicas: 2, selector, template, serviceName: "db", updateStrategy: { type: "RollingUpdate" } } }
const ordered = { ...db, status: { observedGeneration: 1, replicas: 2, readyReplicas: 2, availableReplicas: 2,
  currentReplicas: 2, updatedReplicas: 2, currentRevision: "a", updateRevision: "a", collisionCount: 1 } }
const newSet = { ...db, status: { replicas: 0, availableReplicas: 0 } }

const templates = (count: string): Fields => ({ annotations: { "deprecated.daemonset.template.generation": count } })
const none = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }
const agent = { meta: templates("1"), spec: { selector, template, updateStrategy: { type: "OnDelete" } } }
const everywhere = { ...agent, status: { ...none, observedGeneration: 1, currentNumberScheduled: 2,
  desiredNumberScheduled: 2, numberReady: 1, numberAvailable: 1, numberUnavailable: 1, updatedNumberScheduled: 2 } }

const own = { matchLabels: { "batch.kubernetes.io/controller-uid": "u" } }
const task = { ...template, metadata: { labels: { ...own.matchLabels, "batch.kubernetes.io/job-name": "one" } } }
const work = { spec: { parallelism: 1, completions: 2, selector: own, template: task, suspend: false } }
const met = condition("SuccessCriteriaMet", "True", "CompletionsReached")
const started = { ...work, status: { startTime: "2026-01-01T00:00:00Z", active: 1, succeeded: 1, failed: 1 } }
const met2 = { ...work, status: { startTime: "2026-01-01T00:00:00Z", succeeded: 1, failed: 1, conditions: [met],
  uncountedTerminatedPods: { succeeded: ["p"] } } }
const done = { ...work, status: { startTime: "2026-01-01T00:00:00Z", completionTime: "2026-01-01T00:00:09Z",
  succeeded: 2, failed: 1, conditions: [met, condition("Complete", "True", "CompletionsReached")] } }
const resting = { ...work, spec: { ...work.spec, suspend: true } }

const budget = { spec: { minAvailable: 1, selector } }
const granted = { currentHealthy: 3, desiredHealthy: 1, expectedPods: 3, observedGeneration: 1 }
const allows = { ...budget, status: { ...granted, disruptionsAllowed: 2,
  conditions: [{ ...condition("DisruptionAllowed", "True", "SufficientPods"), observedGeneration: 1 }] } }
const evicts = { ...allows, status: { ...allows.status, disruptionsAllowed: 1, disruptedPods: { a: "now" } } }

const endpoint = (address: string) => ({ addresses: [address], conditions: { ready: true } })
const slice = { addressType: "IPv4", endpoints: [endpoint("10.0.0.1")], ports: [{ name: "", port: 80 }] }

const measured = (version: Version): Version =>
  ({ ...version, spec: { ...version["spec"], progressDeadlineSeconds: 600 } })
const changed = <T extends Version>(version: T, part: "spec" | "status", fields: Fields, meta: Fields = {}): Version =>
  ({ ...version, [part]: { ...version[part], ...fields }, meta: { ...version.meta, ...meta } })
const next = { generation: 2 }

describe("an object's chart refuses", () => {
  it.each([
    ["a Deployment that begins with a status", "deployments", [rolling]],
    ["another selector", "deployments", [{ ...web, status: {} },
      changed({ ...web, status: {} }, "spec", { selector: { matchLabels: {} } }, next)]],
    ["more ready pods than there are", "deployments", [{ ...web, status: {} },
      changed(rolling, "status", { readyReplicas: 5 })]],
    ["a status of a generation that is to come", "deployments", [{ ...web, status: {} },
      changed(rolling, "status", { observedGeneration: 2 })]],
    ["a status of an earlier generation than the last", "deployments", [{ ...web, status: {} }, rolling,
      changed(rolling, "status", { observedGeneration: 0 })]],
    ["availability where too few are", "deployments", [{ ...web, status: {} },
      changed(rolling, "status", { availableReplicas: 2 })]],
    ["a roll-out that is complete while one is missing", "deployments", [{ ...web, status: {} }, rolling,
      changed(rolled, "status", { availableReplicas: 3, readyReplicas: 3 })]],
    ["a deadline for who is complete", "deployments", [{ ...web, status: {} }, rolled,
      changed(rolled, "status", { conditions: [available, condition("Progressing", "False",
        "ProgressDeadlineExceeded")] })]],
    ["a condition that became true anew without becoming false", "deployments", [{ ...web, status: {} }, rolling,
      changed(rolling, "status", { conditions: [{ ...available, lastTransitionTime: "2026-01-01T00:00:05Z" },
        condition("Progressing", "True", "ReplicaSetUpdated")] })]],
    ["availability that nobody speaks of any more", "deployments", [{ ...web, status: {} }, rolling,
      changed(rolling, "status", { conditions: [condition("Progressing", "True", "ReplicaSetUpdated")] })]],
    ["a reason that is none", "deployments", [{ ...web, status: {} }, changed(rolling, "status", { conditions:
      [condition("Available", "True", "Enough"), condition("Progressing", "True", "ReplicaSetUpdated")] })]],
    ["progress that nobody measures any more", "deployments", [measured({ ...web, status: {} }), measured(rolling),
      changed(measured(rolling), "status", { conditions: [available] })]],
    ["a label that came with the status", "deployments", [{ ...web, status: {} },
      { ...rolling, meta: { labels: { a: "1" } } }]],
    ["a pause that nobody asked for", "deployments", [{ ...web, status: {} }, rolling, changed(rolling, "status",
      { conditions: [available, condition("Progressing", "Unknown", "DeploymentPaused")] })]],
    ["another service of a StatefulSet", "statefulsets", [newSet, changed(newSet, "spec", { serviceName: "x" }, next)]],
    ["a lower count of collisions", "statefulsets", [newSet, ordered,
      changed(ordered, "status", { collisionCount: 0 })]],
    ["a current revision that was not wanted", "statefulsets", [newSet, ordered,
      changed(ordered, "status", { currentRevision: "c", currentReplicas: 0 })]],
    ["another wanted revision of the same generation", "statefulsets", [newSet, ordered,
      changed(ordered, "status", { updateRevision: "b", updatedReplicas: 0 })]],
    ["pods of two revisions", "statefulsets", [newSet, changed(ordered, "spec", {}),
      changed(ordered, "spec", { replicas: 2, template: other }, next),
      changed(changed(ordered, "spec", { template: other }, next), "status", { observedGeneration: 2,
        updateRevision: "b", updatedReplicas: 1 })]],
    ["a new template that is not counted", "daemonsets", [{ ...agent, status: none },
      changed({ ...agent, status: none }, "spec", { template: other }, next)]],
    ["a count of templates for none", "daemonsets", [{ ...agent, status: none },
      { ...agent, status: none, meta: templates("2") }]],
    ["more pods than nodes", "daemonsets", [{ ...agent, status: none },
      changed(everywhere, "status", { currentNumberScheduled: 3 })]],
    ["a number of unavailable that does not add up", "daemonsets", [{ ...agent, status: none },
      changed(everywhere, "status", { numberUnavailable: 2 })]],
    ["a Job's new template while it runs", "jobs", [{ ...work, status: {} }, started,
      changed(started, "spec", { template: { ...task, spec: other.spec } }, next)]],
    ["another image while it is suspended", "jobs", [{ ...resting, status: {} },
      changed({ ...resting, status: {} }, "spec", { template: { ...task, spec: other.spec } }, next)]],
    ["a Job that selects another's pods", "jobs", [{ ...work, status: {}, meta: { uid: "v" } }]],
    ["a condition that is said anew", "jobs", [{ ...work, status: {} }, started, met2,
      changed(met2, "status", { conditions: [{ ...met, lastTransitionTime: "2026-01-01T00:00:05Z" }] })]],
    ["other completions", "jobs", [{ ...work, status: {} },
      changed({ ...work, status: {} }, "spec", { completions: 3 }, next)]],
    ["fewer failed pods", "jobs", [{ ...work, status: {} }, started, changed(started, "status", { failed: 0 })]],
    ["fewer succeeded pods", "jobs", [{ ...work, status: {} }, started, changed(started, "status", { succeeded: 0 })]],
    ["another start", "jobs", [{ ...work, status: {} }, started,
      changed(started, "status", { startTime: "2026-01-01T00:00:01Z" })]],
    ["an end without a reason", "jobs", [{ ...work, status: {} }, started,
      changed(done, "status", { conditions: [condition("Complete", "True", "CompletionsReached")] })]],
    ["success that is taken back", "jobs", [{ ...work, status: {} }, started, met2, started]],
    ["an end that is taken back", "jobs", [{ ...work, status: {} }, started, done,
      changed(done, "status", { conditions: [met], completionTime: undefined })]],
    ["another time of its end", "jobs", [{ ...work, status: {} }, started, done,
      changed(done, "status", { completionTime: "2026-01-01T00:00:10Z" })]],
    ["an end while pods are active", "jobs", [{ ...work, status: {} }, started,
      changed(done, "status", { active: 1 })]],
    ["an end while pods are uncounted", "jobs", [{ ...work, status: {} }, started,
      changed(done, "status", { uncountedTerminatedPods: { failed: ["q"] } })]],
    ["a pod that failed and succeeded", "jobs", [{ ...work, status: {} },
      changed(started, "status", { uncountedTerminatedPods: { failed: ["q"], succeeded: ["q"] } })]],
    ["an index that failed and succeeded", "jobs", [{ ...work, status: {} },
      changed(started, "status", { completedIndexes: "0-2,4", failedIndexes: "2" })]],
    ["more permits than healthy pods to spare", "poddisruptionbudgets", [{ ...budget, status: {} },
      changed(allows, "status", { disruptionsAllowed: 3 })]],
    ["permits that its condition denies", "poddisruptionbudgets", [{ ...budget, status: {} },
      changed(allows, "status", { conditions: [condition("DisruptionAllowed", "False", "InsufficientPods")] })]],
    ["a condition of another generation", "poddisruptionbudgets", [{ ...budget, status: {} },
      changed(allows, "status", { conditions: [condition("DisruptionAllowed", "True", "SufficientPods")] })]],
    ["an eviction that takes no permit", "poddisruptionbudgets", [{ ...budget, status: {} }, allows,
      changed(evicts, "status", { disruptionsAllowed: 2 })]],
    ["two evictions at once", "poddisruptionbudgets", [{ ...budget, status: {} }, allows,
      changed(evicts, "status", { disruptedPods: { a: "now", b: "now" } })]],
    ["another type of addresses", "endpointslices", [slice, { ...slice, addressType: "IPv6", meta: next }]],
    ["an endpoint without an address", "endpointslices", [slice,
      { ...slice, endpoints: [{ addresses: [] }], meta: next }]]
  ] as ReadonlyArray<readonly [string, string, ReadonlyArray<Version>]>)("%s", (_, resource, versions) => {
    expect(taken(resource, versions)).toBe(versions.length - 1)
  })
})

describe("an object's chart takes", () => {
  it.each([
    ["a roll-out", "deployments", [{ ...web, status: {} }, rolling, rolled]],
    ["a pause", "deployments", [{ ...web, status: {} }, rolling, { ...rolling, spec: pausedSpec, meta: next },
      { ...rolling, spec: pausedSpec, meta: next, status: { ...rolling.status, observedGeneration: 2,
        conditions: [available, condition("Progressing", "Unknown", "DeploymentPaused", "2026-01-01T00:00:05Z")] } }]],
    ["what was counted for its namesake", "statefulsets", [newSet, changed(ordered, "status",
      { observedGeneration: 7 }), ordered]],
    ["a new template", "daemonsets", [{ ...agent, status: none }, everywhere,
      changed({ ...everywhere }, "spec", { template: other }, { ...next, ...templates("2") })]],
    ["a good end", "jobs", [{ ...work, status: {} }, started, met2, done]],
    ["other resources while it is suspended", "jobs", [{ ...resting, status: {} }, changed({ ...resting, status: {} },
      "spec", { template: { ...task, spec: { ...template.spec, nodeSelector: { a: "b" },
        containers: [{ ...template.spec.containers[0], resources: { limits: { cpu: "1" } } }] } } }, next)]],
    ["an eviction", "poddisruptionbudgets", [{ ...budget, status: {} }, allows, evicts]],
    ["another endpoint", "endpointslices", [slice,
      { ...slice, endpoints: [...slice.endpoints, endpoint("10.0.0.2")], meta: next }]]
  ] as ReadonlyArray<readonly [string, string, ReadonlyArray<Version>]>)("%s", (_, resource, versions) => {
    expect(taken(resource, versions)).toBe(versions.length)
  })
  it("something of each kind", () => {
    expect(Object.keys(foreignCharts)).toEqual(expect.arrayContaining(["deployments", "statefulsets", "daemonsets",
      "jobs", "poddisruptionbudgets", "endpointslices"].map(chartOf)))
  })
})
