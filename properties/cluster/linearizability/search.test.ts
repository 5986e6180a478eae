/** The search against an oracle that tries everything, and on histories that are wider than an oracle can try. */
import { describe, expect, it } from "vitest"
import {
  beginning, search, type Configuration, type Known, type Unknown
} from "#properties/cluster/linearizability/search.ts"

interface History {
  readonly known: ReadonlyArray<Known>
  readonly unknown: ReadonlyArray<Unknown>
}

/** A small generator of our own, so that a history is its seed's. */
const dice = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor(state / 0x1_0000_0000 * below)
  }
}

const writes = (known: ReadonlyArray<Known>): ReadonlySet<number> =>
  new Set(known.filter(({ kind, expected }) => kind === "write" || (kind === "delete" && (expected ?? 0) > 0))
    .map(({ revision }) => revision))

const changes = (op: Known, mod: number): boolean => op.kind === "write" || (op.kind === "delete" && mod !== 0)

/** What a known operation leaves of a key at `mod` in a store at `now`; undefined: its answer is not that. */
const step = (op: Known, mod: number, now: number): number | undefined => {
  if (op.revision < now || (changes(op, mod) && op.revision === now)) return undefined
  const isMet = op.expected === undefined || op.expected === mod
  if (op.kind === "read") return op.modRevision === undefined || op.modRevision === mod ? mod : undefined
  if (op.kind === "failed") {
    return mod !== op.expected && (op.modRevision === undefined || op.modRevision === mod) ? mod : undefined
  }
  return !isMet ? undefined : op.kind === "write" ? op.revision : 0
}

/** Every order that time allows, every moment and every free revision for what is unknown. */
const isLegal = ({ known, unknown }: History): boolean => {
  const taken = writes(known)
  const last = Math.max(0, ...known.map(({ revision }) => revision))
  const go = (left: ReadonlyArray<Known>, open: ReadonlyArray<Unknown>, mod: number, now: number): boolean => {
    if (left.length === 0) return true
    const first = Math.min(...left.map(({ returned }) => returned))
    for (const op of left) {
      const next = op.invoked <= first ? step(op, mod, now) : undefined
      if (next !== undefined && go(left.filter((one) => one !== op), open, next, op.revision)) return true
    }
    for (const op of open) {
      if (op.invoked > first || (op.expected !== undefined && op.expected !== mod)) continue
      const rest = open.filter((one) => one !== op)
      for (let revision = now + 1; revision <= last; revision++) {
        if (!taken.has(revision) && go(left, rest, op.kind === "delete" ? 0 : revision, revision)) return true
      }
    }
    return false
  }
  return go(known, unknown, 0, 0)
}

const begin = ({ unknown }: History): ReadonlyArray<Configuration> => [{ ...beginning, unknown }]
const budget = 100_000
const verdict = (history: History) =>
  search(begin(history), history.known, 0, writes(history.known), budget).type

/** What a real register answers to `size` operations, `width` of them under way at most; `gap`: of other keys. */
const served = (seed: number, size: number, width: number, gap: number): History => {
  const roll = dice(seed)
  const known: Array<Known> = []
  const unknown: Array<Unknown> = []
  interface Open { readonly id: number; readonly kind: "write" | "delete" | "read"; readonly invoked: number
    readonly expected: number | undefined; done: Omit<Known, "invoked" | "returned" | "expected"> | undefined }
  const open: Array<Open> = []
  let [mod, now, time, begun] = [0, 1, 0, 0]
  const serve = (op: Open): void => {
    now += roll(gap)
    if (op.kind === "read") op.done = { kind: "read", modRevision: mod, revision: now }
    else if (op.expected !== undefined && op.expected !== mod) {
      op.done = { kind: "failed", modRevision: roll(3) > 0 ? mod : undefined, revision: now }
    } else if (op.kind === "delete") {
      if (mod !== 0) now++
      mod = 0
      op.done = { kind: "delete", modRevision: undefined, revision: now }
    } else {
      mod = ++now
      op.done = { kind: "write", modRevision: mod, revision: mod }
    }
  }
  const end = (op: Open): void => {
    open.splice(open.indexOf(op), 1)
    const { id, invoked, expected, kind } = op
    if (op.done !== undefined && (kind === "read" || roll(4) > 0)) {
      known.push({ ...op.done, expected: kind === "read" ? undefined : expected, invoked, returned: time })
    } else if (kind !== "read") unknown.push({ id, kind, expected, invoked })
  }
  while (begun < size || open.length > 0) {
    time++
    const which = roll(3)
    const one = open[roll(open.length || 1)]
    if (which === 0 && begun < size && open.length < width) {
      const kind = (["write", "write", "read", "delete"] as const)[roll(4)]!
      open.push({ id: begun++, kind, invoked: time, done: undefined,
        expected: kind === "read" || roll(4) === 0 ? undefined : roll(5) === 0 ? roll(now + 2) : mod })
    } else if (one !== undefined && one.done === undefined && which === 1) serve(one)
    else if (one !== undefined && (one.done !== undefined || (one.kind !== "read" && roll(12) === 0))) end(one)
  }
  return { known, unknown }
}

/** One answer is changed: a revision, or what was found. */
const bent = (history: History, seed: number): History => {
  const roll = dice(seed)
  const at = roll(history.known.length)
  return { ...history, known: history.known.map((op, i) => i !== at ? op : roll(2) === 0
    ? { ...op, modRevision: op.kind === "write" ? op.modRevision : roll(op.revision + 2) }
    : { ...op, revision: Math.max(1, op.revision + roll(5) - 2) }) }
}

describe("small histories", () => {
  it("are judged as an oracle judges that tries everything", () => {
    const counts = { legal: 0, illegal: 0 }
    for (let seed = 1; seed <= 10_000; seed++) {
      const whole = served(seed, 3 + seed % 4, 1 + seed % 4, 3)
      if (whole.known.length === 0) continue
      const history = seed % 2 === 0 ? whole : bent(whole, seed)
      const legal = isLegal(history)
      counts[legal ? "legal" : "illegal"]++
      if ((verdict(history) === "linearizable") !== legal) {
        const truth = legal ? "legal" : "illegal"
        expect.fail(`seed ${seed}: ${truth}, judged ${verdict(history)}: ${JSON.stringify(history)}`)
      }
    }
    expect(counts.legal).toBeGreaterThan(4_000)
    expect(counts.illegal).toBeGreaterThan(1_000)
  })
})

describe("wide histories", () => {
  it("of sixteen at a time with unknown outcomes are decided, and lawful ones held", () => {
    const verdicts: Record<string, number> = {}
    for (let seed = 1; seed <= 1_000; seed++) {
      const one = verdict(served(seed, 60, 16, 4))
      verdicts[one] = (verdicts[one] ?? 0) + 1
    }
    expect(verdicts).toEqual({ linearizable: 1_000 })
  })
  it("with one answer bent are decided", () => {
    const verdicts: Record<string, number> = {}
    for (let seed = 1; seed <= 1_000; seed++) {
      const one = verdict(bent(served(seed, 60, 16, 4), seed))
      verdicts[one] = (verdicts[one] ?? 0) + 1
    }
    expect(verdicts["outOfBudget"] ?? 0).toBe(0)
    expect(verdicts["violation"]).toBeGreaterThan(300)
  })
})
