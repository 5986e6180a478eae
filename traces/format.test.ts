import { describe, expect, it } from "vitest"
import { BadTrace, decodeTrace, encodeFooter, encodeHeader, encodeLine, formatVersion } from "#traces/format.ts"
import { make } from "#traces/recorder.ts"
import { replay } from "#traces/replay.ts"
import { causalPast, rows } from "#traces/timeline.ts"
import type { Line } from "#model/events.ts"

const line = (seq: number, over: Partial<Line> = {}): Line => ({
  seq, at_ms: seq * 100, clock_ms: seq * 100, actor: "machine/cp-0", chart: "hardware.process", entity: `etcd/${seq}`,
  event: { type: "process.started", process: `etcd/${seq}`, incarnation: 1 }, state: "running", ...over
})
const header = { plimsoll: "trace", format: formatVersion, version: "0.0.0", why: "a test" } as const
const file = (lines: ReadonlyArray<Line>): string => {
  const recorder = make()
  for (const one of lines) recorder.line(one)
  return recorder.trace(header)
}
const complaint = (content: string): string => {
  try {
    decodeTrace(content, "x.ndjson")
    return "none"
  } catch (error) {
    expect(error).toBeInstanceOf(BadTrace)
    return (error as BadTrace).message
  }
}

describe("a trace file", () => {
  const whole = file([line(0), line(1, { cause: 0 }), line(2)])

  it("reads back what was recorded", () => {
    const trace = decodeTrace(whole, "x.ndjson")
    expect(trace.lines).toEqual([line(0), line(1, { cause: 0 }), line(2)])
    expect([encodeHeader(trace.header), ...trace.lines.map(encodeLine), encodeFooter(3)].join("\n") + "\n").toBe(whole)
  })
  it("is refused when anything is missing, wherever it is cut", () => {
    for (let cut = 0; cut < whole.length - 1; cut++) expect(complaint(whole.slice(0, cut))).not.toBe("none")
  })
  it("says where it is damaged and what to do", () => {
    expect(complaint("")).toContain("is empty")
    expect(complaint("hello\n")).toContain("x.ndjson:1 is not JSON")
    expect(complaint("{}\n")).toContain("no Plimsoll trace")
    expect(complaint(whole.replace(`"format":${formatVersion}`, "\"format\":99"))).toContain("format 99")
    expect(complaint(whole.split("\n").slice(0, 3).join("\n") + "\n")).toContain("truncated")
    expect(complaint(whole.replace("process.started", "process.danced"))).toContain("x.ndjson:2")
    expect(complaint(whole.replace("\"seq\":1", "\"seq\":7"))).toContain("expected 1")
    expect(complaint(whole.replace("\"lines\":3", "\"lines\":4"))).toContain("counts 4 lines, it has 3")
  })
  it("replays byte for byte, or names the first line that differs", () => {
    const trace = decodeTrace(whole, "x.ndjson")
    expect(replay(trace, () => trace.text)).toEqual({ same: true, lines: 3 })
    const other = [...trace.text.slice(0, 1), encodeLine(line(1)), trace.text[2]!]
    expect(replay(trace, () => other)).toMatchObject({ same: false, seq: 1, replayed: encodeLine(line(1)) })
    expect(replay(trace, () => trace.text.slice(0, 2))).toMatchObject({ same: false, seq: 2, replayed: undefined })
  })
})

describe("the causal past", () => {
  it("holds causes, and earlier steps of the same instance, and nothing else", () => {
    const lines = [line(0), line(1), line(2, { cause: 1 }), line(3, { entity: "etcd/2" }), line(4, { cause: 3 })]
    expect(causalPast(lines, 4).map((one) => one.seq)).toEqual([1, 2, 3, 4])
    expect(causalPast(lines, 0).map((one) => one.seq)).toEqual([0])
  })
  it("is drawn with the violation marked", () => {
    expect(rows([line(0)], 0).at(-1)).toBe(
      "     0    0.000 s  machine/cp-0             process.started  process etcd/0, incarnation 1"
        + "             running  ✗"
    )
  })
})
