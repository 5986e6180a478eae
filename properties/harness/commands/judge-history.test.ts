/** A file of Jepsen's, to what a user reads. */
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { beforeAll, expect, it } from "vitest"
import { historyText, judgeHistory } from "#properties/harness/commands/judge-history.ts"
import { BadInput, exitCodes } from "#properties/harness/commands/outcome.ts"

let directory = ""
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "plimsoll-history-"))
})
const file = (text: string | Buffer, name = "history.edn"): string => {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}
const op = (process: number, type: string, f: string, value: string): string =>
  `{:process ${process}, :type :${type}, :f :${f}, :value ${value}}\n`
const begun = op(0, "invoke", "write", "[7 1]") + op(0, "ok", "write", "[7 1]") + op(1, "invoke", "cas", "[7 [1 2]]") +
  op(2, "invoke", "cas", "[7 [5 6]]") + op(2, "fail", "cas", "[7 [5 6]]") + op(3, "invoke", "read", "[7 nil]")

it("a history that holds says what that means", async () => {
  const judged = await judgeHistory(file(begun + op(3, "ok", "read", "[7 2]")))
  expect(historyText(judged)).toBe([
    "cas-register: 2 answered, 1 of unknown outcome, 1 failed (taken as never happened), 1 object",
    "judged  linearizability of each key", "held"].join("\n"))
  expect(exitCodes[judged.verdict]).toBe(0)
})
it("a broken one says where, and what could have been there", async () => {
  const text = begun + op(3, "ok", "read", "[7 nil]") + op(1, "ok", "cas", "[7 [1 2]]")
  const judged = await judgeHistory(file(gzipSync(text), "history.edn.gz"))
  expect(historyText(judged)).toBe(`broke  the history of key 7 is not linearizable
       line 7: process 3 :read [7 nil]  (begun at line 6) fits nowhere
       the history up to it is the shortest that breaks
       since the answers before it, this can have been there:
         1
         2
       answered before it:
         line 2: process 0 :write [7 1]
       under way at its answer:
         line 3: process 1 :cas [7 [1 2]]

cas-register: 3 answered, 0 of unknown outcome, 1 failed (taken as never happened), 1 object
judged  linearizability of each key
broken`)
  expect(exitCodes[judged.verdict]).toBe(1)
})
it("one without an answer is unknown, and so is one in which nothing was asked that can be judged", async () => {
  const judged = await judgeHistory(file(op(0, "invoke", "read", "nil") + op(0, "info", "read", "nil")))
  expect(judged).toMatchObject({ verdict: "unknown", answered: 0, unknown: 1 })
})
it("what cannot be read is a mistake of the user's, in a sentence", async () => {
  await expect(judgeHistory(join(directory, "none"))).rejects.toThrow(BadInput)
  await expect(judgeHistory(join(directory, "none.gz"))).rejects.toThrow(/there is no such file/)
  await expect(judgeHistory(file("x", "broken.gz"))).rejects.toThrow(/is not packed by gzip/)
  await expect(judgeHistory(file("{"))).rejects.toThrow(/history\.edn: the file is not EDN: it is cut off/)
  await expect(judgeHistory(file(begun), "[")).rejects.toThrow(/the initial value is not EDN/)
})
