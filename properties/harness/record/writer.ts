/**
 * The file of a recording: whole lines, in order of arrival. Gzip is flushed often, so that whoever is killed leaves a
 * file that can be read up to then. When nothing can be written any more it says so once; what was written stays.
 */
import { createWriteStream, openSync, statSync } from "node:fs"
import { finished, pipeline, type Writable } from "node:stream"
import { constants, createGzip, type Gzip } from "node:zlib"
import { because, CannotRecord } from "#properties/harness/record/cluster.ts"

/** How much gzip may hold back. */
const flush_ms = 1_000

export type Mark = Readonly<Record<string, string | number>>

/** Never over a file that has something in it: it may be a recording. */
const openFile = (file: string): number => {
  try {
    const there = statSync(file, { throwIfNoEntry: false })
    if (there?.isFile() === true && there.size > 0) {
      throw new CannotRecord(`${file} is there already; choose another --out, or remove it`)
    }
    return openSync(file, "w")
  } catch (error) {
    if (error instanceof CannotRecord) throw error
    throw new CannotRecord(`cannot write ${file}: ${because(error)}`)
  }
}

export class Writer {
  lines = 0
  /** Why nothing can be written any more. */
  failed: string | undefined
  readonly #sink: Writable
  readonly #gzip: Gzip | undefined
  readonly #now: () => number
  readonly #ended: Promise<void>
  readonly #flushing: NodeJS.Timeout | undefined
  #isFlushed = true
  /** Until the disk has caught up. */
  #room: Promise<void> | undefined

  /** `onFailure` is called once. `now`: milliseconds of the recorder's clock. */
  constructor(file: Writable, isPacked: boolean, now: () => number, onFailure: () => void) {
    this.#now = now
    this.#gzip = isPacked ? createGzip() : undefined
    this.#sink = this.#gzip ?? file
    const fail = (error: Error | null | undefined): void => {
      if (!error || this.failed !== undefined) return
      this.failed = because(error)
      onFailure()
    }
    if (this.#gzip !== undefined) pipeline(this.#gzip, file, fail)
    this.#ended = new Promise((resolve) => finished(file, (error) => {
      fail(error)
      resolve()
    }))
    if (this.#gzip !== undefined) this.#flushing = setInterval(() => this.#flush(), flush_ms).unref()
  }

  /** A name that ends in .gz is packed. */
  static open(file: string, now: () => number, onFailure: () => void): Writer {
    const descriptor = openFile(file)
    return new Writer(createWriteStream(file, { fd: descriptor }), file.endsWith(".gz"), now, onFailure)
  }

  /** The first line; the others carry a stamp. */
  header(header: object): void {
    this.#put(`${JSON.stringify(header)}\n`)
  }

  /** A mark, stamped with this moment; `object`: text that is JSON, in pieces. */
  mark(mark: Mark, object?: ReadonlyArray<string>): Promise<void> | undefined {
    const head = JSON.stringify({ at: new Date(this.#now()).toISOString(), ...mark })
    if (object === undefined) return this.#put(`${head}\n`)
    this.#put(`${head.slice(0, -1)},"object":`, false)
    for (const piece of object) this.#put(piece, false)
    return this.#put("}\n")
  }

  /** Everything is on its way to the disk, or has failed. */
  async end(): Promise<void> {
    clearInterval(this.#flushing)
    this.#sink.end()
    await this.#ended
  }

  /** Undefined, or the moment when there is room again. */
  #put(text: string, isLine = true): Promise<void> | undefined {
    if (this.failed !== undefined) return undefined
    const hasRoom = this.#sink.write(text)
    if (isLine) this.lines++
    this.#isFlushed = false
    if (!hasRoom) {
      this.#room ??= new Promise((resolve) => {
        const done = (): void => {
          this.#sink.off("drain", done).off("close", done)
          this.#room = undefined
          resolve()
        }
        this.#sink.on("drain", done).on("close", done)
      })
    }
    return isLine ? this.#room : undefined
  }

  #flush(): void {
    if (this.#isFlushed || this.failed !== undefined) return
    this.#isFlushed = true
    this.#gzip?.flush(constants.Z_SYNC_FLUSH)
  }
}
