/**
 * A trace on paper: newline-delimited JSON. One header, one line per event, one footer.
 *
 * The header holds all that a replay needs; the lines are evidence; the footer says that nothing is missing.
 * The bytes are canonical: the same run writes the same file.
 */
import { Schema } from "effect"
import { Line } from "#model/events.ts"

export const formatVersion = 1

export const Header = Schema.Struct({
  plimsoll: Schema.Literal("trace"),
  format: Schema.Number,
  /** Plimsoll's own version. */
  version: Schema.String,
  /** Why the trace was kept, one sentence. */
  why: Schema.String,
  /** What the run broke; absent for a run that held, or a foreign trace. */
  broke: Schema.optionalKey(Schema.Struct({
    kind: Schema.Literals(["safety", "liveness", "conformance", "crash"]),
    property: Schema.String,
    invariants: Schema.Array(Schema.Number),
    message: Schema.String,
    /** The seq of the line at which it broke; absent when it broke at the end. */
    seq: Schema.optionalKey(Schema.Number),
    /** What was not done in time: of which entity, since when, by whom and since which line, where that is known. */
    obligation: Schema.optionalKey(Schema.Struct({
      entity: Schema.String, since_ms: Schema.Number,
      actor: Schema.optionalKey(Schema.String), seq: Schema.optionalKey(Schema.Number)
    }))
  })),
  /** The planted bug that was in the cluster, by its catalogue id; absent for the cluster as it is. */
  bug: Schema.optionalKey(Schema.String),
  /** How far the shrinker came, as [before, after] for operations, faults and choices. */
  shrunk: Schema.optionalKey(Schema.Struct({
    operations: Schema.Tuple([Schema.Number, Schema.Number]),
    faults: Schema.Tuple([Schema.Number, Schema.Number]),
    choices: Schema.Tuple([Schema.Number, Schema.Number])
  })),
  /** The run: seed, topology, options, operations, faults, choices. Absent in a foreign trace. */
  input: Schema.optionalKey(Schema.Unknown)
})
export type Header = typeof Header.Type

const Footer = Schema.Struct({ plimsoll: Schema.Literal("end"), lines: Schema.Number })

/** The file is no trace that this version can read; `message` says where and what to do. */
export class BadTrace extends Schema.TaggedError<BadTrace>()("BadTrace", { message: Schema.String }) {}

export interface Trace {
  readonly header: Header
  readonly lines: ReadonlyArray<Line>
  /** The lines as they stand in the file, for a comparison byte by byte. */
  readonly text: ReadonlyArray<string>
}

export const encodeHeader = (header: Header): string => JSON.stringify(header)
/** A line's bytes: keys in the order in which the journal made them, which is the same in every run. */
export const encodeLine = (line: Line): string => JSON.stringify(line)
export const encodeFooter = (lines: number): string => JSON.stringify({ plimsoll: "end", lines })

const decodeHeader = Schema.decodeUnknownSync(Header)
const decodeFooter = Schema.decodeUnknownSync(Footer)

const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n").slice(0, 3).join(" ").slice(0, 300)

const parseJson = (text: string, where: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadTrace({ message: `${where} is not JSON: the file is damaged or was cut in the middle of a line` })
  }
}

const readHeader = (text: string | undefined, file: string): Header => {
  if (text === undefined || text === "") throw new BadTrace({ message: `${file} is empty` })
  const raw = parseJson(text, `${file}:1`) as { plimsoll?: unknown; format?: unknown }
  if (raw === null || typeof raw !== "object" || raw.plimsoll !== "trace") {
    throw new BadTrace({ message: `${file} is no Plimsoll trace: line 1 must be a header with "plimsoll":"trace"` })
  }
  if (raw.format !== formatVersion) {
    throw new BadTrace({
      message: `${file} has trace format ${String(raw.format)}; this Plimsoll reads format ${formatVersion}. ` +
        "Record the trace again, or use the Plimsoll version named in its header"
    })
  }
  try {
    return decodeHeader(raw)
  } catch (error) {
    throw new BadTrace({ message: `${file}:1 has a bad header: ${reason(error)}` })
  }
}

/**
 * Reads a trace line by line: the header first, then each line once the next is there, since the last is the footer.
 * Throws BadTrace, naming file and line, for anything that is not one: no JSON, another format version, an unknown
 * event, a gap in `seq`, a missing footer.
 */
export class TraceReader {
  readonly #file: string
  readonly #decode = Schema.decodeUnknownSync(Line)
  readonly header: Header
  /** Lines so far. */
  lines = 0
  #number = 1
  #pending: string | undefined

  constructor(file: string, first: string | undefined) {
    this.#file = file
    this.header = readHeader(first, file)
  }

  /** Returns the line before, if that one was not the header. */
  take(text: string): Line | undefined {
    const before = this.#pending
    this.#pending = text
    if (before === undefined) return undefined
    const where = `${this.#file}:${++this.#number}`
    const raw = parseJson(before, where)
    let line: Line
    try {
      line = this.#decode(raw)
    } catch (error) {
      throw new BadTrace({ message: `${where} is no trace line: ${reason(error)}` })
    }
    if (line.seq !== this.lines) {
      throw new BadTrace({ message: `${where} has seq ${line.seq}, expected ${this.lines}` })
    }
    this.lines++
    return line
  }

  /** After the last line: it must be the footer. */
  end(): void {
    const truncated = new BadTrace({ message: `${this.#file} is truncated: its last line is not the footer ` +
      `{"plimsoll":"end","lines":${this.lines}}` })
    if (this.#pending === undefined) throw truncated
    let footer: typeof Footer.Type
    try {
      footer = decodeFooter(JSON.parse(this.#pending))
    } catch {
      throw truncated
    }
    if (footer.lines === this.lines) return
    throw new BadTrace({
      message: `${this.#file} is damaged: its footer counts ${footer.lines} lines, it has ${this.lines}` })
  }
}

/** Reads a whole trace; throws as TraceReader does. */
export const decodeTrace = (content: string, file: string): Trace => {
  const text = content.split("\n")
  if (text.at(-1) === "") text.pop()
  const reader = new TraceReader(file, text[0])
  const lines: Array<Line> = []
  for (let i = 1; i < text.length; i++) {
    const line = reader.take(text[i]!)
    if (line !== undefined) lines.push(line)
  }
  reader.end()
  return { header: reader.header, lines, text: text.slice(1, -1) }
}
