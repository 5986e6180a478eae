/**
 * A history's verdict. Keys that no transaction joins are objects of their own, since linearizability of each is that
 * of all; keys that one joins are one object, and then what is judged is strict serializability.
 */
import { search, type Operation, type Verdict } from "#properties/cluster/linearizability/any-model.ts"
import { Transactions } from "#properties/cluster/linearizability/transactions.ts"
import { toldOf, withoutAnswer, type History, type HistoryOperation }
  from "#properties/harness/judge/jepsen/operations.ts"

/** Configurations of one object beyond which it is undecided: some ten seconds. */
export const budget = 1_000_000

export interface Broken {
  readonly keys: ReadonlyArray<string>
  /** The answer that nothing explains. */
  readonly answer: string
  readonly begun: string
  /** What the object can have held since the answers before it. */
  readonly held: ReadonlyArray<string>
  /** Answered last before it, the latest last. */
  readonly before: ReadonlyArray<string>
  readonly underWay: ReadonlyArray<string>
  readonly unknown: ReadonlyArray<string>
  /** False: a shorter history may be broken too, which the budget did not decide. */
  readonly isShortest: boolean
}
export interface JudgedObjects {
  readonly objects: number
  readonly broken: ReadonlyArray<Broken>
  /** Keys of objects that the budget did not decide. */
  readonly undecided: ReadonlyArray<ReadonlyArray<string>>
}

/** The operations of each object: keys that one operation names belong together. */
const objectsOf = (operations: ReadonlyArray<HistoryOperation>): ReadonlyArray<ReadonlyArray<HistoryOperation>> => {
  const above = new Map<string, string>()
  const top = (key: string): string => {
    let at = key
    while ((above.get(at) ?? at) !== at) at = above.get(at)!
    above.set(key, at)
    return at
  }
  for (const { steps } of operations) for (const { key } of steps) above.set(top(key), top(steps[0]!.key))
  return [...Map.groupBy(operations, ({ steps }) => top(steps[0]!.key)).values()]
}

interface Searched { readonly model: Transactions; readonly verdict: Verdict<Operation & { op: HistoryOperation }> }

const searchOf = (operations: ReadonlyArray<HistoryOperation>, initial: string | undefined, most: number): Searched => {
  const model = new Transactions(operations.map(({ steps }) => steps), initial)
  const given = operations.map((op) => ({ op, what: model.whatOf(op.steps), invoked: op.invoked,
    answered: op.answered }))
  return { model, verdict: search(model, given, most) }
}

/** The history as it stood when this answer had come. */
const until = (operations: ReadonlyArray<HistoryOperation>, last: number): ReadonlyArray<HistoryOperation> =>
  operations.flatMap((op) => op.invoked > last ? []
    : op.answered === undefined || op.answered <= last ? [op] : withoutAnswer(op) ?? [])

/** The first answer with which it is broken. What answers tell of later ones may show it earlier than it is. */
const shortest = (operations: ReadonlyArray<HistoryOperation>, first: number, initial: string | undefined,
  most: number) => {
  const answers = operations.map(({ answered }) => answered).filter((at) => at !== undefined && at >= first)
    .sort((a, b) => a! - b!) as ReadonlyArray<number>
  let [from, to, isShortest] = [0, answers.length - 1, true]
  while (from < to) {
    const middle = (from + to) >> 1
    const { verdict: { type } } = searchOf(until(operations, answers[middle]!), initial, most)
    if (type === "outOfBudget") isShortest = false
    if (type === "violation") to = middle
    else from = middle + 1
  }
  return { last: answers[to]!, isShortest }
}

const listed_max = 8

const explained = (
  keys: ReadonlyArray<string>, operations: ReadonlyArray<HistoryOperation>, first: number,
  initial: string | undefined, most: number
): Broken => {
  const { isShortest, last } = shortest(operations, first, initial, most)
  const there = until(operations, last)
  const { model, verdict } = searchOf(there, initial, most)
  const answer = there.find(({ answered }) => answered === last)!
  const states = verdict.type === "violation" ? verdict.states : []
  const isUnderWay = (op: HistoryOperation): boolean => op.answered === undefined && op !== answer
  const later = new Set(operations.filter(({ answered }) => answered !== undefined && answered > last)
    .map(({ invoked }) => invoked))
  const before = there.filter(({ answered }) => answered !== undefined && answered < last)
    .sort((a, b) => a.answered! - b.answered!)
  return {
    keys, answer: toldOf(answer), begun: answer.begun.where, isShortest,
    held: states.map((state) => model.text(state)).sort(),
    before: before.slice(-listed_max).map(toldOf),
    underWay: there.filter((op) => isUnderWay(op) && later.has(op.invoked)).map(toldOf),
    unknown: there.filter((op) => isUnderWay(op) && !later.has(op.invoked)).map(toldOf)
  }
}

/** `initial`: what every register holds at first, as EDN; nil unless it is told. */
export const judgeObjects = (
  { operations }: Pick<History, "operations">, initial?: string, most: number = budget
): JudgedObjects => {
  const broken: Array<Broken> = []
  const undecided: Array<ReadonlyArray<string>> = []
  const objects = objectsOf(operations)
  for (const object of objects) {
    const keys = [...new Set(object.flatMap(({ steps }) => steps.map(({ key }) => key)))].sort()
    const { verdict } = searchOf(object, initial, most)
    if (verdict.type === "outOfBudget") undecided.push(keys)
    if (verdict.type === "violation") broken.push(explained(keys, object, verdict.answer.answered!, initial, most))
  }
  return { objects: objects.length, broken, undecided }
}
