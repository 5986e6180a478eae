/**
 * What files say, in the order in which it happened: each file's form is known by its first line, each has its reader
 * (input/), several are merged by revision. Nothing is kept but what waits for its turn.
 */
import { isAudit, AuditReader } from "#properties/harness/judge/input/audit.ts"
import { BadInputFile, type Facts, type Heard } from "#properties/harness/judge/input/heard.ts"
import { linesOf, type TextLine } from "#properties/harness/judge/input/lines.ts"
import { Order } from "#properties/harness/judge/input/order.ts"
import { isHeader, RecordingReader } from "#properties/harness/judge/input/recording.ts"
import { isWatchEvent, WatchReader } from "#properties/harness/judge/input/watch.ts"

/** "run": a trace of a run of Plimsoll's own, which can be run again. */
type Form = "run" | "own" | "recording" | "watch" | "audit"

export const newFacts = (): Facts => ({ flags: {}, hasTimes: true, hasVersions: true, sources: new Set(), notes: [],
  streams: [] })

const formOf = (first: object, file: string): Form => {
  if ("plimsoll" in first) return "input" in first ? "run" : "own"
  if (isHeader(first)) return "recording"
  if (isAudit(first)) return "audit"
  if (isWatchEvent(first)) return "watch"
  throw new BadInputFile(`${file} is neither a trace, nor a recording, nor an audit log, nor the output of ` +
    "kubectl get KIND -A -w --output-watch-events -o json")
}

/** A last line that is no JSON was cut; any other is an error. */
class Parser {
  readonly #file: string
  #cut: TextLine | undefined

  constructor(file: string) {
    this.#file = file
  }
  parse(line: TextLine): object | undefined {
    if (this.#cut !== undefined) throw new BadInputFile(`${this.#file}:${this.#cut.number} is not JSON`)
    try {
      const value: unknown = JSON.parse(line.text)
      if (typeof value === "object" && value !== null) return value
      throw new BadInputFile(`${this.#file}:${line.number} is no JSON object`)
    } catch (error) {
      if (error instanceof BadInputFile) throw error
      this.#cut = line
      return undefined
    }
  }
  end(notes: Array<string>): void {
    if (this.#cut !== undefined) notes.push(`${this.#file}:${this.#cut.number}: the file ends within a line`)
  }
}

/** The form of a file, by its first line. */
export const detect = async (file: string): Promise<Form> => {
  for await (const [first] of linesOf(file, () => {})) {
    const value = first === undefined ? undefined : new Parser(file).parse(first)
    if (value === undefined) throw new BadInputFile(`${file}:1 is not JSON`)
    return formOf(value, file)
  }
  throw new BadInputFile(`${file} is empty`)
}

/** The parsed lines of a file, in pieces. */
export async function* valuesOf(
  file: string, facts: Facts
): AsyncGenerator<ReadonlyArray<{ readonly value: object; readonly where: string }>> {
  const parser = new Parser(file)
  const cut = (): number => facts.notes.push(`${file}: the file ends within its compressed data`)
  for await (const piece of linesOf(file, cut)) {
    yield piece.flatMap((line) => {
      const value = parser.parse(line)
      return value === undefined ? [] : [{ value, where: `${file}:${line.number}` }]
    })
  }
  parser.end(facts.notes)
}

interface Options {
  readonly ahead_ms?: number
}
type Pieces = AsyncGenerator<ReadonlyArray<Heard>>
type Read = (value: any, where: string) => ReadonlyArray<Heard>

/** One file, put in order. */
async function* inOrder(file: string, facts: Facts, read: Read, end: () => ReadonlyArray<Heard>, order: Order): Pieces {
  for await (const piece of valuesOf(file, facts)) {
    const into: Array<Heard> = []
    for (const { value, where } of piece) for (const heard of read(value, where)) order.hear(heard, into)
    if (into.length > 0) yield into
  }
  const last: Array<Heard> = []
  for (const heard of end()) order.hear(heard, last)
  order.end(last)
  if (order.stragglers > 0) facts.notes.push(`${file}: ${order.stragglers} changes came too late to be put in order`)
  yield last
}
/** One file that is in order by itself. */
async function* asItIs(file: string, facts: Facts, read: Read, end: () => ReadonlyArray<Heard>): Pieces {
  for await (const piece of valuesOf(file, facts)) {
    const into = piece.flatMap(({ value, where }) => read(value, where))
    if (into.length > 0) yield into
  }
  yield end()
}

const nothing = (): ReadonlyArray<Heard> => []
const open = (file: string, form: Form, facts: Facts, isBesideOthers: boolean, options: Options): Pieces => {
  if (form === "recording") {
    const reader = new RecordingReader(facts)
    const read: Read = (value, where) => {
      const heard = reader.read(value, where)
      return heard === undefined ? [] : [heard]
    }
    return inOrder(file, facts, read, nothing, new Order(options))
  }
  if (form === "audit") {
    const reader = new AuditReader(facts, isBesideOthers)
    return inOrder(file, facts, (value, where) => reader.read(value, where), nothing,
      new Order({ ...options, isUnsorted: true }))
  }
  const reader = new WatchReader()
  return asItIs(file, facts, (value, where) => reader.read(value, where), () => reader.end())
}

/** What one file still has to say. */
class Source {
  readonly #pieces: Pieces
  #piece: ReadonlyArray<Heard> = []
  #next = 0
  #isOver = false

  constructor(pieces: Pieces) {
    this.#pieces = pieces
  }
  async head(): Promise<Heard | undefined> {
    while (this.#next >= this.#piece.length && !this.#isOver) {
      const { done, value } = await this.#pieces.next()
      this.#isOver = done === true
      this.#piece = value ?? []
      this.#next = 0
    }
    return this.#piece[this.#next]
  }
  take(): void {
    this.#next++
  }
}

/** What has no revision goes as soon as it is its turn. */
const placeOf = (heard: Heard): number => "revision" in heard ? heard.revision : -1

async function* merged(all: ReadonlyArray<Pieces>): Pieces {
  const sources = all.map((pieces) => new Source(pieces))
  const heads = await Promise.all(sources.map((source) => source.head()))
  // Nothing is known of a kind until it is listed, whoever does so first.
  yield heads.flatMap((head): ReadonlyArray<Heard> => head?.what !== "listed" ? [] : [{ what: "gap", at_ms: head.at_ms,
    where: "", resource: head.resource, revision: 0, why: "nothing has been listed" }])
  let into: Array<Heard> = []
  for (;;) {
    let least = -1
    for (const [at, head] of heads.entries()) {
      if (head !== undefined && (least < 0 || placeOf(head) < placeOf(heads[least]!))) least = at
    }
    if (least < 0) break
    into.push(heads[least]!)
    sources[least]!.take()
    heads[least] = await sources[least]!.head()
    if (into.length < 500) continue
    yield into
    into = []
  }
  yield into
}

/** Throws BadInputFile, with the file and the line. */
export async function* heardIn(files: ReadonlyArray<string>, facts: Facts, options: Options = {}): Pieces {
  const forms = await Promise.all(files.map(detect))
  if (forms.includes("own") || forms.includes("run")) {
    throw new BadInputFile("a trace in Plimsoll's own vocabulary is judged alone")
  }
  const hasWatches = forms.some((form) => form === "recording" || form === "watch")
  facts.hasVersions = hasWatches
  facts.hasTimes = !forms.includes("watch")
  const all = files.map((file, i) =>
    open(file, forms[i]!, facts, hasWatches && forms[i] === "audit", options))
  yield* all.length === 1 ? all[0]! : merged(all)
}
