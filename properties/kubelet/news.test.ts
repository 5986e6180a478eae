/** No excuse lets a container start whose pod its kubelet knows to have ended; excuses are of one pod, by its uid. */
import { describe, expect, it } from "vitest"
import { broken, Commits, type Given, named, podOf } from "#properties/hand-made.ts"
import { identity } from "#properties/kubelet/identity.ts"
import { noStartAfterNews } from "#properties/kubelet/news.ts"
import { status } from "#properties/kubelet/status.ts"

const bound = { nodeName: "n" }
const started: Given = [0, "machine/n", { type: "process.started", process: "kubelet/n" }]
const container = (at_ms: number, type: string, podUid = "u", id = "c"): Given => [at_ms, "container-runtime/n",
  { type: `container.${type}`, podUid, namespace: "default", pod: "web", name: "main" }, id]
const failed = podOf("web", "u", bound, { phase: "Failed",
  conditions: [{ type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC" }] })

describe("a kubelet that was shown an end", () => {
  const history = (shown_ms: number, ...then: ReadonlyArray<Given>): ReadonlyArray<Given> => {
    const commits = new Commits()
    const lines = [started, commits.put(0, "pods", podOf("web", "u", bound)), commits.put(1_000, "pods", failed)]
    return [...lines, [0, "kubelet/n", { type: "reflector.listed", resource: "pods", resourceVersion: 2 }, "pods?n"],
      [shown_ms, "kubelet/n", { type: "reflector.reported", resource: "pods", resourceVersion: 3 }, "pods?n"], ...then]
  }
  it("starts nothing, though the collector's mark excuses what runs", () => {
    const start = [container(130_000, "created"), container(130_000, "started")]
    expect(broken(noStartAfterNews, history(5_000, ...start))).toContain("was shown at 5000 ms")
    expect(broken(noStartAfterNews, history(20_000, ...start))).toBeUndefined()
  })
  it("has no time at all when it is a new one", () => {
    const again: ReadonlyArray<Given> = [[6_000, "machine/n", { type: "process.started", process: "kubelet/n" }],
      [7_000, "kubelet/n", { type: "reflector.listed", resource: "pods", resourceVersion: 3 }, "pods?n"]]
    const start = [container(7_001, "created"), container(7_001, "started")]
    expect(broken(noStartAfterNews, history(5_000, ...again, ...start))).toContain("was shown at 7000 ms")
  })
})

describe("an excuse", () => {
  const forces: Given = [2_000, "api-server/0", { type: "write.requested", agent: "kubectl", verb: "delete", uid: "",
    resource: "pods", key: "/registry/pods/default/web", expected: 0, grace: 0 }, "1/1"]
  const done: Given = [2_000, "api-server/0", { type: "write.done", uid: "u", revision: 3, removed: true }, "1/1"]
  const gone = named(identity,
    "a bound pod disappears from the API only after its kubelet saw it stop and posted a terminal phase")
  const one = named(identity, "while a pod exists, no other pod of its name runs")

  it("is of the pod that was deleted by force, not of its successor", () => {
    const commits = new Commits()
    const [first, second] = [podOf("web", "u", bound), podOf("web", "v", bound)]
    const lines = [commits.put(0, "pods", first), container(1, "started"), forces, commits.drop(2_000, "pods", first),
      done, commits.put(3_000, "pods", second)]
    expect(broken(gone, lines)).toBeUndefined()
    expect(broken(one, lines)).toBeUndefined()
    const third = [container(3_001, "started", "v", "d"), commits.drop(4_000, "pods", second)]
    expect(broken(gone, [...lines, ...third])).toContain("(v) is gone and still runs")
    expect(broken(one, [...lines, ...third, commits.put(5_000, "pods", podOf("web", "w", bound))]))
      .toContain("v runs on n while w exists")
  })
  it("of a node that is gone is not enough: the collector must have marked or deleted the pod", () => {
    const stopped = named(status, "no container of a pod runs when its phase is terminal")
    const commits = new Commits()
    const lines = [commits.put(0, "pods", podOf("web", "u", bound)), container(1, "started")]
    const ended = commits.put(2_000, "pods", podOf("web", "u", bound, { phase: "Failed" }))
    expect(broken(stopped, [...lines, ended])).toContain("is Failed and runs on n")
    expect(broken(stopped, [...lines, new Commits().put(0, "pods", podOf("web", "u", bound)),
      new Commits().put(2_000, "pods", failed)].slice(0, 3))).toBeUndefined()
  })
})
