/**
 * What became of each mutant, kept while they are tested: a run that was cut short is gone on with, and after
 * properties or inputs were added only those are tried that nobody had noticed; the others stay killed.
 * Their ids are Stryker's, the same as long as the mutated files and the sample are.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

export const missed = ["Survived", "NoCoverage"]

interface Kept {
  readonly sample: number
  readonly sources: Readonly<Record<string, string>>
  /** By id. Who is not here was not reached. */
  readonly statuses: Readonly<Record<string, string>>
}

/** Mutants between two writings: what an interruption may lose. */
const unsaved_max = 10

export class Results {
  readonly statuses = new Map<string, string>()
  readonly #file: string
  readonly #sample: number
  readonly #sources: Readonly<Record<string, string>>
  #unsaved = 0

  constructor(file: string, mutated: ReadonlyArray<string>, sample: number) {
    this.#file = file
    this.#sample = sample
    this.#sources = Object.fromEntries(mutated.map((name) => [name, readFileSync(name, "utf8")]))
  }

  /** Takes over who was killed the last time. A text says why there is no going on from it. */
  goOn(): string | undefined {
    if (!existsSync(this.#file)) return `there is no ${this.#file} to go on from`
    const { sample, sources, statuses } = JSON.parse(readFileSync(this.#file, "utf8")) as Kept
    if (sample !== this.#sample) return `${this.#file} is of another sample, every ${sample}th line`
    const changed = Object.keys(this.#sources).find((name) => this.#sources[name] !== sources[name])
    if (changed !== undefined) return `${changed} has changed since: all its mutants have to be tried`
    for (const [id, status] of Object.entries(statuses)) if (!missed.includes(status)) this.statuses.set(id, status)
    return undefined
  }

  add(id: string, status: string): void {
    this.statuses.set(id, status)
    if (++this.#unsaved >= unsaved_max) this.save()
  }

  save(): void {
    this.#unsaved = 0
    const kept: Kept = { sample: this.#sample, sources: this.#sources, statuses: Object.fromEntries(this.statuses) }
    mkdirSync(dirname(this.#file), { recursive: true })
    writeFileSync(this.#file, JSON.stringify(kept))
  }
}
