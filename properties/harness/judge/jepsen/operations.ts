/**
 * From the lines of a history to operations with a beginning, an answer and steps. A failed one is left out: Jepsen's
 * :fail means that it did not happen. One whose outcome is unknown (:info, or no answer at all) may happen at any
 * moment after its beginning, or never; what it would have read is not known.
 */
import { BadHistory, keywordOf, textOf, vectorOf, type Edn } from "#properties/harness/judge/jepsen/edn.ts"
import { told, type Entry } from "#properties/harness/judge/jepsen/entries.ts"
import type { Step } from "#properties/cluster/linearizability/transactions.ts"

export interface HistoryOperation {
  readonly begun: Entry
  readonly invoked: number
  /** Undefined: the outcome is unknown. */
  readonly answer: Entry | undefined
  readonly answered: number | undefined
  readonly steps: ReadonlyArray<Step>
}
export interface History {
  readonly model: "register" | "cas-register" | "append" | "transactions"
  readonly operations: ReadonlyArray<HistoryOperation>
  readonly failed: number
  readonly unknown: number
}

interface Pair { readonly begun: Entry; readonly invoked: number; readonly answer: Entry | undefined
  readonly answered: number | undefined }

const paired = (entries: ReadonlyArray<Entry>): ReadonlyArray<Pair> => {
  const open = new Map<string, { readonly begun: Entry; readonly invoked: number }>()
  const pairs: Array<Pair> = []
  entries.forEach((entry, at) => {
    const { process, type, where } = entry
    const before = open.get(process)
    if (type === "invoke") {
      if (before !== undefined) {
        throw new BadHistory(`${where}: process ${process} asks again, with no answer to ${before.begun.where}`)
      }
      open.set(process, { begun: entry, invoked: at })
      return
    }
    if (before === undefined) throw new BadHistory(`${where}: process ${process} has an answer, but asked nothing`)
    open.delete(process)
    if (before.begun.f !== entry.f) {
      throw new BadHistory(`${where}: the answer to :${entry.f} of process ${process}, which asked :${before.begun.f}`)
    }
    pairs.push({ ...before, answer: entry, answered: at })
  })
  return [...pairs, ...[...open.values()].map((one) => ({ ...one, answer: undefined, answered: undefined }))]
}

/** Values of several keys are pairs of a key and what is asked of it (jepsen.independent). */
const isKeyed = (pairs: ReadonlyArray<Pair>): boolean => pairs.every(({ begun: { f, value } }) => {
  const pair = vectorOf(value)
  return pair?.length === 2 && (f !== "cas" || vectorOf(pair[1])?.length === 2)
})

const valueOf = (value: Edn | undefined): string | undefined =>
  value === null || value === undefined ? undefined : textOf(value)
const listOf = (value: Edn | undefined, { where }: Entry): ReadonlyArray<string> => {
  const list = value === null || value === undefined ? [] : vectorOf(value)
  if (list === undefined) throw new BadHistory(`${where}: expected a vector of what was appended`)
  return list.map(textOf)
}

/** What one step of a transaction does, or one operation: `asked` with what came back, if anything did. */
const stepOf = (
  f: string, key: string, asked: Edn | undefined, got: Edn | undefined, areLists: boolean, entry: Entry
): Step => {
  switch (f) {
    case "read": case "r":
      return areLists ? { type: "readList", key, holds: listOf(got, entry) }
        : { type: "read", key, holds: valueOf(got) }
    case "write": case "w": return { type: "write", key, value: valueOf(asked) }
    case "append": return { type: "append", key, element: textOf(asked ?? null) }
    case "cas": {
      const [from, to] = vectorOf(asked) ?? []
      if (from === undefined || to === undefined) throw new BadHistory(`${entry.where}: :cas expects [old new]`)
      return { type: "cas", key, from: valueOf(from), to: valueOf(to) }
    }
    default:
      throw new BadHistory(`${entry.where}: :${f} is not known; known are :read, :write, :cas, :append, and :txn of ` +
        `[:r k v], [:w k v], [:append k v]`)
  }
}

const stepsOfTransaction = ({ answer, begun }: Pair, areLists: boolean): ReadonlyArray<Step> => {
  const entry = answer?.type === "ok" ? answer : begun
  const steps = vectorOf(entry.value)
  if (steps === undefined) throw new BadHistory(`${entry.where}: :txn expects a vector of steps`)
  return steps.map((step) => {
    const [f, key, value] = vectorOf(step) ?? []
    if (keywordOf(f) === undefined || key === undefined) {
      throw new BadHistory(`${entry.where}: ${textOf(step)} is no step such as [:append k v]`)
    }
    return stepOf(keywordOf(f)!, textOf(key), value, value, areLists, entry)
  })
}

const isRead = ({ type }: Step): boolean => type === "read" || type === "readList"

/** Every name of what is asked, also within transactions. */
const namesOf = (pairs: ReadonlyArray<Pair>): ReadonlySet<string> => new Set(pairs.flatMap(({ begun: { f, value } }) =>
  f === "txn" ? ["txn", ...(vectorOf(value) ?? []).map((step) => keywordOf(vectorOf(step)?.[0]) ?? "")] : [f]))

/** What was read by transactions that nothing of the history wrote to: lists, if it is not said otherwise. */
const readLists = (pairs: ReadonlyArray<Pair>): boolean => pairs.every(({ answer, begun: { f } }) => f === "txn" &&
  (vectorOf(answer?.value) ?? []).every((step) => {
    const value = vectorOf(step)?.[2]
    return value === undefined || value === null || vectorOf(value) !== undefined
  }))

export const historyOf = (entries: ReadonlyArray<Entry>): History => {
  const pairs = paired(entries)
  const names = namesOf(pairs)
  const writes = ["w", "write", "cas"].some((name) => names.has(name))
  const areLists = names.has("append") || (!writes && readLists(pairs))
  if (areLists && writes) {
    throw new BadHistory("appends and writes in one history are not judged")
  }
  const keyed = !names.has("txn") && isKeyed(pairs)
  const stepsOf = (pair: Pair): ReadonlyArray<Step> => {
    const { answer, begun } = pair
    if (begun.f === "txn") return stepsOfTransaction(pair, areLists)
    const [key, asked] = keyed ? vectorOf(begun.value)! : [undefined, begun.value]
    const got = answer?.type !== "ok" ? undefined : keyed ? vectorOf(answer.value)?.[1] : answer.value
    return [stepOf(begun.f, key === undefined ? "" : textOf(key), asked, got, areLists, begun)]
  }
  const operations = pairs.filter(({ answer }) => answer?.type !== "fail").flatMap((pair): Array<HistoryOperation> => {
    const isKnown = pair.answer?.type === "ok"
    const steps = stepsOf(pair).filter((step) => isKnown || !isRead(step))
    return steps.length === 0 ? []
      : [{ ...pair, answered: isKnown ? pair.answered : undefined, answer: isKnown ? pair.answer : undefined, steps }]
  })
  return {
    model: names.has("txn") ? "transactions" : areLists ? "append" : names.has("cas") ? "cas-register" : "register",
    operations, failed: pairs.filter(({ answer }) => answer?.type === "fail").length,
    unknown: pairs.filter(({ answer }) => answer === undefined || answer.type === "info").length
  }
}

/** What the others of the history see of it when its answer is not there yet; undefined: nothing. */
export const withoutAnswer = (op: HistoryOperation): HistoryOperation | undefined => {
  const steps = op.steps.filter((step) => !isRead(step))
  return steps.length === 0 ? undefined : { ...op, steps, answer: undefined, answered: undefined }
}

export const toldOf = ({ answer, begun }: HistoryOperation): string =>
  `${answer?.where ?? begun.where}: ${told(answer ?? begun)}`
