/** Records the lines of a run as text, at once, so that nothing later can change what was seen. */
import type { Line } from "#model/events.ts"
import { encodeFooter, encodeHeader, encodeLine, type Header } from "#traces/format.ts"

export interface Recorder {
  readonly line: (line: Line) => void
  readonly count: () => number
  /** The lines so far, encoded. */
  readonly lines: () => ReadonlyArray<string>
  /** The whole file: header, lines, footer, each with a newline. */
  readonly trace: (header: Header) => string
}

export const make = (): Recorder => {
  const lines: Array<string> = []
  return {
    line: (line) => {
      lines.push(encodeLine(line))
    },
    count: () => lines.length,
    lines: () => lines,
    trace: (header) => [encodeHeader(header), ...lines, encodeFooter(lines.length)].join("\n") + "\n"
  }
}
