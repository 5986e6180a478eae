/**
 * EDN, as Jepsen writes it. The library reads it leniently; what it takes for a value although it is cut off, or closed
 * too often, is refused here, and so are numbers that a double does not hold exactly.
 */
import { EDNListParser } from "edn-data/dist/parse.js"

export type Edn = null | boolean | number | bigint | string | Date | ReadonlyArray<Edn> | { readonly key: string } |
  { readonly sym: string } | { readonly char: string } | { readonly list: ReadonlyArray<Edn> } |
  { readonly set: ReadonlyArray<Edn> } | { readonly map: ReadonlyArray<readonly [Edn, Edn]> } |
  { readonly tag: string; readonly val: Edn }

/** The message is for the user. */
export class BadHistory extends Error {}

const closes: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" }
/** Brackets outside of strings, characters and comments; undefined: they match. */
const mismatch = (text: string): string | undefined => {
  const open: Array<string> = []
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|\\.|;[^\n]*|[()[\]{}]/gs)) {
    if (token === "(" || token === "[" || token === "{") open.push(token)
    else if (closes[token] !== undefined && open.pop() !== closes[token]) return `a ${token} that closes nothing`
  }
  return open.length === 0 ? undefined : "it is cut off"
}

/** All values of a text, one after the other. */
export const valuesOf = (text: string, where: string): ReadonlyArray<Edn> => {
  const wrong = mismatch(text)
  if (wrong !== undefined) throw new BadHistory(`${where} is not EDN: ${wrong}`)
  const parser = new EDNListParser()
  try {
    const values = parser.next(`(${text}\n)`) as Array<Edn>
    if (parser.isDone() && parser.stack.length === 0) return values
  } catch (error) {
    throw new BadHistory(`${where} is not EDN: ${error instanceof Error ? error.message : String(error)}`)
  }
  throw new BadHistory(`${where} is not EDN: it is cut off`)
}

type Wrapped = Exclude<Edn, null | boolean | number | bigint | string | Date | ReadonlyArray<Edn>>
const isRecord = <K extends string>(value: Edn, name: K): value is Extract<Wrapped, Readonly<Record<K, unknown>>> =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)

/** A record of Clojure's, #jepsen.history.Op{…}, is its map. */
const untagged = (value: Edn): Edn => isRecord(value, "tag") ? untagged(value.val) : value

export const keywordOf = (value: Edn | undefined): string | undefined =>
  value !== undefined && isRecord(value, "key") ? value.key : undefined

export const vectorOf = (value: Edn | undefined): ReadonlyArray<Edn> | undefined => {
  if (value === undefined) return undefined
  const plain = untagged(value)
  return Array.isArray(plain) ? plain as ReadonlyArray<Edn> : isRecord(plain, "list") ? plain.list : undefined
}

/** The members of a map whose keys are keywords; undefined: it is no map. */
export const fieldsOf = (value: Edn): ReadonlyMap<string, Edn> | undefined => {
  const plain = untagged(value)
  if (!isRecord(plain, "map")) return undefined
  return new Map(plain.map.flatMap(([key, one]) => keywordOf(key) === undefined ? [] : [[keywordOf(key)!, one]]))
}

/** As text: alike if and only if the values are equal. */
export const textOf = (value: Edn): string => {
  if (value === null) return "nil"
  if (typeof value === "number") {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw new BadHistory(`${value} is too large to be compared exactly`)
    }
    return String(value)
  }
  if (typeof value === "boolean" || typeof value === "bigint") return String(value)
  if (typeof value === "string") return JSON.stringify(value)
  if (value instanceof Date) return `#inst "${value.toISOString()}"`
  if (Array.isArray(value)) return `[${(value as ReadonlyArray<Edn>).map(textOf).join(" ")}]`
  if (isRecord(value, "key")) return `:${value.key}`
  if (isRecord(value, "sym")) return value.sym
  if (isRecord(value, "char")) return `\\${value.char}`
  if (isRecord(value, "list")) return `[${value.list.map(textOf).join(" ")}]`
  if (isRecord(value, "set")) return `#{${value.set.map(textOf).sort().join(" ")}}`
  if (isRecord(value, "tag")) return textOf(value.val)
  if (isRecord(value, "map")) {
    return `{${value.map.map(([key, one]) => `${textOf(key)} ${textOf(one)}`).sort().join(" ")}}`
  }
  throw new BadHistory("a value of no known type")
}
