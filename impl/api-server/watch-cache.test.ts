/** The watch cache against a list of everything that ever happened. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseSelector, type Selection } from "#impl/api-server/selectors.ts"
import { type CacheEvent, indexesOf, seenThrough, WatchCache } from "#impl/api-server/watch-cache.ts"
import { historyEvents_min, historyKept_ms } from "#model/limits/api-server.ts"
import type { ApiObject } from "#model/kinds.ts"
import { examplePod } from "#model/objects/examples.ts"
import type { Pod } from "#model/objects/pod.ts"

const podOf = (name: string, node: string, app: string, revision: number): Pod =>
  examplePod({ name, resourceVersion: String(revision), labels: { app } }, node === "" ? {} : { nodeName: node })
const selectorOf = (selection: Selection) => {
  const selector = parseSelector(selection)
  if ("error" in selector) throw new Error(selector.error.message)
  return selector
}

interface Step {
  readonly name: string
  readonly node: string
  readonly app: string
  readonly deletes: boolean
  readonly pause_ms: number
}
const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom("a", "b", "c", "d"), node: fc.constantFrom("", "n1", "n2"), app: fc.constantFrom("x", "y"),
  deletes: fc.boolean(), pause_ms: fc.constantFrom(0, 10, 40_000)
})
const steps = fc.array(step, { maxLength: 250, size: "max" })
const selection: fc.Arbitrary<Selection> = fc.record({
  fieldSelector: fc.constantFrom("", "spec.nodeName=n1", "metadata.name=a", "spec.nodeName!=n1,metadata.name=b"),
  labelSelector: fc.constantFrom("", "app=x", "app!=x")
}).map((selectors) => ({ resource: "pods" as const, ...selectors }))

/** Plays the steps into a cache; returns it with every event and every state. */
const play = (script: ReadonlyArray<Step>) => {
  const cache = new WatchCache()
  cache.replace([], 1)
  const events: Array<CacheEvent> = []
  const states: Array<ReadonlyMap<string, ApiObject>> = [new Map()]
  let at_ms = 0
  for (const { app, deletes, name, node, pause_ms } of script) {
    const state = new Map(states.at(-1)!)
    const previous = state.get(name)
    at_ms += pause_ms
    if (deletes && previous === undefined) continue
    const revision = events.length + 2
    const object = deletes ? undefined : podOf(name, node, app, revision)
    if (object === undefined) state.delete(name)
    else state.set(name, object)
    const event: CacheEvent = { revision, at_ms, key: name, object, previous }
    events.push(event)
    states.push(state)
    cache.apply(event)
  }
  return { cache, events, states, at_ms }
}
const names = (objects: Iterable<ApiObject>): ReadonlyArray<string> =>
  [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).toSorted()

describe("the watch cache", () => {
  it("lists what is there", () => {
    fc.assert(fc.property(steps, selection, (script, selected) => {
      const { cache, states } = play(script)
      const selector = selectorOf(selected)
      expect(names(cache.list(selector))).toEqual(names([...states.at(-1)!.values()].filter(selector.matches)))
    }))
  })

  it("keeps the recent history whole, and knows where it begins", () => {
    fc.assert(fc.property(steps, fc.nat(), (script, number) => {
      const { at_ms, cache, events } = play(script)
      for (const event of events.slice(-historyEvents_min)) expect(cache.oldest).toBeLessThan(event.revision)
      for (const event of events) {
        if (event.at_ms >= at_ms - historyKept_ms) expect(cache.oldest).toBeLessThan(event.revision)
      }
      const from = cache.oldest + (number % (cache.revision - cache.oldest + 1))
      expect(cache.since(cache.positionAfter(from))).toEqual(events.filter((event) => event.revision > from))
    }))
  })

  it("shows a watcher with a selector exactly the way from one selected state to the other", () => {
    fc.assert(fc.property(steps, selection, fc.nat(), (script, selected, number) => {
      const { cache, events, states } = play(script)
      const selector = selectorOf(selected)
      const from = cache.oldest + (number % (cache.revision - cache.oldest + 1))
      const seen = new Map([...states[from - 1]!].filter(([, object]) => selector.matches(object)))
      for (const event of cache.since(cache.positionAfter(from))) {
        const type = seenThrough(selector.matches, event)
        if (type === "ADDED") expect(seen.has(event.key)).toBe(false)
        if (type === "MODIFIED" || type === "DELETED") expect(seen.has(event.key)).toBe(true)
        if (type === "DELETED") seen.delete(event.key)
        else if (type !== undefined) seen.set(event.key, event.object!)
      }
      expect(names(seen.values())).toEqual(names(cache.list(selector)))
      expect(events.length).toBe(cache.revision - 1)
    }))
  })

  it("finds every interested watcher through the index", () => {
    fc.assert(fc.property(steps, selection, (script, selected) => {
      const { events } = play(script)
      const selector = selectorOf(selected)
      for (const event of events) {
        if (selector.index === undefined || seenThrough(selector.matches, event) === undefined) continue
        expect(indexesOf(event)).toContain(selector.index)
      }
    }))
  })
})
