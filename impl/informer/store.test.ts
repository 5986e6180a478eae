import { expect, it } from "vitest"
import { Store } from "#impl/informer/store.ts"
import { exampleNode } from "#model/objects/examples.ts"
import type { Node } from "#model/objects/node.ts"
import { digestPlus } from "#model/objects/digest.ts"

const node = (name: string, revision: number, zone: string): Node =>
  exampleNode({ name, resourceVersion: String(revision), labels: { zone } })
const byZone = (of: Node): ReadonlyArray<string> => [of.metadata.labels!.zone!]
const names = (nodes: Iterable<Node>): ReadonlyArray<string> => [...nodes].map((of) => of.metadata.name)

it("keeps indexes with every change, also one that is added late", () => {
  const store = new Store<Node>()
  store.addIndex("zone", byZone)
  store.set("a", node("a", 1, "x"))
  store.set("b", node("b", 2, "x"))
  store.set("a", node("a", 3, "y"))
  store.addIndex("late", byZone)
  for (const index of ["zone", "late"]) {
    expect(names(store.indexed(index, "x"))).toEqual(["b"])
    expect(names(store.indexed(index, "y"))).toEqual(["a"])
  }
  store.delete("b")
  expect(store.indexed("zone", "x")).toEqual([])
  expect(store.delete("b")).toBeUndefined()
})

it("has the digest of what it holds, whatever the way there", () => {
  const store = new Store<Node>()
  store.set("b", node("b", 7, "x"))
  store.set("a", node("a", 1, "x"))
  store.set("a", node("a", 9, "x"))
  store.set("c", node("c", 10, "x"))
  store.delete("c")
  expect(store.digest).toBe(digestPlus(digestPlus(0, 9), 7))
  expect(store.size).toBe(2)
})
