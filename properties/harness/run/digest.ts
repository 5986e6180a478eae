/**
 * The self-check's measure: a digest of every line of a run, byte for byte. Run as a program, it reads a run's input as
 * JSON from stdin and prints its digest, so that a second Node process can be asked.
 */
import "#impl/sim/plain-fibers.ts"
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { properties } from "#properties/all.ts"
import { run, type Options } from "#properties/harness/run.ts"
import { decodeRunInput, type RunInput } from "#properties/harness/draw/run-input.ts"
import { encodeLine } from "#traces/format.ts"

/** "<lines> lines, sha256 <hex>". All properties listen, since they decide when a run ends. */
export const digest = (input: RunInput, parts?: Options["parts"]): string => {
  const hash = createHash("sha256")
  let lines = 0
  const record: Options["record"] = (line) => {
    hash.update(encodeLine(line))
    hash.update("\n")
    lines++
  }
  run(input, { properties, record, ...(parts === undefined ? {} : { parts }) })
  return `${lines} lines, sha256 ${hash.digest("hex")}`
}

export const digestInAnotherProcess = (input: RunInput): string => {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url)],
    { input: JSON.stringify(input), encoding: "utf8" })
  if (child.status !== 0) throw new Error(`the second process ended with ${child.status}: ${child.stderr}`)
  return child.stdout.trim()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${digest(decodeRunInput(JSON.parse(readFileSync(0, "utf8"))))}\n`)
}
