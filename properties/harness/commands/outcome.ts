/** How a command ends, and what every command shares. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { Schema } from "effect"
import { BadTrace, decodeTrace, type Trace } from "#traces/format.ts"
import { BadRegression, decodeRegression, type Regression } from "#traces/regression.ts"

export const version: string =
  (JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string }).version

/** The command has said all there is to say; the process ends with this code. */
export class ExitWith extends Schema.TaggedError<ExitWith>()("ExitWith", { code: Schema.Number }) {}
/** A mistake of the user's: one clear sentence on stderr, exit 64. */
export class BadInput extends Schema.TaggedError<BadInput>()("BadInput", { message: Schema.String }) {}

export const exitCodes = { held: 0, safety: 1, liveness: 2, conformance: 3, crash: 4, unknown: 5 } as const
export type Verdict = keyof typeof exitCodes

const errorCode = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error)
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file", EACCES: "permission was denied", EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is no directory", ENOSPC: "the disk is full", EROFS: "the file system is read-only",
  EEXIST: "a file stands in the way"
}
const because = (error: unknown): string => reasons[errorCode(error)] ?? errorCode(error)

export const readText = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch (error) {
    throw new BadInput({ message: `cannot read ${file}: ${because(error)}` })
  }
}

/** Writes a file and the directories above it. */
export const writeText = (file: string, text: string): void => {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  } catch (error) {
    throw new BadInput({ message: `cannot write ${file}: ${because(error)}` })
  }
}

/** Fails early, before hours of work, when nothing could be written there in the end. */
export const probeDirectory = (directory: string): void => {
  try {
    mkdirSync(directory, { recursive: true })
    writeFileSync(`${directory}/.plimsoll`, "")
    rmSync(`${directory}/.plimsoll`)
  } catch (error) {
    throw new BadInput({ message: `cannot write to ${directory}: ${because(error)}; choose another with --out DIR` })
  }
}

export const readTrace = (file: string): Trace => {
  try {
    return decodeTrace(readText(file), file)
  } catch (error) {
    if (error instanceof BadTrace) throw new BadInput({ message: error.message })
    throw error
  }
}

/** A regression, or the input of a planted bug. */
export const readKept = (file: string, name = file): Regression => {
  try {
    return decodeRegression(readText(file), name)
  } catch (error) {
    if (error instanceof BadRegression) throw new BadInput({ message: error.message })
    throw error
  }
}
