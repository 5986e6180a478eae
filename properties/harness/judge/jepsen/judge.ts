/**
 * A history's verdict. Keys that no transaction joins are objects of their own, since linearizability of each is that
 * of all; keys that one joins are one object, and then what is judged is strict serializability.
 */
import { search, type Operation, type Verdict } from "#properties/cluster/linearizability/any-model.ts"
import { Transactions } from "#properties/cluster/linearizability/transactions.ts"
import { toldOf, withoutAnswer, type History, type HistoryOperation }
  from "#properties/harness/judge/jepsen/operations.ts"

/** Configurations of one object beyond which it is undecided: a few seconds, and less than 1 GB. */
export const budget = 2_000_000

export interface Broken {
  readonly keys: ReadonlyArray<string>
  /** The answer that nothing explains. */
  readonly answer: string
  readonly begun: string
  /** It read what nobody had written; undefined: it is the order that does not fit. */
  readonly unwritten: string | undefined
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

interface Breach { readonly last: number; readonly isShortest: boolean; readonly unwritten?: string }

/**
 * The first answer with which it is broken, not before `first`: what later answers tell may show it earlier than it is.
 */
const shortest = (
  operations: ReadonlyArray<HistoryOperation>, first: number, initial: string | undefined, most: number
): Breach => {
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

/** The first answer that read what nobody had begun to write: no order of all others need be tried to see that. */
const unwrittenIn = (operations: ReadonlyArray<HistoryOperation>, initial: string | undefined) => {
  const since = new Map<string, number>()
  for (const { invoked, steps } of operations) {
    for (const step of steps) {
      const value = step.type === "write" ? step.value : step.type === "cas" ? step.to : undefined
      const name = `${step.key} ${value}`
      if (value !== undefined) since.set(name, Math.min(invoked, since.get(name) ?? Infinity))
    }
  }
  const found = operations.flatMap(({ answered, steps }) => answered === undefined ? [] : steps.flatMap((step) => {
    if (step.type !== "read" || step.holds === undefined || step.holds === initial) return []
    const isWritten = (since.get(`${step.key} ${step.holds}`) ?? Infinity) < answered
    return isWritten ? [] : [{ last: answered, value: step.holds }]
  }))
  return found.sort((a, b) => a.last - b.last)[0]
}

/** How the object breaks, "undecided", or undefined: it does not. */
const breach = (
  object: ReadonlyArray<HistoryOperation>, initial: string | undefined, most: number
): Breach | "undecided" | undefined => {
  const unwritten = unwrittenIn(object, initial)
  const there = unwritten === undefined ? object : until(object, unwritten.last - 1)
  const { verdict } = searchOf(there, initial, most)
  if (verdict.type === "violation") return shortest(there, verdict.answer.answered!, initial, most)
  if (unwritten !== undefined) {
    return { last: unwritten.last, isShortest: verdict.type === "linearizable", unwritten: unwritten.value }
  }
  return verdict.type === "outOfBudget" ? "undecided" : undefined
}

const listed_max = 8

const explained = (
  keys: ReadonlyArray<string>, operations: ReadonlyArray<HistoryOperation>,
  { isShortest, last, unwritten }: Breach, initial: string | undefined, most: number
): Broken => {
  const there = until(operations, last)
  const { model, verdict } = searchOf(there, initial, unwritten === undefined ? most : 0)
  const answer = there.find(({ answered }) => answered === last)!
  const later = new Set(operations.filter(({ answered }) => answered !== undefined && answered > last)
    .map(({ invoked }) => invoked))
  const [answers, others] = [there.filter(({ answered }) => answered !== undefined && answered < last),
    there.filter(({ answered }) => answered === undefined)]
  return {
    keys, answer: toldOf(answer), begun: answer.begun.where, isShortest, unwritten,
    held: verdict.type === "violation" ? verdict.states.map((state) => model.text(state)).sort() : [],
    before: answers.sort((a, b) => a.answered! - b.answered!).slice(-listed_max).map(toldOf),
    underWay: others.filter(({ invoked }) => later.has(invoked)).map(toldOf),
    unknown: others.filter(({ invoked }) => !later.has(invoked)).map(toldOf)
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
    const found = breach(object, initial, most)
    if (found === "undecided") undecided.push(keys)
    else if (found !== undefined) broken.push(explained(keys, object, found, initial, most))
  }
  return { objects: objects.length, broken, undecided }
}
