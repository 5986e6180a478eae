import { expect, it } from "vitest"
import type { Taint } from "#model/objects/node.ts"
import type { Toleration } from "#model/objects/pod.ts"
import { toleratedSeconds, toleratesTaint } from "#model/objects/taints.ts"

const taint = (key: string, value?: string): Taint =>
  ({ key, effect: "NoExecute", ...(value === undefined ? {} : { value }) })
const forever: Toleration = { operator: "Exists" }
const brief = (key: string, tolerationSeconds: number): Toleration =>
  ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds })

it("matches key, value and effect as Kubernetes does", () => {
  expect(toleratesTaint(forever, taint("a"))).toBe(true)
  expect(toleratesTaint({}, taint("a"))).toBe(false)
  expect(toleratesTaint({ key: "a", value: "1" }, taint("a", "1"))).toBe(true)
  expect(toleratesTaint({ key: "a", value: "1" }, taint("a", "2"))).toBe(false)
  expect(toleratesTaint({ key: "a", operator: "Exists", effect: "NoSchedule" }, taint("a"))).toBe(false)
})

it("grants the shortest toleration, nothing without one, and for ever with none that ends", () => {
  expect(toleratedSeconds([taint("a")], [brief("a", 30), brief("b", 10)])).toBe(30)
  expect(toleratedSeconds([taint("a"), taint("b")], [brief("a", 30), brief("b", 10)])).toBe(10)
  expect(toleratedSeconds([taint("a"), taint("c")], [brief("a", 30)])).toBe(0)
  expect(toleratedSeconds([taint("a")], [forever, brief("a", 30)])).toBeUndefined()
  expect(toleratedSeconds([], undefined)).toBeUndefined()
})
