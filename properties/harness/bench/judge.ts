/**
 * bench/judge: how fast recordings are judged, and whether memory grows with their length. Small objects: ConfigMaps
 * that are written all the time, for some hours of their cluster. Real ones: the recordings of a real Kubernetes where
 * they are at hand, else ours, each after one that warms up.
 */
import { closeSync, existsSync, globSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from
  "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import { epoch_ms } from "#model/limits.ts"
import { costOfWaiting_ms, type Measured } from "#properties/harness/bench/measured.ts"
import { judgeFiles } from "#properties/harness/foreign/files.ts"

const objects = 500
const json = (value: object): string => JSON.stringify(value)

/** `lines` changes of the same few objects, a hundred a second. */
const writeSmall = (file: string, lines: number): void => {
  const handle = openSync(file, "w")
  const object = (i: number, revision: number) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: `c${i}`,
    namespace: "default", uid: `uid-${i}`, resourceVersion: String(revision),
    creationTimestamp: "2026-01-01T00:00:00Z" }, data: { turn: String(revision) } })
  const at = (i: number): string => new Date(epoch_ms + i * 10).toISOString()
  writeSync(handle, `${json({ recording: 1, flags: {} })}\n${json({ at: at(0), resource: "configmaps", type: "LIST",
    object: { kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: "1000" },
      items: Array.from({ length: objects }, (_, i) => object(i, i + 1)) } })}\n`)
  let text = ""
  for (let i = 0; i < lines; i++) {
    text += `${json({ at: at(i), resource: "configmaps", type: "MODIFIED", object: object(i % objects, 1001 + i) })}\n`
    if (text.length < 1 << 20) continue
    writeSync(handle, text)
    text = ""
  }
  writeSync(handle, text)
  closeSync(handle)
}

const heldMb = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1e6
}

const real = fileURLToPath(new URL("../../../../shared/data/real/", import.meta.url))
const ours = fileURLToPath(new URL("../../../traces/recordings/", import.meta.url))
const recordings = (): ReadonlyArray<string> => {
  const folder = existsSync(real) ? real : ours
  return globSync("*.ndjson.gz", { cwd: folder }).filter((file) => !/^(?:answers|decisions)\./.test(file)).toSorted()
    .map((file) => folder + file)
}

const judge = async (file: string): Promise<void> => {
  const { verdicts } = await judgeFiles([file])
  const broken = verdicts.find(({ verdict }) => verdict === "broken")
  if (broken !== undefined) throw new Error(`${file} broke "${broken.name}": ${broken.breach?.message ?? ""}`)
}
/** The most that it holds while it judges: looked at apart, since looking costs time. */
const held_mb = async (file: string): Promise<number> => {
  const before_mb = heldMb()
  let most_mb = 0
  const watch = setInterval(() => {
    most_mb = Math.max(most_mb, heldMb() - before_mb)
  }, 100)
  await judge(file)
  clearInterval(watch)
  return most_mb
}

export const judgeBench = async (): Promise<ReadonlyArray<Measured>> => {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"))
  try {
    const [short, long] = [100_000, 400_000]
    writeSmall(join(folder, "short.ndjson"), short)
    writeSmall(join(folder, "long.ndjson"), long)
    await judge(join(folder, "short.ndjson"))
    const small_ms = await costOfWaiting_ms(() => judge(join(folder, "long.ndjson")))
    const few_mb = await held_mb(join(folder, "short.ndjson"))
    const many_mb = await held_mb(join(folder, "long.ndjson"))
    const all = recordings()
    const plain = all.map((file, i) => {
      const to = join(folder, `${i}.ndjson`)
      const text = gunzipSync(readFileSync(file))
      writeFileSync(to, text)
      return { file: to, bytes: text.length }
    })
    for (const { file } of plain) await judge(file)
    let took_ms = 0
    let bytes = 0
    for (let turn = 0; turn < 3; turn++) {
      for (const one of plain) {
        took_ms += await costOfWaiting_ms(() => judge(one.file))
        bytes += one.bytes
      }
    }
    return [
      { name: "small objects judged", value: long / (small_ms / 1_000), unit: "lines/s", least: 100_000 },
      { name: "memory of four times the length, of that of one", value: many_mb / few_mb, unit: "times",
        most: 1.5 },
      { name: `${all.length} recordings judged`, value: bytes / 1e6 / (took_ms / 1_000), unit: "MB/s", least: 20 }
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
