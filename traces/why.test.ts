/** What `show --why` shows: for what came too late, what opened it; and what those concerned had seen. */
import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { Names } from "#traces/names.ts"
import { rows } from "#traces/timeline.ts"
import { seenBy, why } from "#traces/why.ts"

const uid = "00000001-0000-4000-8000-000000000000"
const other = "00000002-0000-4000-8000-000000000000"
type Said = readonly [at_ms: number, actor: string, chart: string, entity: string, event: object, cause?: number]
const lined = (...said: ReadonlyArray<Said>): ReadonlyArray<Line> =>
  said.map(([at_ms, actor, chart, entity, event, cause], seq) => ({ seq, at_ms, clock_ms: at_ms, actor, chart, entity,
    event, state: "s", ...(cause === undefined ? {} : { cause }) }) as unknown as Line)
const pod = (of: string, name: string, type: string, revision: number) => ({ type, revision, resource: "pods",
  key: `/registry/pods/default/${name}`, object: { metadata: { uid: of, name, namespace: "default" } } })
const copy = (revision: number, type = "reflector.reported") => ({ type, resource: "pods", resourceVersion: revision })

const lines = lined(
  [0, "machine/cp", "hardware.process", "scheduler/0", { type: "process.started" }],
  [5, "etcd", "pod.pod", uid, pod(uid, "web", "object.created", 7)],
  [5, "etcd", "pod.pod", other, pod(other, "idle", "object.created", 8)],
  [9, "scheduler/0", "informer.reflector", "pods?a=b", copy(7)],
  [10, "scheduler/0", "scheduler.binding", uid, { type: "podBinding.began", pod: "default/web" }, 1],
  [10, "scheduler/0", "scheduler.binding", uid, { type: "podBinding.failed", node: "n" }],
  [11, "scheduler/0", "scheduler.binding", other, { type: "podBinding.began", pod: "default/idle" }],
  [12, "kubelet/n", "client.request", "1.1", { type: "request.sent", verb: "patch", resource: "pods",
    key: "default/web" }],
  [13, "machine/cp", "hardware.process", "scheduler/0", { type: "process.paused" }],
  [14, "etcd/0", "etcd.raft", "etcd/0", { type: "entry.applied", key: "/registry/pods/default/web" }],
  [15, "etcd", "pod.pod", uid, pod(uid, "web", "object.updated", 9)],
  [99, "api-server/0", "etcd.kv", "x", { type: "kv.returned" }]
)
const broke = (entity: string, since_ms: number, more: object = {}) =>
  ({ property: "a pod whose binding failed is queued again", obligation: { entity, since_ms, ...more } })

describe("why something came too late", () => {
  it("is told by the line that opened it, the entity's lines and those of who should have acted", () => {
    const explained = why(broke(`${uid} at scheduler/0`, 10), lines)
    expect(explained.seq).toBe(5)
    expect(explained.actors).toEqual(["scheduler/0"])
    // Its past and what is of the pod since; not the other pod's, not etcd's own, not the last line.
    expect(explained.lines.map(({ seq }) => seq)).toEqual([1, 4, 5, 7, 8, 10])
  })
  it("is found by the name of the object, and then those acted who had to do with it", () => {
    const explained = why(broke("web on n", 5), lines)
    expect(explained.seq).toBe(1)
    expect(explained.actors).toEqual(["scheduler/0", "kubelet/n"])
  })
  it("is the line that the chart or the promise names, where it names one", () => {
    expect(why(broke(uid, 10, { actor: "scheduler/0", seq: 4 }), lines)).toMatchObject(
      { seq: 4, actors: ["scheduler/0"] })
  })
  it("is the causal past of a line when that is asked for, or broke", () => {
    expect(why(broke(uid, 10), lines, 4).lines.map(({ seq }) => seq)).toEqual([1, 4])
    expect(why({ property: "p", seq: 4 }, lines)).toMatchObject({ seq: 4, actors: ["scheduler/0"] })
    expect(why(undefined, lines).seq).toBe(11)
  })
})

describe("what a component had seen", () => {
  const pods = new Set(["pods"])
  it("is its last copy against what was committed", () => {
    expect(seenBy(["scheduler/0"], lines, pods)).toEqual(["scheduler/0 had seen pods?a=b up to revision 7 (line 3, " +
      "0.009 s); 2 of pods committed since, the last at revision 9 (line 10, 0.015 s), within its selection or not"])
    expect(seenBy(["scheduler/0"], lines.slice(0, 10), pods)[0]).toContain("1 of pods committed since")
    expect(why(broke(uid, 10), lines).seen).toHaveLength(1)
  })
  it("is told when nothing is missing only where it matters", () => {
    const all = [...lines,
      ...lined([100, "scheduler/0", "informer.reflector", "pods?a=b", copy(9, "reflector.listed")])]
    expect(seenBy(["scheduler/0"], all, pods)[0]).toContain("nothing of pods was committed since")
    expect(seenBy(["scheduler/0"], all, new Set())).toEqual([])
  })
  it("is nothing after a new start, and nothing of another kind", () => {
    const started = { type: "process.started" }
    const again = [...lines, ...lined([100, "machine/cp", "hardware.process", "scheduler/0", started])]
    expect(seenBy(["scheduler/0"], again, pods)).toEqual([])
    expect(seenBy(["scheduler/0"], lines, new Set(["nodes"]))).toEqual([])
  })
})

describe("names", () => {
  const names = new Names()
  for (const line of lines) names.hear(line)
  it("stand beside uids, and in the rows instead of them", () => {
    expect(names.beside(`${uid} is late`)).toBe(`${uid} (pods/default/web) is late`)
    expect(rows(lines.slice(4, 5), 4, { event: 60, actor: 12 }, names)[1]).toBe("     4    0.010 s  scheduler/0  " +
      "podBinding.began  pods/default/web  pod default/web          s  ✗")
  })
})
