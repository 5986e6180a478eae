import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { Names } from "#traces/names.ts"

const uid = (n: number) => `${String(n).padStart(8, "0")}-0000-4000-8000-000000000000`
const line = (actor: string, chart: string, entity: string, event: object) =>
  ({ actor, chart, entity, event }) as unknown as Line
const created = (resource: string, n: number, metadata: object) => line("etcd", "api-server.object", uid(n), {
  type: "object.created", resource, key: "", object: { metadata: { uid: uid(n), namespace: "default", ...metadata } } })
const ownedBy = (n: number) =>
  ({ generateName: "web-", ownerReferences: [{ uid: uid(n), name: "web", controller: true }] })
const set = (n: number) => created("replicasets", n, { name: "web" })

const heard = (...lines: ReadonlyArray<Line>): Names => {
  const names = new Names()
  for (const one of lines) names.hear(one)
  return names
}

describe("stable names", () => {
  it("call an object by its key, and the next one of that key by its number", () => {
    const names = heard(created("pods", 1, { name: "solo" }), created("pods", 2, { name: "solo" }),
      created("nodes", 3, { name: "worker-1", namespace: "" }))
    expect([1, 2, 3].map((n) => names.of(uid(n))))
      .toEqual(["pods/default/solo", "pods/default/solo#2", "nodes/worker-1"])
  })
  it("call one with a drawn name by its owner and its place among the owner's, wherever the name stands", () => {
    const names = heard(set(1), created("pods", 2, { name: "web-x7k2p", ...ownedBy(1) }),
      created("pods", 3, { name: "web-a", ...ownedBy(1) }),
      set(4), created("pods", 5, { name: "web-qq9zz", ...ownedBy(4) }))
    expect(names.of(`${uid(2)}/main`)).toBe("pods/default/web-#1/main")
    expect(names.of("/registry/pods/default/web-a and web")).toBe("/registry/pods/default/web-#2 and web")
    expect(names.of("default/web-qq9zz")).toBe("default/web#2-#1")
    expect(names.of("web-unknown")).toBe("web-unknown")
  })
  it("do not depend on what was drawn, nor on what else there is", () => {
    const one = heard(set(1), created("pods", 2, { name: "web-x7k2p", ...ownedBy(1) }))
    const other = heard(created("pods", 9, { name: "solo" }), set(7),
      created("pods", 8, { name: "web-mmmmm", ...ownedBy(7) }))
    expect(other.of(uid(8))).toBe(one.of(uid(2)))
  })
  it("call a container by its pod's and its own, a request by what it asks for", () => {
    const made = line("container-runtime/a", "container-runtime.container", uid(5),
      { type: "container.created", podUid: uid(1), name: "main" })
    const sent = line("controller-manager/0", "client.request", "1.7",
      { type: "request.sent", verb: "patch", resource: "pods", subresource: "status", key: "default/solo" })
    const answered = line("controller-manager/0", "client.request", "1.7", { type: "request.answered", code: 200 })
    const names = heard(created("pods", 1, { name: "solo" }), made, sent, answered)
    expect(names.about(made)).toBe("pods/default/solo/main")
    expect(names.about(answered)).toBe("patch pods/status default/solo")
    expect(names.about(line("scheduler/0", "client.request", "1.7", { type: "request.answered" }))).toBe("1.7")
  })
})
