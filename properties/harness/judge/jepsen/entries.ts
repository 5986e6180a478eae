/**
 * The lines of a history of Jepsen's, in either form: maps of EDN, one a line or in one vector (history.edn), or the
 * log, `INFO  jepsen.util - 0 :invoke :read nil`, with or without what stands before the process (history.txt).
 */
import { BadHistory, fieldsOf, keywordOf, textOf, valuesOf, vectorOf, type Edn }
  from "#properties/harness/judge/jepsen/edn.ts"

export interface Entry {
  /** "line 7", or "entry 7" of a vector. */
  readonly where: string
  readonly process: string
  readonly type: "invoke" | "ok" | "fail" | "info"
  readonly f: string
  readonly value: Edn
}

const types: ReadonlyArray<string> = ["invoke", "ok", "fail", "info"] satisfies ReadonlyArray<Entry["type"]>
const isType = (text: string | undefined): text is Entry["type"] => text !== undefined && types.includes(text)

/** Undefined: of the nemesis, which asks no database. */
const entryOf = (value: Edn, where: string): Entry | undefined => {
  const fields = fieldsOf(value)
  if (fields === undefined) throw new BadHistory(`${where}: expected a map with :process, :type, :f and :value`)
  const [process, type, f] = [fields.get("process"), keywordOf(fields.get("type")), keywordOf(fields.get("f"))]
  if (typeof process !== "number" && process !== undefined && process !== null) return undefined
  if (typeof process !== "number" || !isType(type) || f === undefined) {
    throw new BadHistory(`${where}: expected a number as :process, :invoke, :ok, :fail or :info as :type, and an :f`)
  }
  return { where, process: String(process), type, f, value: fields.get("value") ?? null }
}

const ofEdn = (text: string): ReadonlyArray<Entry> => {
  const lines = text.split("\n").map((line, i) => ({ line: line.trim(), where: `line ${i + 1}` }))
    .filter(({ line }) => line !== "" && !line.startsWith(";"))
  const isOneEach = lines.every(({ line }) => /^(#[\w.-]+\s*)?\{.*\}$/.test(line))
  const given = isOneEach ? lines.flatMap(({ line, where }) => valuesOf(line, where).map((value) => ({ value, where })))
    : (() => {
      const all = valuesOf(text, "the file")
      const [only] = all
      const entries = all.length === 1 ? vectorOf(only) ?? all : all
      return entries.map((value, i) => ({ value, where: `entry ${i}` }))
    })()
  return given.flatMap(({ value, where }) => entryOf(value, where) ?? [])
}

const logged = /^(?:.*\bjepsen\.util(?:\s+-|:)\s+)?(\S+)\s+:(invoke|ok|fail|info)\s+:([^\s,]+)\s*(.*)$/

const ofLog = (text: string): ReadonlyArray<Entry> => text.split("\n").flatMap((line, i) => {
  const [, process, type, f, rest = ""] = logged.exec(line) ?? []
  if (process === undefined || !/^\d+$/.test(process) || !isType(type) || f === undefined) return []
  // An :info or :fail may have its reason in place of a value, in any form: the invocation has the value.
  const hasValue = type === "invoke" || type === "ok"
  const [value = null] = hasValue ? valuesOf(rest, `line ${i + 1}`) : []
  return [{ where: `line ${i + 1}`, process, type, f, value }]
})

export const entriesOf = (text: string): ReadonlyArray<Entry> => {
  const first = text.split("\n").map((line) => line.trim()).find((line) => line !== "" && !line.startsWith(";")) ?? ""
  const entries = /^[{[(#]/.test(first) ? ofEdn(text) : ofLog(text)
  if (entries.length === 0) {
    throw new BadHistory("it has no operation: neither maps of EDN nor lines like \"0 :invoke :read nil\"")
  }
  return entries
}

/** For people. */
export const told = ({ f, process, value }: Entry): string => `process ${process} :${f} ${textOf(value)}`
