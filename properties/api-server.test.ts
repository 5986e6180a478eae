/** Two servers on three members in a small world: what a client asks, and every line held against its chart. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import * as apiServer from "#impl/api-server.ts"
import { groundTruth } from "#impl/api-server/ground-truth.ts"
import type { ApiError } from "#impl/client/errors.ts"
import * as client from "#impl/client.ts"
import * as etcd from "#impl/etcd.ts"
import type { Services } from "#impl/sim/world.ts"
import { World } from "#impl/sim/world.ts"
import { charts as apiServerCharts } from "#model/api-server.ts"
import { charts as clientCharts } from "#model/client.ts"
import { charts as controllerCharts } from "#model/controllers.ts"
import { charts as etcdCharts } from "#model/etcd.ts"
import type { Line } from "#model/events.ts"
import { charts as hardwareCharts } from "#model/hardware.ts"
import type { Fault } from "#model/events/faults.ts"
import type { ApiObject } from "#model/kinds.ts"
import type { GivenMeta } from "#model/objects/metadata.ts"
import type { GivenPod, GivenPodSpec } from "#model/objects/pod.ts"
import type { GivenReplicaSet } from "#model/objects/replica-set.ts"
import { laterBy, timeOf } from "#model/objects/time.ts"
import { charts as podCharts } from "#model/pod.ts"
import { properties as apiServerProperties } from "#properties/api-server.ts"
import { Conformance } from "#properties/harness/judge.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import { properties as podProperties } from "#properties/pod.ts"

const members = ["etcd/0", "etcd/1", "etcd/2"]
const charts = { ...hardwareCharts, ...etcdCharts, ...apiServerCharts, ...clientCharts, ...podCharts,
  ...controllerCharts }
type Api = client.Client["Service"]
type Script = (api: Api) => Effect.Effect<void, ApiError>

const pod = (name: string, changed: GivenMeta = {}, spec: Partial<GivenPodSpec> = {}): GivenPod & {
  readonly metadata: GivenMeta } => ({
  apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", ...changed },
  spec: { containers: [{ name: "c", image: "nginx:1" }], ...spec }
})
const replicaSet = (name: string): GivenReplicaSet => ({
  apiVersion: "apps/v1", kind: "ReplicaSet", metadata: pod(name).metadata,
  spec: { replicas: 2, selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "nginx:1" }] } } }
})

interface Setting {
  readonly seed?: number
  readonly parts?: Partial<apiServer.Parts>
  readonly faults?: ReadonlyArray<Fault>
  readonly until_ms?: number
  readonly freeze?: boolean
}

/** Runs scripts, each as a client of its own, and returns what was wrong and what was written. */
const run = (scripts: ReadonlyArray<Script>, setting: Setting = {}) => {
  const conformance = new Conformance({ charts })
  const lines: Array<Line> = []
  const wrong: Array<string> = []
  const failures: Array<unknown> = []
  let finished = 0
  const monitors = new Monitors([...apiServerProperties, ...podProperties])
  const world = new World({
    seed: setting.seed ?? 1, groundTruth, freeze: setting.freeze ?? true,
    listen: (line) => {
      lines.push(line)
      const disagreement = conformance.line(line)
      if (disagreement !== undefined) wrong.push(disagreement.message)
      for (const { message, property } of monitors.hear([line])) wrong.push(`${property}: ${message}`)
    }
  })
  members.forEach((name, i) => {
    world.addMachine({ name: `cp-${i}`, role: "control-plane", capacity: {}, labels: {} })
    world.addProcess({ name, machine: `cp-${i}`, program: etcd.program({ members, id: name }) })
  })
  for (const id of [0, 1]) {
    world.addProcess({ name: `api-server/${id}`, machine: `cp-${id}`,
      program: apiServer.program(
        { id, etcdEndpoints: members, disabledAdmissionPlugins: ["ServiceAccount", "Priority"] }, setting.parts) })
  }
  world.addBalancer("api-server", ["api-server/0", "api-server/1"])
  scripts.forEach((script, i) => {
    const name = `script/${i}`
    world.addMachine({ name: `w-${i}`, role: "worker", capacity: {}, labels: {} })
    const program = Effect.gen(function* () {
      const api = yield* client.Client
      yield* Effect.sleep(5_000)
      yield* script(api).pipe(Effect.catch((failure) => Effect.sync(() => failures.push(failure))))
      finished += 1
      return yield* Effect.never
    }).pipe(Effect.provide(client.layer(name))) as Effect.Effect<never, never, Services>
    world.addProcess({ name, machine: `w-${i}`, program })
  })
  for (const fault of setting.faults ?? []) world.inject(fault)
  world.start()
  world.run(setting.until_ms ?? 60_000)
  const events = lines.map((line) => line.event.type)
  return { lines, wrong, failures, finished, panics: world.panics, events, world }
}

const clean = ({ failures, finished, panics, wrong }: ReturnType<typeof run>, scripts = 1): void => {
  expect({ wrong, panics, failures, finished }).toEqual({ wrong: [], panics: [], failures: [], finished: scripts })
}
const reasonOf = <A>(effect: Effect.Effect<A, ApiError>): Effect.Effect<string> => effect.pipe(
  Effect.map(() => "ok"),
  Effect.catch((failure) =>
    Effect.succeed("status" in failure ? failure.status.reason ?? "" : failure._tag)))

/** Everything, over and over, on few names. */
const writer = (i: number): Script => (api) => Effect.gen(function* () {
  for (let n = 0; n < 40; n += 1) {
    const name = `p${i}-${n % 4}`
    yield* reasonOf(api.create("pods", pod(name, {}, { nodeName: "n1" })))
    yield* reasonOf(api.patch("pods", "default", name, { metadata: { labels: { n: String(n) } } }))
    const read = yield* Effect.option(api.get("pods", "default", name))
    if (read._tag === "Some") {
      const metadata = { ...read.value.metadata, labels: { u: String(n) } }
      yield* reasonOf(api.update("pods", { ...read.value, metadata }))
    }
    yield* reasonOf(api.list("pods"))
    yield* reasonOf(api.delete("pods", "default", name, n % 2 === 0 ? {} : { gracePeriodSeconds: 0 }))
    yield* Effect.sleep(500)
  }
})
const watcher: Script = (api) => Effect.gen(function* () {
  for (let n = 0; n < 200; n += 1) {
    const stream = yield* Effect.option(api.watch("pods", { sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: true, timeoutSeconds: 15 }))
    if (stream._tag === "None") yield* Effect.sleep(1_000)
    else while ((yield* stream.value.next) !== "closed");
  }
})

describe("an API server", () => {
  it("keeps the rules of metadata", () => {
    const result = run([(api) => Effect.gen(function* () {
      const created = yield* api.create("pods", pod("a"))
      expect(created.metadata).toMatchObject({ name: "a", generation: 1 })
      expect(created.metadata.uid).not.toBe("")
      expect(created.spec.tolerations).toHaveLength(2)
      expect(created.spec.terminationGracePeriodSeconds).toBe(30)
      expect(yield* reasonOf(api.create("pods", pod("a")))).toBe("AlreadyExists")
      expect(yield* reasonOf(api.create("pods", pod("b", { resourceVersion: "5" })))).toBe("")
      expect(yield* reasonOf(api.create("pods", pod("B!")))).toBe("Invalid")
      const generated = yield* api.create("pods", pod("", { generateName: "web-" }))
      expect(generated.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
      const labelled = yield* api.patch("pods", "default", "a", { metadata: { labels: { x: "y" } } })
      expect(labelled.metadata.generation).toBe(1)
      const same = yield* api.patch("pods", "default", "a", { metadata: { labels: { x: "y" } } })
      expect(same.metadata.resourceVersion).toBe(labelled.metadata.resourceVersion)
      expect(yield* reasonOf(api.update("pods", created))).toBe("Conflict")
      const status = yield* api.updateStatus("pods", { ...labelled, status: { phase: "Running" },
        spec: { ...labelled.spec, nodeName: "sneaky" } })
      expect(status.spec.nodeName).toBeUndefined()
      const spec = yield* api.update("pods", { ...status, status: { phase: "Failed" },
        spec: { ...status.spec, containers: status.spec.containers.map((c) => ({ ...c, image: "nginx:2" })) } })
      expect(spec).toMatchObject({ status: { phase: "Running" }, metadata: { generation: 2 } })
      expect(yield* reasonOf(api.update("pods", { ...spec, spec: { ...spec.spec, nodeName: "n" } }))).toBe("Invalid")
      const set = yield* api.create("replicasets", replicaSet("r"))
      const scaled = yield* api.patch("replicasets", "default", "r", { spec: { replicas: 5 } })
      expect([set.metadata.generation, scaled.metadata.generation]).toEqual([1, 2])
    })])
    clean(result)
  })

  it("binds once", () => {
    const result = run([(api) => Effect.gen(function* () {
      const created = yield* api.create("pods", pod("a"))
      const binding = (node: string, uid = created.metadata.uid) => api.bind({ apiVersion: "v1", kind: "Binding",
        metadata: { name: "a", namespace: "default", uid }, target: { kind: "Node", name: node } })
      expect(yield* reasonOf(binding("n1", "another"))).toBe("Conflict")
      yield* binding("n1")
      expect(yield* reasonOf(binding("n2"))).toBe("Conflict")
      const bound = yield* api.get("pods", "default", "a")
      expect(bound).toMatchObject({ spec: { nodeName: "n1" }, metadata: { generation: 1 } })
      expect(bound.status.conditions).toMatchObject([{ type: "PodScheduled", status: "True" }])
      yield* api.create("pods", pod("gated", {}, { schedulingGates: [{ name: "wait" }] }))
      expect(yield* reasonOf(api.bind({ apiVersion: "v1", kind: "Binding",
        metadata: { name: "gated", namespace: "default" }, target: { kind: "Node", name: "n1" } }))).toBe("Conflict")
    })])
    clean(result)
  })

  it("deletes gracefully, shortens only, and waits for finalizers", () => {
    const result = run([(api) => Effect.gen(function* () {
      yield* api.create("pods", pod("free"))
      yield* api.delete("pods", "default", "free")
      expect(yield* reasonOf(api.get("pods", "default", "free"))).toBe("NotFound")
      const first = yield* api.create("pods", pod("a", {}, { nodeName: "n1" }))
      yield* api.delete("pods", "default", "a")
      const marked = yield* api.get("pods", "default", "a")
      expect(marked.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, generation: 2 })
      yield* api.delete("pods", "default", "a", { gracePeriodSeconds: 60 })
      expect((yield* api.get("pods", "default", "a")).metadata.resourceVersion).toBe(marked.metadata.resourceVersion)
      yield* api.delete("pods", "default", "a", { gracePeriodSeconds: 10 })
      expect((yield* api.get("pods", "default", "a")).metadata.deletionTimestamp)
        .toBe(laterBy(marked.metadata.deletionTimestamp!, -20))
      expect(yield* reasonOf(api.delete("pods", "default", "a", { preconditions: { uid: "other" } }))).toBe("Conflict")
      yield* api.delete("pods", "default", "a",
        { gracePeriodSeconds: 0, preconditions: { uid: first.metadata.uid } })
      expect(yield* reasonOf(api.get("pods", "default", "a"))).toBe("NotFound")
      yield* api.create("replicasets", { ...replicaSet("r"),
        metadata: { ...replicaSet("r").metadata, finalizers: ["user/keep"] } })
      yield* api.delete("replicasets", "default", "r")
      const held = yield* api.get("replicasets", "default", "r")
      expect(held.metadata.deletionTimestamp).toBeDefined()
      expect(yield* reasonOf(api.patch("replicasets", "default", "r",
        { metadata: { finalizers: ["user/keep", "user/more"] } }))).toBe("Invalid")
      yield* api.patch("replicasets", "default", "r", { metadata: { finalizers: null } })
      expect(yield* reasonOf(api.get("replicasets", "default", "r"))).toBe("NotFound")
    })])
    clean(result)
    expect(result.events).toContain("finalizers.emptied")
  })

  it("lists consistently from any server, and watches from a revision", () => {
    const script = (i: number): Script => (api) => Effect.gen(function* () {
      const created = yield* api.create("pods", pod(`p${i}`, { labels: { app: String(i) } }, { nodeName: `n${i}` }))
      const list = yield* api.list("pods")
      expect(list.items.map((item) => item.metadata.name)).toContain(`p${i}`)
      expect(Number(list.resourceVersion)).toBeGreaterThanOrEqual(Number(created.metadata.resourceVersion))
      const exact = yield* api.list("pods",
        { resourceVersion: created.metadata.resourceVersion, resourceVersionMatch: "Exact" })
      expect(exact.resourceVersion).toBe(created.metadata.resourceVersion)
      const stream = yield* api.watch("pods", {
        fieldSelector: `spec.nodeName=n${i}`, sendInitialEvents: true, resourceVersionMatch: "NotOlderThan",
        allowWatchBookmarks: true
      })
      expect(yield* stream.next).toMatchObject({ type: "ADDED", object: { metadata: { name: `p${i}` } } })
      expect(yield* stream.next).toMatchObject({ type: "BOOKMARK", initialEventsEnd: true })
      const live = yield* api.watch("pods", { labelSelector: `app=${i}`,
        resourceVersion: created.metadata.resourceVersion, timeoutSeconds: 20 })
      yield* api.patch("pods", "default", `p${i}`, { metadata: { labels: { app: "gone" } } })
      expect(yield* live.next).toMatchObject({ type: "DELETED", object: { metadata: { labels: { app: String(i) } } } })
      expect(yield* stream.next).toMatchObject({ type: "MODIFIED" })
      yield* api.delete("pods", "default", `p${i}`, { gracePeriodSeconds: 0 })
      expect(yield* stream.next).toMatchObject({ type: "MODIFIED" })
      expect(yield* stream.next).toMatchObject({ type: "DELETED" })
      stream.cancel()
      expect(yield* live.next).toBe("closed")
      const old = yield* api.watch("pods", { resourceVersion: "1" })
      expect(yield* old.next).toMatchObject({ type: "ADDED" })
      old.cancel()
    })
    const result = run([script(0), script(1), script(2)], { until_ms: 90_000 })
    clean(result, 3)
    expect(result.events).toContain("serverWatch.synced")
    expect(result.events).toContain("serverWatch.closed")
  })

  it("refuses a revision from the future after three seconds, and one from the past at once", () => {
    const result = run([(api) => Effect.gen(function* () {
      expect(yield* reasonOf(api.list("pods", { resourceVersion: "1000000" }))).toBe("Timeout")
      const stream = yield* api.watch("pods", { resourceVersion: "1000000" })
      expect(yield* stream.next).toMatchObject({ type: "ERROR", status: { code: 504 } })
    })])
    clean(result)
  })

  it("survives crashes, partitions and leader changes without a broken rule", () => {
    for (const seed of [1, 2, 3]) {
      const result = run([writer(0), writer(1), watcher], { seed, freeze: false, until_ms: 300_000, faults: [
        { type: "process.crash", id: 1, at_ms: 8_000, process: "api-server/0", restart_ms: 3_000 },
        { type: "process.crash", id: 2, at_ms: 15_000, process: "etcd/0", restart_ms: 5_000 },
        { type: "network.partition", id: 3, at_ms: 25_000, duration_ms: 20_000, from: ["cp-1"], to: ["cp-0", "cp-2"],
          oneWay: false },
        { type: "process.restart", id: 4, at_ms: 60_000, process: "api-server/1", restart_ms: 2_000 },
        { type: "process.crash", id: 5, at_ms: 70_000, process: "etcd/1", restart_ms: 5_000 },
        { type: "process.crash", id: 6, at_ms: 70_500, process: "etcd/2", restart_ms: 9_000 }
      ] })
      expect({ wrong: result.wrong.slice(0, 5), panics: result.panics }).toEqual({ wrong: [], panics: [] })
    }
  }, 60_000)
})

describe("a planted bug", () => {
  const faults: ReadonlyArray<Fault> = [
    { type: "network.partition", id: 1, at_ms: 10_000, duration_ms: 8_000, from: ["cp-1"], to: ["cp-0", "cp-2"],
      oneWay: false }
  ]
  const binder: Script = (api) => Effect.gen(function* () {
    for (let n = 0; n < 10; n += 1) {
      const created = yield* api.create("pods", pod(`b${n}`))
      if (n % 2 === 0) yield* reasonOf(api.delete("pods", "default", `b${n}`, { preconditions: { uid: "another" } }))
      for (const node of ["n1", "n2"]) {
        yield* reasonOf(api.bind({ apiVersion: "v1", kind: "Binding", target: { kind: "Node", name: node },
          metadata: { name: `b${n}`, namespace: "default", uid: created.metadata.uid } }))
      }
      yield* reasonOf(api.delete("pods", "default", `b${n}`))
      yield* reasonOf(api.delete("pods", "default", `b${n}`, { gracePeriodSeconds: 300 }))
      yield* Effect.sleep(300)
    }
  })
  const resumer: Script = (api) => Effect.gen(function* () {
    for (let n = 0; n < 20; n += 1) {
      const { resourceVersion } = yield* api.list("pods")
      yield* Effect.sleep(700)
      const stream = yield* api.watch("pods", { resourceVersion, timeoutSeconds: 3 })
      while ((yield* stream.next) !== "closed");
    }
  })
  const bugs: ReadonlyArray<readonly [string, Partial<apiServer.Parts>]> = [
    ["a cache that claims to be fresh", { isFresh: () => true }],
    ["a watch that begins one event too early", {
      watchStart: (cache, revision) => Math.max(0, cache.positionAfter(revision) - 1) }],
    ["a cache that loses deletions", { applyEvent: (cache, event) => {
      if (event.object === undefined) return false
      cache.apply(event)
      return true
    } }],
    ["a write without a condition", { compareRevision: () => [] }],
    ["preconditions that nobody checks", { checkPreconditions: () => undefined }],
    ["a grace period that grows", { decideDeletion: (object, grace_s = 30, now_ms) => {
      const metadata = { ...object.metadata, deletionTimestamp: timeOf(now_ms + grace_s * 1000),
        deletionGracePeriodSeconds: grace_s, generation: (object.metadata.generation ?? 0) + 1 }
      return { type: "mark", thenRemove: false, object: { ...object, metadata } as ApiObject }
    } }],
    ["a binding that nobody checks", { checkBinding: () => undefined }],
    ["a no-op that is written", { isUnchanged: () => false }]
  ]
  const attempt = (parts: Partial<apiServer.Parts>) =>
    run([writer(0), writer(0), binder, resumer, watcher], { parts, faults, freeze: false, until_ms: 70_000 })
  it("is what makes the difference", () => {
    expect(attempt({}).wrong).toEqual([])
  })
  it.each(bugs)("%s is found by a property", (_name, parts) => {
    const result = attempt(parts)
    expect(result.wrong.filter((text) => !text.startsWith("line "))).not.toEqual([])
  })
})
