/**
 * input/lines: a file's lines, as they come: plain or gzipped, in pieces of a few hundred, so that memory does not grow
 * with the file. A document that is printed over several lines ("{" to "}") counts as one line.
 */
import { createReadStream, type ReadStream } from "node:fs"
import { open } from "node:fs/promises"
import { StringDecoder } from "node:string_decoder"
import { createGunzip, type Gunzip } from "node:zlib"
import { BadInputFile } from "#properties/harness/judge/input/heard.ts"

export interface TextLine {
  readonly text: string
  /** From 1. */
  readonly number: number
}

const newline = "\n"
const piece_bytes = 1 << 18 // ASSUMED: large enough that a turn of the event loop costs nothing.

const isGzip = async (file: string): Promise<boolean> => {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}

/** Lines of one piece of text, with what is left of a line that is not complete. */
class Splitter {
  #rest = ""
  #number = 0
  /** Of a document over several lines. */
  #document: Array<string> | undefined
  #startedAt = 0

  take(text: string): Array<TextLine> {
    const lines: Array<TextLine> = []
    const all = this.#rest + text
    let from = 0
    for (let to = all.indexOf(newline); to >= 0; to = all.indexOf(newline, from)) {
      this.#line(all.slice(from, to), lines)
      from = to + 1
    }
    this.#rest = all.slice(from)
    return lines
  }
  end(): Array<TextLine> {
    const lines: Array<TextLine> = []
    if (this.#rest !== "") this.#line(this.#rest, lines)
    if (this.#document !== undefined) lines.push({ text: this.#document.join(newline), number: this.#startedAt })
    return lines
  }

  #line(raw: string, into: Array<TextLine>): void {
    this.#number++
    const text = raw.endsWith("\r") ? raw.slice(0, -1) : raw
    if (this.#document !== undefined) {
      this.#document.push(text)
      if (text !== "}") return
      into.push({ text: this.#document.join(newline), number: this.#startedAt })
      this.#document = undefined
    } else if (text === "{") {
      this.#document = [text]
      this.#startedAt = this.#number
    } else if (text !== "") into.push({ text, number: this.#number })
  }
}

const unzipped = (raw: ReadStream): Gunzip => {
  const gunzip = createGunzip({ chunkSize: piece_bytes })
  raw.on("error", (error) => gunzip.destroy(error))
  return raw.pipe(gunzip)
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file", EACCES: "permission was denied", EISDIR: "it is a directory"
}
const because = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error)
  return reasons[code] ?? code
}

/** The lines of a file, in pieces. A gzip that is cut short ends where it was cut: `onCut` is told. */
export async function* linesOf(file: string, onCut: () => void): AsyncGenerator<ReadonlyArray<TextLine>> {
  const splitter = new Splitter()
  const decoder = new StringDecoder("utf8")
  try {
    const isZipped = await isGzip(file)
    const raw = createReadStream(file, { highWaterMark: piece_bytes })
    for await (const chunk of isZipped ? unzipped(raw) : raw) {
      const lines = splitter.take(decoder.write(chunk as Buffer))
      if (lines.length > 0) yield lines
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "Z_BUF_ERROR")) {
      throw new BadInputFile(`cannot read ${file}: ${because(error)}`)
    }
    onCut()
  }
  const last = splitter.end()
  if (last.length > 0) yield last
}
