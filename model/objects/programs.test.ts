/** Image and arguments against programs, both ways. */
import { expect, it } from "vitest"
import { containerOf, isKnownImage, programOf, type Program } from "#model/objects/programs.ts"

it.each<Program>([
  { kind: "server" }, { kind: "server", stop_ms: 500 }, { kind: "job", run_ms: 5_000, exitCode: 137 },
  { kind: "crasher", run_ms: 10 }, { kind: "stubborn" }
])("%o is what its own container runs", (program) => {
  expect(programOf(containerOf(program))).toEqual(program)
})
it("knows the usual names, with registry, tag and digest", () => {
  expect(programOf({ image: "nginx" })).toEqual({ kind: "server" })
  expect(programOf({ image: "registry.example/team/web:2@sha256:00" })).toEqual({ kind: "server" })
  expect(programOf({ image: "no-such-thing:1" })).toBeUndefined()
  expect(isKnownImage("missing/web:1")).toBe(false)
})
it("ends with exit code 2 on an argument that it does not know", () => {
  expect(programOf({ image: "web:1", args: ["--colour=red"] })).toEqual({ kind: "job", run_ms: 0, exitCode: 2 })
})
