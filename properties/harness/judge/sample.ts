/**
 * Events at random from the vocabulary's own schemas, aimed: half of the numbers and strings are taken from what a
 * chart remembers, so that guards that compare identities and instants are met on both sides.
 */
import { Event } from "#model/events.ts"

export type Draw = (below: number) => number

/** A small generator with a fixed seed: the same walks every time. */
export const draws = (seed: number): Draw => {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 4294967296 * below)
  }
}

const numbers = [0, 1, 2, 3, 10, 1_000, 10_000, 60_000]
const strings = ["a", "b", "c"]

const asts = new Map<string, any>((Event as any).members.map((member: any) =>
  [member.fields.type.ast.literal, member.ast]))
export const eventTypes: ReadonlyArray<string> = [...asts.keys()]

/** An event of the type, with an envelope whose clock is `clock_ms`. Unknown types have no fields. */
export const sampleEvent = (type: string, draw: Draw, context: unknown, clock_ms: number): any => {
  const ast = asts.get(type)
  const known = primitives(context, 3)
  const event = ast === undefined ? { type } : sample(ast, draw, known, 4)
  // A committed object carries the revision that committed it.
  if (event.object !== undefined && draw(4) > 0) event.object.metadata.resourceVersion = String(event.revision)
  return { ...event, seq: 0, at_ms: clock_ms, clock_ms,
    actor: pick(["a", "b"], draw), entity: pick(["a", "b"], draw) }
}

const sample = (ast: any, draw: Draw, known: ReadonlyArray<unknown>, depth: number): any => {
  switch (ast._tag) {
    case "Literal": return ast.literal
    case "String": return aimed("string", strings, draw, known)
    case "Number": return aimed("number", numbers, draw, known)
    case "Boolean": return draw(2) === 0
    case "Union": return sample(ast.types[draw(ast.types.length)], draw, known, depth)
    case "Arrays": return depth === 0 || ast.rest.length === 0 ? []
      : Array.from({ length: draw(3) }, () => sample(ast.rest[0], draw, known, depth - 1))
    case "Objects": return Object.fromEntries([
      ...ast.indexSignatures.length > 0 ? [["a", 1], ["pods", 1]] : [],
      ...ast.propertySignatures.flatMap((property: any) => property.type.context?.isOptional === true && draw(2) === 0
        ? [] : [[property.name, sample(property.type, draw, known, depth - 1)]])])
    case "Suspend": return depth <= 0 ? undefined : sample(ast.thunk(), draw, known, depth - 1)
    case "Undefined": return undefined
    case "Null": return null
    default: return sampleObject(draw, known)
  }
}

/** An object of no kind and every kind: what charts of committed objects look at. */
const sampleObject = (draw: Draw, known: ReadonlyArray<unknown>): object => ({
  metadata: { name: "a", namespace: "b", uid: aimed("string", strings, draw, known), generation: 1, labels: {},
    resourceVersion: String(aimed("number", numbers, draw, known)) },
  spec: { holderIdentity: pick(["", "a", "b"], draw), leaseDurationSeconds: 15,
    leaseTransitions: aimed("number", numbers, draw, known), replicas: 1 },
  status: { phase: pick(["Pending", "Running", "Succeeded", "Failed"], draw) }
})

const aimed = (kind: string, small: ReadonlyArray<unknown>, draw: Draw, known: ReadonlyArray<unknown>): unknown => {
  const fitting = known.filter((value) => typeof value === kind)
  if (fitting.length === 0 || draw(3) === 0) return pick(small, draw)
  const value = pick(fitting, draw)
  return typeof value === "number" ? value + draw(3) - 1 : value
}

const pick = <A>(from: ReadonlyArray<A>, draw: Draw): A => from[draw(from.length)]!

/** What a chart remembers, flattened. */
const primitives = (value: unknown, depth: number): ReadonlyArray<unknown> => {
  if (typeof value !== "object" || value === null) return [value]
  if (depth === 0) return []
  const inner = value instanceof Map ? [...value.keys(), ...value.values()]
    : value instanceof Set ? [...value] : Object.values(value)
  return inner.flatMap((one) => primitives(one, depth - 1))
}
