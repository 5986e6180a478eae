/** Histories made by hand, for tests: what a promise says of lines that nobody recorded. */
import type { Event, Line } from "#model/events.ts"
import { History, isChange } from "#properties/history.ts"
import type { Always } from "#properties/property.ts"

/** A line's event, world time, actor, and entity (the actor unless said). */
export type Given = readonly [at_ms: number, actor: string, event: object, entity?: string | undefined]

/** The clocks of all are the world's, and each line has its place. */
export const lined = (given: ReadonlyArray<Given>): ReadonlyArray<Line> =>
  given.map(([at_ms, actor, event, entity = actor], seq) =>
    ({ seq, at_ms, clock_ms: at_ms, actor, chart: "", entity, event: event as Event, state: "" }))

const isHeard = ({ hears }: Always, { event }: Line): boolean => {
  const names = [event.type, ...(isChange(event) ? [event.type.replace("object", event.resource)] : [])]
  return hears === undefined || hears.some((beginning) => names.some((name) => name.startsWith(beginning)))
}

/** What the promise says of the first line that breaks it, and which that is; undefined: it holds. */
export const broken = (promise: Always, given: ReadonlyArray<Given>): string | undefined => {
  const history = new History()
  const hear = promise.make(history)
  for (const line of lined(given)) {
    history.settle()
    history.hear(line)
    const what = isHeard(promise, line) ? hear(line) : undefined
    if (typeof what === "string") return `${line.seq}: ${what}`
  }
  return undefined
}

export const named = (properties: ReadonlyArray<{ readonly name: string }>, name: string): Always =>
  properties.find((property) => property.name === name) as Always

type Meta = Readonly<Record<string, unknown>> & { readonly name: string }
interface Kept {
  readonly kind: string
  readonly metadata: Meta
  readonly spec: object
  readonly status: object
}
export const podOf = (name: string, uid: string, spec: object = {}, status: object = {}, meta: object = {}): Kept => ({
  kind: "Pod", metadata: { name, namespace: "default", uid, ...meta }, spec: { containers: [], ...spec },
  status: { phase: "Pending", conditions: [], ...status }
})
export const nodeOf = (name: string, ready = "True", spec: object = {}, status: object = {}): Kept => ({
  kind: "Node", metadata: { name, uid: `node-${name}` }, spec,
  status: { conditions: [{ type: "Ready", status: ready }], ...status }
})

/** Commits changes one after the other, each at its own revision, the first at 2. */
export class Commits {
  #revision = 1
  readonly #present = new Map<string, Kept>()

  get revision(): number {
    return this.#revision
  }
  put(at_ms: number, resource: string, object: Kept): Given {
    const { name, namespace, uid } = object.metadata
    const key = `/registry/${resource}/${namespace === undefined ? "" : `${namespace as string}/`}${name}`
    const previous = this.#present.get(key)
    this.#present.set(key, object)
    const event = { type: previous === undefined ? "object.created" : "object.updated", resource, key, object,
      revision: ++this.#revision, ...(previous === undefined ? {} : { previous }) }
    return [at_ms, "etcd", event, uid as string]
  }
  drop(at_ms: number, resource: string, object: Kept): Given {
    const [, , event, uid] = this.put(at_ms, resource, object)
    const { key } = event as { readonly key: string }
    this.#present.delete(key)
    return [at_ms, "etcd", { type: "object.deleted", resource, key, object, revision: this.#revision }, uid]
  }
}
