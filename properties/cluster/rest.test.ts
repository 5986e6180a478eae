/**
 * The conditions of rest: each holds at the end of a run with two pods and no fault, and each says what is wrong when
 * the lines of that run are doctored. One without its lie here fails the test.
 */
import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { properties } from "#properties/all.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import { run } from "#properties/harness/run.ts"
import type { Property } from "#properties/property.ts"

const worker = (name: string) => ({ name, zone: "zone-a", capacity: { cpu: "4", memory: "8Gi", pods: "20" } })
const input: RunInput = {
  seed: 1, swarm: [], persistentUsers: false, faults: [], choices: [],
  topology: { etcds: 3, apiServers: 1, schedulers: 1, controllerManagers: 1,
    workers: ["worker-1", "worker-2"].map(worker) },
  operations: [{ id: 1, at_ms: 10_000, type: "replicaSet.create", name: "web", replicas: 2,
    template: { containers: [{ name: "main", image: "web" }] } }],
  safety_ms: 20_000, core_ms: 30_000, healed_ms: 100_000
}
const lines: Array<Line> = []
const { verdict } = run(input, { properties: [], patient: true, record: (line) => lines.push(line) })
const end_ms = lines.at(-1)!.at_ms

const says = (property: Property, told: ReadonlyArray<Line>): string | undefined => {
  const monitors = new Monitors([property])
  monitors.hear(told)
  return monitors.restless(end_ms)?.message
}

type Lie = (told: ReadonlyArray<Line>) => ReadonlyArray<Line>
type Which = (line: Line) => boolean
const of = (beginning: string, entity?: string): Which => (line) =>
  line.event.type.startsWith(beginning) && (entity === undefined || line.entity === entity)
const change = (resource: string): Which => ({ event }) => "resource" in event && event.resource === resource
  && event.type.startsWith("object.")
const without = (which: Which): Lie => (told) => told.filter((line) => !which(line))
/** The last of them is left out. */
const withoutLast = (which: Which): Lie => (told) => {
  const last = told.findLast(which)
  return told.filter((line) => line !== last)
}
/** The last of them says something else of what was committed. */
const altered = (which: Which, alter: (object: any) => object): Lie => (told) => {
  const last = told.findLast(which)!
  const event = last.event as { readonly object: object }
  const lie = { ...last, event: { ...event, object: alter(event.object) } } as Line
  return told.map((line) => line === last ? lie : line)
}
/** The last of them comes with the last line. */
const late = (which: Which): Lie => (told) => {
  const last = told.findLast(which)!
  return [...told.filter((line) => line !== last), { ...last, at_ms: end_ms, seq: told.at(-1)!.seq + 1 }]
}
const pod = lines.find((line) => change("pods")(line))!.entity
const ofPod: Which = (line) => change("pods")(line) && line.entity === pod
const node = lines.find((line) => change("nodes")(line))!.entity
const watch = lines.findLast(of("etcdWatch.sent"))!

type Told = readonly [lie: Lie, says: RegExp]
const lies: Readonly<Record<string, ReadonlyArray<Told>>> = {
  "every open watch of a working member has seen all that was committed": [
    [without((line) => line.event.type === "etcdWatch.sent" && line.actor === watch.actor &&
      line.entity === watch.entity && line.at_ms > end_ms - 60_000), /did not see revision/]],
  "every working member has applied what was committed": [
    [without((line) => line.event.type === "entry.applied" && line.actor === "etcd/2" && line.at_ms > end_ms - 60_000),
      /etcd\/2 has not applied entry/]],
  "at rest a scheduler's picture of nodes and pods is what is committed": [
    [without(of("schedulerCache.", pod)), /pod .* is not as committed/],
    [without(of("schedulerNode.", "worker-2")), /node worker-2 is not as committed/]],
  "at rest a ReplicaSet has what it wants and its status says so": [
    [altered(change("replicasets"), (set) => ({ ...set, status: { ...set.status, readyReplicas: 1 } })), /1 ready/],
    [without(ofPod), /wants 2 and has 1/]],
  "at rest the node controller sees the nodes as they are": [
    [without(of("nodeHealth.", "worker-2")), /worker-2 is True, and not there/],
    [altered(change("nodes"), (one) => ({ ...one, status: { ...one.status, conditions: [] } })), /, and True for/],
    [without((line) => change("nodes")(line) && line.entity === node), /sees worker-., which is gone/]],
  "at rest a namespace has what it wants and its status says so": [
    [withoutLast(change("serviceaccounts")), /has 0/]],
  "at rest nothing runs that the API does not have there": [
    [without(ofPod), /the API has no such pod/],
    [altered(ofPod, (one) => ({ ...one, spec: { ...one.spec, nodeName: "worker-9" } })), /bound to worker-9/]],
  "at rest a pod that runs is Running in the API, and one that is ready runs": [
    [altered(ofPod, (one) => ({ ...one, status: { ...one.status, phase: "Pending" } })), /is Pending/],
    [without(of("container.started")), /is ready and only 0 of its containers run/]],
  "at rest a kubelet works on the pods that are bound to its node and on no others": [
    [without(of("podWorker.", pod)), /does not work on/],
    [without(ofPod), /works on .*, which is not bound to its node/]],
  "At rest nothing that was asked is left unanswered for long": [
    [withoutLast((line) => line.event.type === "kv.returned" && line.at_ms < end_ms - 20_000), /is unanswered/]],
  "without users and faults the cluster comes to rest: nothing is written but leases": [
    [late(ofPod), /was updated at/]],
  "at rest every replica set has its pods and nothing is left terminating": [
    [altered(change("replicasets"), (set) => ({ ...set, spec: { ...set.spec, replicas: 3 } })), /has 2 .* wants 3/],
    [altered(change("replicasets"), (set) => ({ ...set, status: { ...set.status, replicas: 1 } })), /says it has 1/],
    [altered(ofPod, (one) => ({ ...one, metadata: { ...one.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } })),
      /is still terminating/]]
}

describe("at rest", () => {
  const conditions = properties.filter(({ kind }) => kind === "eventually")
  it("each condition has its lie", () => {
    expect(verdict).toBe("held")
    expect(Object.keys(lies).toSorted()).toEqual(conditions.map(({ name }) => name).toSorted())
  })
  it.each(conditions.map((property) => [property.name, property] as const))("%s", (name, property) => {
    expect(says(property, lines)).toBeUndefined()
    for (const [lie, what] of lies[name]!) expect(says(property, lie(lines))).toMatch(what)
  })
})
