/** A stream of bytes as lines. Bytes are joined before they are decoded, so a character may come in two pieces. */
import type { Readable } from "node:stream"

const newline = 10

/** Each line without its end. What follows the last end is no line: the stream was cut off in it. */
export const linesOf = async function*(stream: Readable): AsyncGenerator<string> {
  let begun: Array<Buffer> = []
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0
    for (let to = chunk.indexOf(newline); to !== -1; to = chunk.indexOf(newline, from)) {
      const end = chunk.subarray(from, to)
      yield begun.length === 0 ? end.toString("utf8") : Buffer.concat([...begun, end]).toString("utf8")
      begun = []
      from = to + 1
    }
    if (from < chunk.length) begun.push(chunk.subarray(from))
  }
}

export const textOf = async (stream: Readable): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}
