/**
 * JSON as it stands in the text. A recording keeps bodies as they came: numbers as they were written, members in their
 * order, unknown fields. So what is needed of a body is cut out of its text, and nothing is written anew.
 */

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9

/** After the string that begins at `at`; -1: it does not end. */
const afterString = (text: string, at: number): number => {
  for (let end = text.indexOf("\"", at + 1); end !== -1; end = text.indexOf("\"", end + 1)) {
    let escapes = 0
    while (text[end - 1 - escapes] === "\\") escapes++
    if (escapes % 2 === 0) return end + 1
  }
  return -1
}

/** After the value that begins at `at`: where its brackets are closed, or before the comma or bracket after it. */
const afterValue = (text: string, at: number): number => {
  let depth = 0
  for (let i = at; i < text.length; i++) {
    switch (text[i]) {
      case "\"": {
        const after = afterString(text, i)
        if (after === -1) return -1
        if (depth === 0) return after
        i = after - 1
        break
      }
      case "{": case "[":
        depth++
        break
      case "}": case "]":
        if (depth === 0) return i
        if (--depth === 0) return i + 1
        break
      case ",":
        if (depth === 0) return i
    }
  }
  return -1
}

/** The members of the object that the text is, each as it stands there; undefined: it is no whole object. */
export const membersOf = (text: string): ReadonlyMap<string, string> | undefined => {
  const members = new Map<string, string>()
  let at = 0
  const skip = (): string | undefined => {
    while (isSpace(text.charCodeAt(at))) at++
    return text[at]
  }
  if (skip() !== "{") return undefined
  at++
  if (skip() === "}") at++
  else {
    for (;;) {
      if (skip() !== "\"") return undefined
      const afterName = afterString(text, at)
      if (afterName === -1) return undefined
      const name = JSON.parse(text.slice(at, afterName)) as string
      at = afterName
      if (skip() !== ":") return undefined
      at++
      skip()
      const after = afterValue(text, at)
      if (after <= at) return undefined
      members.set(name, text.slice(at, after).trimEnd())
      at = after
      const next = skip()
      at++
      if (next === "}") break
      if (next !== ",") return undefined
    }
  }
  return skip() === undefined ? members : undefined
}

/** The text of a member that is a string; undefined: there is none. */
export const stringOf = (members: ReadonlyMap<string, string> | undefined, name: string): string | undefined => {
  const raw = members?.get(name)
  return raw?.startsWith("\"") === true ? JSON.parse(raw) as string : undefined
}

/** metadata.resourceVersion of an object or a list. */
export const revisionOf = (object: string): string | undefined =>
  stringOf(membersOf(membersOf(object)?.get("metadata") ?? ""), "resourceVersion")

/** On one line: a line break in JSON stands between tokens only. */
export const onOneLine = (text: string): string => text.replace(/[\r\n]+/g, "")
