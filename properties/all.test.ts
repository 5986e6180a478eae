/** The catalogue of promises is whole: no number that the slice owes is missing, no sentence stands twice. */
import { describe, expect, it } from "vitest"
import { invariantOf, invariants } from "#model/invariants.ts"
import { notObserved } from "#model/invariants/not-observed.ts"
import { properties as ours } from "#properties/all.ts"
import { foreign } from "#properties/foreign.ts"

/** Those of controllers that only a recorded cluster has too. */
const properties = [...ours, ...foreign]

/** Invariants of the reference that the slice's components can keep or break. */
const owed = [
  1, 2, 10, 11, 14, 15, 17, 18, 19, 20, 21, 25, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 53, 64, 68, 69, 71, 73, 74, 75,
  76, 79, 80, 106, 109, 112
]

describe("all promises", () => {
  it("cover every invariant that the slice owes", () => {
    const demands = ours.filter(({ kind }) => kind !== "sometimes")
    const covered = new Set<number>(demands.flatMap(({ invariants }) => invariants))
    expect(owed.filter((number) => !covered.has(number))).toEqual([])
  })
  it("are at least 34, and at least 15 guard against looking at nothing", () => {
    expect(ours.filter(({ kind }) => kind !== "sometimes").length).toBeGreaterThanOrEqual(34)
    expect(ours.filter(({ kind }) => kind === "sometimes").length).toBeGreaterThanOrEqual(15)
  })
  it("name those without a number", () => {
    const names = properties.map(({ name }) => name.toLowerCase())
    expect(names.some((name) => name.includes("every pod that fits is eventually"))).toBe(true)
    expect(names.some((name) => name.includes("unknown node become not ready"))).toBe(true)
  })
  it("are each said once", () => {
    const names = properties.map(({ name }) => name)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })
})

describe("the catalogue of invariants", () => {
  const all = Object.entries(invariants)
  it("has each number of the reference once", () => {
    expect(all.map(([number]) => Number(number))).toEqual(Array.from({ length: 114 }, (_, i) => i + 1))
  })
  it("says each in a sentence of its own, with its source", () => {
    const sentences = all.map(([, { says }]) => says)
    expect(new Set(sentences).size).toBe(all.length)
    expect(all.filter(([, { says, source }]) => says.length < 20 || says.endsWith(".") || source === "")).toEqual([])
  })
  it("has each number in a promise, or among those that cannot be observed yet, and in one of both", () => {
    const named = new Set<number>(properties.flatMap(({ invariants, kind }) => kind === "sometimes" ? [] : invariants))
    const isPromised = ([, { kind }]: (typeof all)[number]): boolean => kind !== "none"
    const numbers = all.filter(isPromised).map(([number]) => Number(number))
    expect(numbers.filter((number) => named.has(number) === number in notObserved)).toEqual([])
    expect(Object.keys(notObserved).filter((number) => !numbers.includes(Number(number)))).toEqual([])
  })
  it("has every number that a promise names, and promises it", () => {
    const named = new Set(properties.flatMap((property) => property.invariants))
    expect([...named].filter((number) => (invariantOf(number)?.kind ?? "none") === "none")).toEqual([])
  })
})
