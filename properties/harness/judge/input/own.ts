/**
 * input/own: a trace in Plimsoll's own vocabulary, its own run's or somebody else's. It is in order; what a run's input
 * says of phases is heeded: what must come true in time is asked of a run that was healed, or of a foreign trace.
 */
import type { Line } from "#model/events.ts"
import type { Sink } from "#properties/harness/judge/input/course.ts"
import { BadInputFile } from "#properties/harness/judge/input/heard.ts"
import { linesOf } from "#properties/harness/judge/input/lines.ts"
import { BadTrace, TraceReader } from "#traces/format.ts"

export const judgeOwn = async (file: string, sink: Sink, hear: (line: Line) => void): Promise<void> => {
  let reader: TraceReader | undefined
  let last_ms = 0
  let isHealed = false
  const tell = (text: string, where: string): void => {
    if (reader === undefined) {
      reader = new TraceReader(file, text)
      sink.begin(0)
      return
    }
    const line = reader.take(text)
    if (line === undefined) return
    last_ms = line.at_ms
    hear(line)
    sink.line(line, where)
    if (line.event.type !== "phase.began" || line.event.phase !== "healed") return
    isHealed = true
    sink.disturbed(line.at_ms, "healed")
  }
  try {
    for await (const piece of linesOf(file, () => {})) {
      for (const { number, text } of piece) tell(text, `${file}:${number - 1}`)
    }
    reader ??= new TraceReader(file, undefined)
    reader.end()
  } catch (error) {
    throw error instanceof BadTrace ? new BadInputFile(error.message) : error
  }
  const isRun = reader.header.input !== undefined
  // In a run that was not healed nothing has to come true yet.
  if (isRun && !isHealed) sink.disturbed(Infinity, "not healed")
  sink.end(last_ms, undefined)
}
