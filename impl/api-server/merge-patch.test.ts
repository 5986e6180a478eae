import { describe, expect, it } from "vitest"
import { mergePatch } from "#impl/api-server/merge-patch.ts"

/** RFC 7386, Appendix A. */
const vectors: ReadonlyArray<readonly [unknown, unknown, unknown]> = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [["a", "b"], ["c", "d"], ["c", "d"]],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }]
]

describe("JSON merge patch", () => {
  it.each(vectors)("RFC 7386: %j patched with %j is %j", (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })
  it("changes neither argument and shares what it does not touch", () => {
    const target = { kept: { deep: 1 }, changed: { x: 1 } }
    const result = mergePatch(target, { changed: { x: 2 } }) as typeof target
    expect(target).toEqual({ kept: { deep: 1 }, changed: { x: 1 } })
    expect(result.kept).toBe(target.kept)
  })
})
