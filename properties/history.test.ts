/** The history answers as of a line, although it is ahead of it, and as of a revision. */
import { describe, expect, it } from "vitest"
import type { Event, Line } from "#model/events.ts"
import { committed, History } from "#properties/history.ts"
import { Forced } from "#properties/kubelet/forced.ts"

const line = (seq: number, event: object, actor = "etcd", entity = "u"): Line =>
  ({ seq, at_ms: 10 * seq, clock_ms: 10 * seq, actor, chart: "", entity, event: event as Event, state: "" })

interface Given {
  readonly node?: string
  readonly owner?: string
  readonly phase?: string
}
const podOf = (name: string, { node, owner, phase = "Pending" }: Given): object => ({
  kind: "Pod", spec: { ...(node === undefined ? {} : { nodeName: node }) }, status: { phase },
  metadata: { name, ...(owner === undefined ? {} : { ownerReferences: [{ uid: owner, controller: true }] }) }
})
/** Revision and place of each line are the same number. */
const pod = (seq: number, type: "created" | "updated" | "deleted", uid: string, given: Given = {}): Line =>
  line(seq, { type: `object.${type}`, resource: "pods", revision: seq, key: "/registry/pods/default/web",
    object: podOf(uid, given) }, "etcd", uid)

const heard = (...batches: ReadonlyArray<ReadonlyArray<Line>>): History => {
  const history = new History()
  for (const lines of batches) {
    history.settle()
    for (const one of lines) history.hear(one)
  }
  return history
}
const names = (pods: ReadonlyArray<{ readonly metadata: { readonly name: string } }>): ReadonlyArray<string> =>
  pods.map(({ metadata }) => metadata.name)

describe("the store", () => {
  const batch = [
    pod(1, "created", "a", { owner: "s" }), pod(2, "updated", "a", { owner: "s", node: "n" }), pod(3, "created", "b"),
    pod(4, "updated", "a", { node: "n" }), pod(5, "deleted", "a"), pod(6, "updated", "b", { node: "n" })
  ]
  const asOf = (seq: number, history = heard(batch)) => {
    history.asOf(batch[seq - 1]!)
    const { pods } = history.now
    return { all: names(pods.all()), owned: names(pods.by("owner", "s")), onNode: names(pods.by("node", "n")) }
  }
  it("is as of the line that is heard, in whatever order lines are asked about", () => {
    expect(asOf(1)).toEqual({ all: ["a"], owned: ["a"], onNode: [] })
    expect(asOf(6)).toEqual({ all: ["b"], owned: [], onNode: ["b"] })
    expect(asOf(3)).toEqual({ all: ["a", "b"], owned: ["a"], onNode: ["a"] })
    expect(asOf(4)).toEqual({ all: ["a", "b"], owned: [], onNode: ["a"] })
  })
  it("is the same when lines come in batches of one", () => {
    const history = heard(...batch.map((one) => [one]))
    expect(asOf(6, history)).toEqual(asOf(6))
  })
  it("finds by uid and by name; who is gone is known", () => {
    const history = heard(batch)
    history.asOf(batch[4]!)
    const { pods } = history.now
    expect(pods.get("a")).toBeUndefined()
    expect(pods.known("a")?.spec.nodeName).toBe("n")
    expect(pods.known("c")).toBeUndefined()
    // The name is b's now, and was a's.
    expect(pods.named("default/web")?.metadata.name).toBe("b")
    expect([...pods.history("default/web")].map(({ seq }) => seq)).toEqual([3, 5, 4, 2, 1])
  })
  it("is known at each revision, also of those that left since, and never ahead of the line", () => {
    const history = heard(batch, [pod(7, "updated", "b", { node: "m" })])
    const at = (revision: number) => history.at(revision).pods
    expect(names(at(2).by("owner", "s"))).toEqual(["a"])
    expect(names(at(4).by("owner", "s"))).toEqual([])
    expect(names(at(6).by("node", "n"))).toEqual(["b"])
    expect(names(at(3).all())).toEqual(["b", "a"])
    expect(at(1).get("a")?.spec.nodeName).toBeUndefined()
    history.asOf(batch[1]!)
    expect(names(at(6).all())).toEqual(["a"])
  })
  it("tells since when something is as it is, and what was written at a revision", () => {
    const history = heard([...batch.slice(0, 4), pod(5, "updated", "a", { node: "n", phase: "Running" })])
    const { pods } = history.now
    const sameNode = (a: { spec: { nodeName?: string } }, b: { spec: { nodeName?: string } }): boolean =>
      a.spec.nodeName === b.spec.nodeName
    expect(pods.since("a", sameNode)?.seq).toBe(2)
    expect(pods.since("a", () => false)?.seq).toBe(5)
    expect(pods.since("x", sameNode)).toBeUndefined()
    expect(pods.written("a", 4)?.seq).toBe(4)
    expect(pods.written("a", 3)).toBeUndefined()
    expect(pods.versions("a").map(({ seq }) => seq)).toEqual([1, 2, 4, 5])
  })
  it("forgets old versions of leases, not the newest", () => {
    const renewals = Array.from({ length: 5_000 }, (_, seq) => line(seq, { type: "object.updated", resource: "leases",
      revision: seq, key: "/registry/leases/a/b", object: { kind: "Lease", metadata: {}, spec: { renewTime: seq } } }))
    const history = heard(...Array.from({ length: 10 }, (_, i) => renewals.slice(i * 500, (i + 1) * 500)))
    expect(history.now.leases.get("u")?.spec.renewTime).toBe(4_999)
    history.asOf(renewals[4_500]!)
    expect(history.now.leases.get("u")?.spec.renewTime).toBe(4_500)
    expect(history.now.leases.versions("u").length).toBeLessThan(2_000)
  })
  it("gives changes with their kind's type", () => {
    expect(committed(batch[0]!, "pods")?.object.metadata.name).toBe("a")
    expect(committed(batch[0]!, "nodes")).toBeUndefined()
    expect(committed(line(1, { type: "key.taken" }), "pods")).toBeUndefined()
  })
})

describe("what runs", () => {
  const started = (seq: number, id: string, podUid: string): Line => line(seq,
    { type: "container.started", podUid, namespace: "default", pod: "web", name: "c", attempt: 0 },
    "container-runtime/n", id)
  const batch = [started(1, "x", "a"), started(2, "y", "b"), line(3, { type: "container.exited", podUid: "a" },
    "container-runtime/n", "x"), line(4, { type: "machine.powerLost" }, "machine/n", "n")]
  it("is found by pod, name and node, and ends with its machine's memory", () => {
    const history = heard(batch)
    const asOf = (seq: number) => {
      history.asOf(batch[seq - 1]!)
      const { containers } = history
      return [containers.ofUid("a"), containers.ofPod("default/web"), containers.onNode("n"), containers.all()]
        .map((found) => found.map(({ id }) => id).join(""))
    }
    expect(asOf(2)).toEqual(["x", "xy", "xy", "xy"])
    expect(asOf(3)).toEqual(["", "y", "y", "y"])
    expect(asOf(4)).toEqual(["", "", "", ""])
    expect(asOf(1)).toEqual(["x", "x", "x", "x"])
  })
})

describe("processes and calm", () => {
  const process = (seq: number, type: string): Line =>
    line(seq, { type: `process.${type}`, process: "p/1", incarnation: 1, reason: "killed" }, "machine/m")
  it("a leader leads until it loses, stops or ends", () => {
    const acquired = line(1, { type: "elector.acquired" }, "p/1", "e")
    const over = process(2, "crashed")
    const history = heard([acquired, over])
    const leader = (at: Line) => {
      history.asOf(at)
      return history.processes.leaderOf("e")
    }
    expect(leader(over)).toBeUndefined()
    expect(leader(acquired)).toEqual({ actor: "p/1", since_ms: 10 })
    expect(history.processes.leaderOf("other")).toBeUndefined()
    const stopped = line(2, { type: "elector.stopped" }, "p/2", "e")
    expect(heard([acquired, stopped]).processes.leaderOf("e")?.actor).toBe("p/1")
  })
  it("a process is what became of it", () => {
    const history = heard([process(1, "started"), process(2, "paused"), process(3, "resumed"), process(4, "stopped")])
    const states = [1, 2, 3, 4].map((seq) => {
      history.asOf(line(seq, {}))
      return history.processes.get("p/1")?.state
    })
    expect(states).toEqual(["running", "paused", "running", "over"])
    expect(history.processes.get("p/2")).toBeUndefined()
  })
  it("nothing is wrong from the start or the healing on, as long as no fault strikes and all run", () => {
    const lines = [line(0, { type: "run.started" }, "world"), process(1, "started"), process(2, "crashed"),
      process(3, "started"), line(4, { type: "fault.injected", fault: { type: "disk.lose" } }, "world"),
      line(5, { type: "phase.began", phase: "healed" }, "world"), line(6, { type: "machine.clockJumped" }, "machine/m")]
    const history = heard(lines)
    const asOf = (seq: number) => {
      history.asOf(lines[seq]!)
      const { doClocksAgree, isUntouched, wellSince_ms } = history.calm
      return { doClocksAgree, isUntouched, wellSince_ms }
    }
    expect([0, 1, 2, 3, 4, 5].map((seq) => asOf(seq).wellSince_ms)).toEqual([0, 10, undefined, 30, undefined, 50])
    expect(asOf(3)).toMatchObject({ isUntouched: true, doClocksAgree: true })
    expect(asOf(6)).toEqual({ isUntouched: false, doClocksAgree: false, wellSince_ms: 50 })
    expect(history.calm.wasWellFor(10, 60)).toBe(true)
    expect(history.calm.wasWellFor(11, 60)).toBe(false)
  })
  it("what a component adds is made once, and answers as of the line too", () => {
    const history = new History()
    const forced = history.part(Forced)
    expect(history.part(Forced)).toBe(forced)
    const agents = ["kubectl", "kube-controller-manager", "kubelet"]
    for (const [i, agent] of agents.entries()) {
      const key = `/registry/pods/default/${agent}`
      history.hear(line(2 * i + 1, { type: "object.created", resource: "pods", revision: i, key,
        object: podOf(agent, {}) }, "etcd", agent))
      history.hear(line(2 * i + 2, { type: "write.requested", verb: "delete", resource: "pods", grace: 0, agent, key,
        uid: "" }, "api-server/0"))
    }
    expect(agents.map((uid) => forced.has(uid))).toEqual([true, true, false])
    history.asOf(line(1, {}))
    expect(forced.has("kubectl")).toBe(false)
  })
})
