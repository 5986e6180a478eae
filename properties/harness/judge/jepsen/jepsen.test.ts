/** Jepsen's histories from their text to a verdict, against an oracle that tries every order. */
import { describe, expect, it } from "vitest"
import { bent, isLegal, served, type Done, type Kind, type Play }
  from "#properties/cluster/linearizability/test-oracle.ts"
import type { Step } from "#properties/cluster/linearizability/transactions.ts"
import { BadHistory, textOf, valuesOf } from "#properties/harness/judge/jepsen/edn.ts"
import { entriesOf } from "#properties/harness/judge/jepsen/entries.ts"
import { judgeObjects } from "#properties/harness/judge/jepsen/judge.ts"
import { historyOf } from "#properties/harness/judge/jepsen/operations.ts"

const judge = (text: string, initial?: string, budget?: number) =>
  judgeObjects(historyOf(entriesOf(text)), initial, budget)
const isHeld = (text: string): boolean => {
  const { broken, undecided } = judge(text)
  expect(undecided).toEqual([])
  return broken.length === 0
}
/** "0 invoke read nil; …" as lines of EDN. */
const edn = (short: string): string => short.split(";").map((line) => {
  const [, process, type, f, value] = /^\s*(\S+)\s+(\S+)\s+(\S+)\s+(.*?)\s*$/.exec(line)!
  return `{:type :${type}, :f :${f}, :value ${value}, :process ${process}, :time 5}`
}).join("\n")

describe("a history", () => {
  it.each<readonly [string, boolean, string]>([
    ["a register that is read as it was written", true,
      "0 invoke read nil; 0 ok read nil; 0 invoke write 3; 0 ok write 3; 1 invoke read nil; 1 ok read 3"],
    ["a stale read", false,
      "0 invoke write 3; 0 ok write 3; 1 invoke read nil; 1 ok read nil"],
    ["a read beside a write sees either", true,
      "0 invoke write 3; 1 invoke read nil; 2 invoke read nil; 1 ok read nil; 2 ok read 3; 0 ok write 3"],
    ["a write of unknown outcome happens late", true,
      "0 invoke write 3; 0 info write 3; 1 invoke read nil; 1 ok read nil; 1 invoke read nil; 1 ok read 3"],
    ["it happens once", false, "0 invoke write 3; 0 info write 3; 1 invoke write 4; 1 ok write 4; 1 invoke read nil; " +
      "1 ok read 3; 1 invoke write 5; 1 ok write 5; 1 invoke read nil; 1 ok read 3"],
    ["a write without an answer is of unknown outcome", true,
      "0 invoke write 3; 1 invoke read nil; 1 ok read 3"],
    ["a write that failed did not happen", false,
      "0 invoke write 3; 0 fail write 3; 1 invoke read nil; 1 ok read 3"],
    ["a swap needs what it expects", false,
      "0 invoke write 3; 0 ok write 3; 0 invoke cas [4 5]; 0 ok cas [4 5]"],
    ["of two swaps from the same value one works", false, "0 invoke write 3; 0 ok write 3; 0 invoke cas [3 4]; " +
      "1 invoke cas [3 5]; 0 ok cas [3 4]; 1 ok cas [3 5]"],
    ["a value is written again by one that was under way", true, "0 invoke write 1; 0 ok write 1; 1 invoke write 1; " +
      "2 invoke write 2; 2 ok write 2; 3 invoke read nil; 3 ok read 2; 3 invoke read nil; 3 ok read 1; 1 ok write 1"],
    ["keys are apart", true, "0 invoke write [1 3]; 0 ok write [1 3]; 1 invoke read [2 nil]; 1 ok read [2 nil]; " +
      "1 invoke cas [1 [3 4]]; 1 ok cas [1 [3 4]]"],
    ["one of two keys is stale", false, "0 invoke write [1 3]; 0 ok write [1 3]; 1 invoke read [1 nil]; " +
      "1 ok read [1 nil]; 1 invoke read [2 nil]; 1 ok read [2 nil]"],
    ["a list that grows", true, "0 invoke append 1; 1 invoke append 2; 0 ok append 1; 1 ok append 2; " +
      "0 invoke read nil; 0 ok read [2 1]"],
    ["a list in which the later comes first", false, "0 invoke append 1; 0 ok append 1; 0 invoke append 2; " +
      "0 ok append 2; 0 invoke read nil; 0 ok read [2 1]"],
    ["an element is lost", false, "0 invoke append 1; 0 ok append 1; 0 invoke append 2; 0 ok append 2; " +
      "0 invoke read nil; 0 ok read [2]"],
    ["an element that nobody appended", false, "0 invoke read nil; 0 ok read [2]"],
    ["transactions one after the other", true, "0 invoke txn [[:append :x 1] [:r :y nil]]; 0 ok txn [[:append :x 1] " +
      "[:r :y nil]]; 1 invoke txn [[:r :x nil] [:append :y 2]]; 1 ok txn [[:r :x [1]] [:append :y 2]]"],
    ["write skew", false, "0 invoke txn [[:append :x 1] [:r :y nil]]; 1 invoke txn [[:append :y 2] [:r :x nil]]; " +
      "0 ok txn [[:append :x 1] [:r :y []]]; 1 ok txn [[:append :y 2] [:r :x []]]; 2 invoke txn [[:r :x nil] " +
      "[:r :y nil]]; 2 ok txn [[:r :x [1]] [:r :y [2]]]"],
    ["a transaction sees what it appended", false,
      "0 invoke txn [[:append 8 1] [:r 8 nil]]; 0 ok txn [[:append 8 1] [:r 8 nil]]"],
    ["registers in transactions", false, "0 invoke txn [[:w 8 1] [:r 9 nil]]; 0 ok txn [[:w 8 1] [:r 9 nil]]; " +
      "0 invoke txn [[:r 8 nil]]; 0 ok txn [[:r 8 nil]]"]
  ])("%s: %s", (_, held, short) => expect(isHeld(edn(short))).toBe(held))

  it("may begin with something else than nil", () => {
    const text = edn("0 invoke read nil; 0 ok read 7")
    expect(judge(text).broken).toHaveLength(1)
    expect(judge(text, "7").broken).toEqual([])
  })
  it("is undecided beyond its budget", () => {
    const text = edn("0 invoke write 1; 1 invoke write 2; 0 ok write 1; 1 ok write 2; 0 invoke read nil; 0 ok read 1")
    expect(judge(text, undefined, 2)).toMatchObject({ broken: [], undecided: [[""]] })
  })
  it("says which answer fits nowhere, what could be there, and what was under way", () => {
    const { broken: [one] } = judge(edn("0 invoke write 1; 0 ok write 1; 1 invoke write 2; 2 invoke write 3; " +
      "2 info write 3; 3 invoke read nil; 3 ok read nil; 1 ok write 2; 3 invoke read nil; 3 ok read 9"))
    expect(one).toMatchObject({
      answer: "line 7: process 3 :read nil", begun: "line 6", held: ["1", "2", "3"], isShortest: true,
      before: ["line 2: process 0 :write 1"], underWay: ["line 3: process 1 :write 2"],
      unknown: ["line 4: process 2 :write 3"]
    })
  })
  it("says what nobody wrote, and whether a shorter history breaks", () => {
    const wide = Array.from({ length: 12 }, (_, i) => `${i} invoke write ${i}; `).join("")
    const text = edn(`${wide}20 invoke write 77; 20 fail write 77; 21 invoke read nil; 21 ok read 77; 0 ok write 0`)
    expect(judge(text, undefined, 100).broken).toMatchObject([
      { answer: "line 16: process 21 :read 77", unwritten: "77", isShortest: true }])
    const early = edn("0 invoke read nil; 0 ok read 7; 1 invoke write 7; 1 ok write 7")
    expect(judge(early).broken).toMatchObject([{ answer: "line 2: process 0 :read 7", unwritten: "7" }])
    const both = edn("0 invoke write 1; 0 ok write 1; 1 invoke read nil; 1 ok read nil; 1 invoke read nil; 1 ok read 7")
    expect(judge(both).broken).toMatchObject([{ answer: "line 4: process 1 :read nil", unwritten: undefined }])
  })
})

describe("the text", () => {
  const lines = edn("0 invoke write 3; 0 ok write 3; 1 invoke read nil; 1 ok read 4")
  const log = (before: string): string => ["jepsen starts", `${before}:nemesis\t:info\t:start\tnil`,
    `${before}0\t:invoke\t:write\t3`, `${before}0\t:ok\t:write\t3`, `${before}1\t:invoke\t:read\tnil`,
    `${before}2\t:invoke\t:write\t5`, `${before}2\t:info\t:write\t:timed-out`, `${before}1\t:ok\t:read\t4`].join("\n")
  it.each([
    ["maps, one a line", `; a comment\n${lines}\n`], ["a vector", `[${lines}]`], ["a list", `(${lines})`],
    ["maps over lines", lines.replaceAll(", ", "\n ")],
    ["records", lines.replaceAll("{:type", "#jepsen.history.Op{:index 4, :type")],
    ["with a nemesis", `{:type :info, :f :start, :process :nemesis, :value #{"n1"}}\n${lines}`],
    ["the log", log("INFO  jepsen.util - ")],
    ["a newer log", log("2026-01-01 10:00:00,1\tINFO\t[worker 0] jepsen.util: ")],
    ["history.txt", log("")]
  ])("may be %s", (_, text) => {
    const { broken } = judge(text)
    expect(broken).toHaveLength(1)
    expect(broken[0]!.answer).toMatch(/^(line|entry) \d+: process 1 :read 4$/)
  })
  it.each([
    ["{:type :invoke, :f :read, :value [1 2", /the file is not EDN: it is cut off/],
    ["{:type :invoke, :f :read, :value \"a}", /line 1 is not EDN: it is cut off/],
    ["{:type :invoke, :f :read, :value 1]}", /line 1 is not EDN: a \] that closes nothing/],
    ["{:type :invoke, :f :read, :value 1, :process 0}}", /line 1 is not EDN: a \} that closes nothing/],
    ["{:type :invoke, :f :read, :value \"\\q\", :process 0}", /not EDN: Unexpected escape/],
    ["{:type :asked, :f :read, :value 1, :process 0}", /line 1: expected a number as :process/],
    ["[1 2]", /entry 0: expected a map/],
    ["hello", /it has no operation/], ["", /it has no operation/],
    [edn("0 ok read 1"), /line 1: process 0 has an answer, but asked nothing/],
    [edn("0 invoke read nil; 0 invoke read nil"), /line 2: process 0 asks again, with no answer to line 1/],
    [edn("0 invoke read nil; 0 ok write 1"), /line 2: the answer to :write of process 0, which asked :read/],
    [edn("0 invoke enqueue 1"), /:enqueue is not known; known are :read/],
    [edn("0 invoke append 1; 1 invoke write 2"), /appends and writes/],
    [edn("0 invoke txn [[:r]]"), /is no step/], [edn("0 invoke cas 1"), /:cas expects \[old new\]/],
    [edn("0 invoke write 12345678901234567890; 0 ok write 12345678901234567890"), /too large/]
  ])("that is none is refused with a sentence: %s", (text, sentence) => {
    expect(() => judge(text)).toThrow(BadHistory)
    expect(() => judge(text)).toThrow(sentence)
  })
  it("of equal values is alike", () => {
    const [a, b] = valuesOf("{:b #{2 1}, \"a\" [1 nil true \\x 1.5 sym #inst \"2026-01-01\"]} " +
      "{\"a\" (1 nil true \\x 1.5 sym #inst \"2026-01-01\") :b #{1 2}}", "here")
    expect(textOf(a!)).toBe(textOf(b!))
  })
})

const stepOf = (one: Step, isKnown: boolean): string => {
  switch (one.type) {
    case "read": return `[:r "${one.key}" ${isKnown ? one.holds ?? "nil" : "nil"}]`
    case "readList": return `[:r "${one.key}" ${isKnown ? `[${one.holds.join(" ")}]` : "nil"}]`
    case "append": return `[:append "${one.key}" ${one.element}]`
    default: throw new Error(`no step of a transaction here: ${one.type}`)
  }
}
const plainOf = (one: Step, isKnown: boolean): string => {
  switch (one.type) {
    case "read": return `:f :read :value ${isKnown ? one.holds ?? "nil" : "nil"}`
    case "write": return `:f :write :value ${one.value}`
    case "cas": return `:f :cas :value [${one.from} ${one.to}]`
    default: throw new Error(`no operation on a register: ${one.type}`)
  }
}
/** As Jepsen writes it: each operation is a process of its own. */
const written = (kind: Kind, play: Play): { readonly text: string; readonly lineOf: (op: Done) => string } => {
  const events = play.flatMap((op, process) => [{ op, process, at: op.invoked, type: "invoke" },
    ...(op.answered === undefined ? [] : [{ op, process, at: op.answered, type: "ok" }])])
    // Of one instant: whoever is answered has not seen who begins.
    .sort((a, b) => a.at - b.at || (a.type === "ok" ? -1 : 1))
  const text = events.map(({ op: { steps }, process, type }) => {
    const what = kind === "register" ? plainOf(steps[0]!, type === "ok")
      : `:f :txn :value [${steps.map((one) => stepOf(one, type === "ok")).join(" ")}]`
    return `{:process ${process} :type :${type} ${what}}`
  })
  return { text: text.join("\n"),
    lineOf: (op) => `line ${events.findIndex((event) => event.op === op && event.type === "ok") + 1}` }
}
/** What is known of it when an answer has come. */
const upTo = (play: Play, last: number): Play => play.flatMap((op) => {
  if (op.invoked >= last) return []
  if (op.answered === undefined || op.answered <= last) return [op]
  const steps = op.steps.filter(({ type }) => !type.startsWith("read"))
  return steps.length === 0 ? [] : [{ ...op, steps, answered: undefined }]
})

describe.each<Kind>(["register", "list", "transactions"])("random histories of a %s", (kind) => {
  it("are judged as by the oracle, and broken at the answer with which it breaks first", () => {
    let broke = 0
    for (let seed = 1; seed <= 3_000; seed++) {
      const whole = served(kind, seed, 4 + seed % 3, 3)
      const play = seed % 3 === 0 ? whole : bent(whole, seed)
      if (play.length === 0) continue
      const { text, lineOf } = written(kind, play)
      const { broken } = judge(text)
      const first = play.filter(({ answered }) => answered !== undefined).sort((a, b) => a.answered! - b.answered!)
        .find(({ answered }) => !isLegal(upTo(play, answered!)))
      const told = broken.map(({ answer }) => answer.split(":")[0]!)
      if (first === undefined) expect(told, `seed ${seed}: ${text}`).toEqual([])
      // Two objects may be broken; the one that breaks first is among them.
      else expect(told, `seed ${seed}: ${text}`).toContain(lineOf(first))
      if (first !== undefined) broke++
    }
    expect(broke).toBeGreaterThan(300)
  })
})
