/** Is the word of the accused taken anywhere without a reason? */
import { describe, expect, it } from "vitest"
import { byComponent, properties } from "#properties/all.ts"
import { heldAgainst, ownLines, taken } from "#properties/testimony.ts"

/** The promises of a component that hear what it says itself. Who hears everything looks at it at rest only. */
const hearing = (component: string): ReadonlyArray<string> => (byComponent[component] ?? [])
  .filter(({ hears, kind }) => kind !== "sometimes" && hears !== undefined && hears.some((beginning) =>
    ownLines[component]!.some((own) => own.startsWith(beginning) || beginning.startsWith(own))))
  .map(({ name }) => name)

describe("the word of the accused", () => {
  it("is held against something wherever a component is judged by it", () => {
    const heard = Object.keys(ownLines).filter((component) => hearing(component).length > 0)
    expect(heard.toSorted()).toEqual(Object.keys(heldAgainst).toSorted())
  })
  it("names components that there are", () => {
    expect(Object.keys(ownLines).filter((component) => byComponent[component] === undefined)).toEqual([])
  })
  it("excuses only in promises that there are and that hear it", () => {
    const all = new Set(Object.keys(ownLines).flatMap(hearing))
    expect(Object.keys(taken).filter((name) => !all.has(name))).toEqual([])
  })
  it("is not taken for what the collector chose, nor for that every zone is lost", () => {
    expect(hearing("pod-garbage-collector-controller")).toEqual([])
    const demands = properties.filter(({ kind }) => kind !== "sometimes")
    const witnesses = ["podGc.", "nodeQuarantine.", "zone.evictionsStopped", "taintEviction."]
    const heard = demands.filter(({ hears }) => hears?.some((one) => witnesses.some((own) => one.startsWith(own))))
    expect(heard.map(({ name }) => name)).toEqual([])
  })
})
