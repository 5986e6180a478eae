/** plimsoll judge --history FILE: a history of Jepsen's, held against registers, compare-and-set, and lists. */
import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { BadInput, readText, type Verdict } from "#properties/harness/commands/outcome.ts"
import type { Broken } from "#properties/harness/judge/jepsen/judge.ts"

export interface JudgedHistory {
  readonly verdict: Extract<Verdict, "held" | "safety" | "unknown">
  readonly model: string
  /** With a known answer. */
  readonly answered: number
  readonly unknown: number
  readonly failed: number
  /** Each is a key, or the keys that transactions join. */
  readonly objects: number
  readonly broken: ReadonlyArray<Broken>
  /** Keys of what the budget did not decide. */
  readonly undecided: ReadonlyArray<ReadonlyArray<string>>
  /** What is demanded, and what is left open. */
  readonly means: string
}

const packed = (file: string): string => {
  // The sentence for a file that cannot be read is readText's.
  if (!file.endsWith(".gz")) return readText(file)
  readText(file)
  try {
    return gunzipSync(readFileSync(file)).toString("utf8")
  } catch {
    throw new BadInput({ message: `${file} is not packed by gzip, or cut off` })
  }
}

const means: Readonly<Record<string, string>> = {
  register: "linearizability of each key", "cas-register": "linearizability of each key",
  append: "linearizability of each list",
  transactions: "strict serializability: each transaction happens at one moment between its beginning and its " +
    "answer; weaker levels are not told apart, so a broken one may still be serializable or a snapshot"
}

/** `initial`: what registers hold at first, as EDN. */
export const judgeHistory = async (file: string, initial?: string): Promise<JudgedHistory> => {
  const text = packed(file)
  const [{ BadHistory, textOf, valuesOf }, { entriesOf }, { historyOf }, { judgeObjects }] = await Promise.all([
    import("#properties/harness/judge/jepsen/edn.ts"), import("#properties/harness/judge/jepsen/entries.ts"),
    import("#properties/harness/judge/jepsen/operations.ts"), import("#properties/harness/judge/jepsen/judge.ts")
  ])
  try {
    const history = historyOf(entriesOf(text))
    const [first = null] = initial === undefined ? [] : valuesOf(initial, "the initial value")
    const judged = judgeObjects(history, first === null ? undefined : textOf(first))
    const answered = history.operations.filter((op) => op.answered !== undefined).length
    const isUnknown = judged.undecided.length > 0 || answered === 0
    return {
      verdict: judged.broken.length > 0 ? "safety" : isUnknown ? "unknown" : "held", model: history.model, answered,
      unknown: history.unknown, failed: history.failed, ...judged, means: means[history.model]!
    }
  } catch (error) {
    throw error instanceof BadHistory ? new BadInput({ message: `${file}: ${error.message}` }) : error
  }
}

const block = (title: string, lines: ReadonlyArray<string>, most: number): ReadonlyArray<string> => {
  if (lines.length === 0) return []
  const shown = lines.slice(-most)
  const more = lines.length > most ? [`         (and ${lines.length - most} more)`] : []
  return [`       ${title}`, ...shown.map((line) => `         ${line}`), ...more]
}

const named = (keys: ReadonlyArray<string>): string =>
  keys.length === 1 && keys[0] === "" ? "" : ` of ${keys.length === 1 ? "key" : "keys"} ${keys.join(", ")}`

const shown_max = 8

/** For people. */
export const historyText = (judged: JudgedHistory): string => [
  ...judged.broken.flatMap(({ answer, before, begun, held, isShortest, keys, underWay, unknown, unwritten }) => [
    `broke  the history${named(keys)} is not ${judged.model === "transactions" ? "strictly serializable"
      : "linearizable"}`,
    `       ${answer}  (begun at ${begun}) fits nowhere`,
    ...(unwritten === undefined ? [] : [`       nobody had begun to write ${unwritten}`]),
    `       the history up to it ${isShortest ? "is the shortest that breaks" : "breaks; shorter ones: unknown"}`,
    ...block("since the answers before it, this can have been there:", held, shown_max),
    ...block("answered before it:", before, shown_max), ...block("under way at its answer:", underWay, shown_max),
    ...block("of unknown outcome:", unknown, shown_max), ""
  ]),
  ...judged.undecided.map((keys) => `not decided  the history${named(keys)}: too many orders are possible`),
  `${judged.model}: ${judged.answered} answered, ${judged.unknown} of unknown outcome, ${judged.failed} failed ` +
    `(taken as never happened), ${judged.objects} ${judged.objects === 1 ? "object" : "objects"}`,
  `judged  ${judged.means}`, judged.verdict === "safety" ? "broken" : judged.verdict
].join("\n")
