/** Whatever a pool is made of, it knows exactly the states that were added. */
import { describe, expect, it } from "vitest"
import { Layout, makePool, type Pool, repacked } from "#properties/harness/search/pool.ts"

/** Many of them near each other, some twice; the one of all zeroes too. */
const states = (layout: Layout): Int32Array => {
  const words = new Int32Array(10_000 * layout.words)
  let x = 1
  for (let i = 1; i < words.length / layout.words; i++) {
    for (let field = 0; field < layout.widths.length; field++) {
      x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0
      const some = field < 3 ? layout.mask[field]! : layout.mask[field]! & 3
      layout.set(words, i * layout.words, field, (x >>> 8) & some)
    }
  }
  return words
}
const keyAt = (data: Int32Array, layout: Layout, i: number): string =>
  layout.widths.map((_, field) => layout.get(data, i * layout.words, field)).join()
const fill = (pool: Pool): ReadonlyArray<string> => {
  const { layout } = pool
  const data = states(layout)
  const known = new Set<string>()
  for (let i = 0; i < data.length / layout.words; i++) {
    const count = pool.count
    pool.add(data, i * layout.words, -1)
    const key = keyAt(data, layout, i)
    if ((pool.count > count) === known.has(key)) throw new Error(`${key} is ${known.has(key) ? "new" : "known"}`)
    known.add(key)
  }
  return [...known]
}

describe.each([
  ["one word, a whole bitset", [4, 5, 3, 6]],
  ["one word, blocks", [4, 5, 3, 9, 11]],
  ["two words, blocks", [4, 5, 3, 17, 9, 8]],
  ["three words, blocks", [4, 5, 3, 17, 9, 8, 30]]
])("%s", (_name, widths) => {
  it.each([false, true])("numbered %s", (numbered) => {
    const layout = new Layout(widths, [2, 1])
    const pool = makePool(layout, numbered, 16)
    const keys = fill(pool)
    expect(keys.length).toBeLessThan(10_000)
    expect(Array.from({ length: pool.count }, (_, id) => keyAt(pool.data, layout, id))).toEqual(keys)
    const wider = repacked(pool, new Layout(widths.map((width) => width + 1), [0]), numbered)
    expect(Array.from({ length: wider.count }, (_, id) => keyAt(wider.data, wider.layout, id))).toEqual(keys)
  })
})
