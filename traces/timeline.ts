/**
 * A trace as text: one line per event in columns, or only what led to one of them.
 */
import type { Line, StateValue } from "#model/events.ts"
import type { Names } from "#traces/names.ts"

/** "a.b" for a nested state, "x: a.b, y: c" for parallel regions. */
export const stateText = (state: StateValue): string => {
  if (typeof state === "string") return state
  const keys = Object.keys(state)
  if (keys.length === 1) return `${keys[0]}.${stateText(state[keys[0]!]!)}`
  return keys.map((key) => `${key}: ${stateText(state[key]!)}`).join(", ")
}

const short = (value: unknown): string => {
  if (typeof value === "string") return value
  if (typeof value !== "object" || value === null) return String(value)
  const object = value as { metadata?: { namespace?: string; name?: string }; kind?: string }
  if (object.metadata !== undefined) {
    const { name, namespace = "" } = object.metadata
    return `${object.kind ?? "object"} ${namespace === "" ? "" : `${namespace}/`}${name}`
  }
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** An event's fields without its type, most telling first, cut to fit. */
export const eventText = (event: Line["event"]): string => {
  const fields = Object.entries(event).filter(([key]) => key !== "type" && key !== "previous" && key !== "key")
  const text = fields.map(([key, value]) => `${key} ${short(value)}`).join(", ")
  return text === "" ? event.type : `${event.type}  ${text}`
}

const instance = (line: Line): string => `${line.actor}\u0000${line.chart}\u0000${line.entity}`

/**
 * The causal past of a line: what it was caused by, what each of those was caused by, and the last step before it of
 * the same chart instance, on and on. In order, the line itself last.
 */
export const causalPast = (lines: ReadonlyArray<Line>, seq: number): ReadonlyArray<Line> => {
  const before = new Map<string, number>()
  const previous = lines.slice(0, seq + 1).map((line) => {
    const found = before.get(instance(line))
    before.set(instance(line), line.seq)
    return found
  })
  const wanted = new Set<number>()
  const todo = [seq]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (wanted.has(at) || lines[at] === undefined) continue
    wanted.add(at)
    const { cause } = lines[at]!
    if (cause !== undefined) todo.push(cause)
    if (previous[at] !== undefined) todo.push(previous[at]!)
  }
  return lines.filter((line) => wanted.has(line.seq))
}

const clip = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text)

export interface Columns {
  /** Characters for the event column. */
  readonly event: number
  readonly actor: number
}

/** With names: what the line is about, after what happened to it. */
const told = (line: Line, names: Names | undefined): string => {
  if (names === undefined) return eventText(line.event)
  const [type, ...fields] = eventText(line.event).split("  ")
  return [type, names.about(line), ...fields.map((field) => names.of(field))].join("  ")
}

/** Header and rows. `mark` is the seq of the line to point at; `names` have heard the lines. */
export const rows = (
  lines: ReadonlyArray<Line>, mark?: number, width: Columns = { event: 58, actor: 24 }, names?: Names
): ReadonlyArray<string> => [
  `${"seq".padStart(6)} ${"at".padStart(10)}  ${"actor".padEnd(width.actor)} ${"event".padEnd(width.event)} state`,
  ...lines.map((line) =>
    `${String(line.seq).padStart(6)} ${`${(line.at_ms / 1000).toFixed(3)} s`.padStart(10)}  ` +
    `${clip(line.actor, width.actor).padEnd(width.actor)} ` +
    `${clip(told(line, names), width.event).padEnd(width.event)} ` +
    `${clip(line.state === undefined ? "" : stateText(line.state), 60)}${line.seq === mark ? "  ✗" : ""}`)
]
