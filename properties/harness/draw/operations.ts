/**
 * What users do, drawn: which kinds stands in users/; here times in bursts as well as far apart, and ids drawn with
 * the operation.
 */
import * as fc from "fast-check"
import type { Operation } from "#model/events/operations.ts"
import { id, logUniform } from "#properties/harness/draw/numbers.ts"
import type { Topology } from "#properties/harness/draw/run-input.ts"
import type { Swarm } from "#properties/harness/draw/swarm.ts"
import type { OperationBody, Scene } from "#properties/harness/users/operation-kind.ts"
import { operationKinds } from "#properties/harness/users/table.ts"

/** The operation on the object of the one before: races are about one object. */
const aboutTheSame = (body: OperationBody, last: OperationBody | undefined): OperationBody => {
  if (last === undefined || !("name" in body) || !("name" in last)) return body
  return body.type.split(".")[0] === last.type.split(".")[0] ? { ...body, name: last.name } : body
}

const burstGap_ms = 2_000 // ASSUMED: about the time of a few round trips and a sync.
/** The cluster needs some seconds to elect its leaders; earlier operations are lawful but mostly fail. */
const firstOperation_ms = 500 // ASSUMED

/** Most runs begin by creating some of what later operations speak of; else most of them would find nothing. */
const beginnings = (scene: Scene): fc.Arbitrary<ReadonlyArray<OperationBody>> => {
  const creates = (["replicaSet.create", "pod.create"] as const).filter((kind) => scene.on.has(`operation:${kind}`))
    .map((kind): fc.Arbitrary<OperationBody> => operationKinds[kind].draw(scene))
  return fc.uniqueArray(fc.oneof(...creates),
    { minLength: 1, maxLength: 5, size: "max", selector: (body) => (body as { name: string }).name })
}
const beginning_ms = 15_000 // ASSUMED: while the cluster elects its leaders and just after.

export const operations = (
  on: Swarm, topology: Topology, safety_ms: number, maxLength: number
): fc.Arbitrary<ReadonlyArray<Operation>> => {
  const scene = { on, topology }
  const enabled = Object.entries(operationKinds)
    .filter(([kind, { needs }]) => on.has(`operation:${kind}`) && (needs === undefined || on.has(needs)))
    .map(([, { draw, weight }]) => ({ weight, arbitrary: draw(scene) as fc.Arbitrary<OperationBody> }))
  const timing = { id, place: fc.nat(10_000), gap: logUniform(1, burstGap_ms), again: fc.boolean() }
  const one = fc.record({
    ...timing, body: fc.oneof(...enabled), burst: on.has("run:collisions") ? fc.boolean() : fc.constant(false)
  })
  const early = beginnings(scene).chain((first) => fc.tuple(...first.map((body) =>
    fc.record({ ...timing, body: fc.constant(body), burst: fc.constant(false) }))))
  const later = fc.array(one, { minLength: 1, maxLength, size: "max" })
  return fc.tuple(early, later).map(([first, drawn]) => {
    let previous = firstOperation_ms
    const seen = new Set<number>()
    const made: Operation[] = []
    let last: OperationBody | undefined
    const add = ({ id, body: fresh, place, burst, gap, again }: typeof drawn[number], within_ms: number) => {
      if (seen.has(id)) return
      seen.add(id)
      const body = last = burst && again ? aboutTheSame(fresh, last) : fresh
      const anywhere = firstOperation_ms + Math.round((within_ms - firstOperation_ms) * place / 10_000)
      previous = burst ? Math.min(within_ms, previous + gap) : anywhere
      made.push({ ...body, id, at_ms: previous } as Operation)
    }
    for (const each of first) add(each, beginning_ms)
    for (const each of drawn) add(each, safety_ms)
    return made.sort((a, b) => a.at_ms - b.at_ms)
  })
}
