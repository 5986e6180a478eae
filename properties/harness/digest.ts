/**
 * The self-check's measure: a digest of every line of a run, byte for byte. Run as a program, it reads a run's input as
 * JSON from stdin and prints its digest, so that a second Node process can be asked.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Parts } from "#impl/cluster.ts"
import { run } from "#properties/harness.ts"
import { decodeRunInput, type RunInput } from "#properties/run-input.ts"
import { encodeLine } from "#traces/format.ts"

/** "<lines> lines, sha256 <hex>". Properties do not listen: they are not what must repeat. */
export const digest = (input: RunInput, parts?: Parts): string => {
  const hash = createHash("sha256")
  let lines = 0
  const record = (line: Parameters<typeof encodeLine>[0]) => {
    hash.update(encodeLine(line))
    hash.update("\n")
    lines++
  }
  const result = run({ ...input, healed_ms: Math.min(input.healed_ms, healed_ms) }, {
    properties: [], record, ...(parts === undefined ? {} : { parts })
  })
  if (result.verdict === "crash") throw new Error(result.broken!.message)
  return `${lines} lines, sha256 ${hash.digest("hex")}`
}
/** Without properties nothing says when the cluster rests; this much of the healed phase is enough to compare. */
const healed_ms = 120_000 // ASSUMED

export const digestInAnotherProcess = (input: RunInput): string => {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], { input: JSON.stringify(input), encoding: "utf8" })
  if (child.status !== 0) throw new Error(`the second process ended with ${child.status}: ${child.stderr}`)
  return child.stdout.trim()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(digest(decodeRunInput(JSON.parse(readFileSync(0, "utf8")))))
}
