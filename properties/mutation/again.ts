/**
 * Only the mutants that nobody noticed the last time, after properties or inputs were added: the others stay killed.
 * Their ids are Stryker's, the same as long as the mutated files are.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"

interface Tested {
  readonly id: string
  readonly status: string
}
interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; mutants: ReadonlyArray<Tested> }>>
}

export const missed = ["Survived", "NoCoverage"]

const read = (file: string): Report => JSON.parse(readFileSync(file, "utf8")) as Report
const mutantsOf = (report: Report): ReadonlyArray<Tested> =>
  Object.values(report.files).flatMap(({ mutants }) => mutants)

export interface Last {
  /** Who is to be tried again. */
  readonly ids: ReadonlySet<string>
  /** What became of the others. */
  readonly done: ReadonlyArray<Tested>
}

/** A text says why there is no going on from the last time. */
export const lastTime = (file: string, mutated: ReadonlyArray<string>): Last | string => {
  if (!existsSync(file)) return `there is no ${file} to go on from`
  const report = read(file)
  const changed = mutated.find((name) => {
    const source = report.files[name]?.source
    return source !== undefined && source !== readFileSync(name, "utf8")
  })
  if (changed !== undefined) return `${changed} has changed since: all its mutants have to be tried`
  const isMissed = ({ status }: Tested): boolean => missed.includes(status)
  const all = mutantsOf(report)
  return { ids: new Set(all.filter(isMissed).map(({ id }) => id)), done: all.filter((one) => !isMissed(one)) }
}

/** Puts into the last report what became of those that were tried again. */
export const merge = (last: string, now: string, { ids }: Last): void => {
  const report = read(last)
  const tried = mutantsOf(read(now))
  if (tried.length !== mutantsOf(report).length) throw new Error(`${last} is of another sample: nothing was merged`)
  const news = new Map(tried.filter(({ id }) => ids.has(id)).map((one) => [one.id, one]))
  for (const file of Object.values(report.files)) file.mutants = file.mutants.map((one) => news.get(one.id) ?? one)
  writeFileSync(last, JSON.stringify(report))
}
