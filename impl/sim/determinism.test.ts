import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { digest, play } from "#impl/sim/determinism.ts"

const choices = Array.from({ length: 500 }, (_, i) => 16 * i + (i * 7) % 5)

describe("one seed is one run", () => {
  it("twice in this process, byte for byte", () => {
    const first = play(11, choices)
    expect(first.length).toBeGreaterThan(2_000)
    expect(play(11, choices)).toEqual(first)
  })

  it("in other Node processes too", () => {
    const file = fileURLToPath(new URL("determinism.ts", import.meta.url))
    const elsewhere = (): string => execFileSync(process.execPath, [file, "12"], { encoding: "utf8" })
    const here = digest(play(12, choices))
    expect(elsewhere()).toBe(here)
    expect(elsewhere()).toBe(here)
  })

  it("and another seed, or other choices, another run", () => {
    const digests = [play(1, []), play(2, []), play(1, choices)].map(digest)
    expect(new Set(digests).size).toBe(3)
  })

  it("in which every cause precedes its effect, and what a message led to names its sending", () => {
    const lines = play(3, []).map((line) => JSON.parse(line))
    lines.forEach((line, seq) => {
      expect(line.seq).toBe(seq)
      if (line.cause !== undefined) expect(line.cause).toBeLessThan(seq)
    })
    const crossed = lines.filter(({ actor, cause }) => cause !== undefined && lines[cause].actor !== actor
      && lines[cause].actor.startsWith("talker/"))
    expect(crossed.length).toBeGreaterThan(100)
  })
})
