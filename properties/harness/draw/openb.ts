/**
 * A recorded production workload as the input of a run: the tables of nodes and pods in openb's columns (Alibaba,
 * cluster-trace-gpu-v2023).
 *
 * Nodes: sn, cpu_milli, memory_mib, gpu (how many), model.
 * Pods: name, cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec (acceptable models, "|" between), creation_time and
 * deletion_time in seconds. Other columns (qos, pod_phase, scheduled_time) say what that cluster did: not read.
 *
 * A pod becomes a job that runs from creation to deletion and succeeds; all times are divided by `speedup`.
 * Deviates: a share of a GPU (gpu_milli below 1000) takes a whole one, since extended resources are integers; a node
 * carries 110 pods, kubelet's default; nodes are dealt round robin to three zones, since the table names none.
 */
import { parse, CsvError } from "csv-parse/sync"
import { Schema } from "effect"
import type { Operation } from "#model/events/operations.ts"
import type { GivenPodSpec } from "#model/objects/pod.ts"
import { containerOf } from "#model/objects/programs.ts"
import { amount } from "#model/objects/quantity.ts"
import { core_ms, drawFaults, healed_ms } from "#properties/harness/draw.ts"
import type { RunInput, Topology, Worker } from "#properties/harness/draw/run-input.ts"

export const gpuResource = "nvidia.com/gpu"
/** As NVIDIA's GPU feature discovery labels nodes. */
export const modelLabel = "nvidia.com/gpu.product"

/** A row that cannot be meant: where it stands, and what was expected there. */
export class BadRow extends Schema.TaggedError<BadRow>()("BadRow", {
  file: Schema.String, line: Schema.Number, column: Schema.String, expected: Schema.String, found: Schema.String
}) {
  override get message(): string {
    return `${this.file}:${this.line}: column ${this.column}: expected ${this.expected}, found "${this.found}"`
  }
}

export interface Table {
  /** As the user named it, for messages. */
  readonly file: string
  readonly text: string
}

export interface Options {
  readonly seed: number
  /** Only the first so many nodes. */
  readonly machines?: number
  /** Only the first so many pods. */
  readonly pods?: number
  readonly speedup?: number
  readonly faults?: boolean
}

export interface Workload {
  readonly input: RunInput
  /** Pods that ask for more than any node has: created all the same, and they stay pending for ever. */
  readonly neverFit: ReadonlyArray<string>
}

class Row {
  readonly line: number
  readonly #file: string
  readonly #record: Readonly<Record<string, string>>

  constructor(file: string, line: number, record: Readonly<Record<string, string>>) {
    this.#file = file
    this.line = line
    this.#record = record
  }
  bad(column: string, expected: string): BadRow {
    return new BadRow({ file: this.#file, line: this.line, column, expected, found: this.#record[column]! })
  }
  text(column: string): string {
    return this.#record[column]!
  }
  integer(column: string): number {
    const text = this.text(column)
    if (!/^\d{1,15}$/.test(text)) throw this.bad(column, "a whole number that is not negative")
    return Number(text)
  }
  seconds(column: string): number {
    const text = this.text(column)
    if (!/^\d{1,12}(\.\d+)?$/.test(text)) throw this.bad(column, "a time in seconds")
    return Number(text)
  }
  /** An RFC 1123 label: names of nodes and pods. */
  name(column: string, taken: Set<string>): string {
    const text = this.text(column)
    if (text.length > 63 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)) {
      throw this.bad(column,
        "at most 63 lower-case letters, digits and '-', beginning and ending with a letter or digit")
    }
    if (taken.has(text)) throw this.bad(column, "a name that no other row has")
    taken.add(text)
    return text
  }
}

const nodeColumns = ["sn", "cpu_milli", "memory_mib", "gpu", "model"] as const
const podColumns = [
  "name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec", "creation_time", "deletion_time"
] as const

interface Parsed {
  readonly info: { readonly lines: number }
  readonly record: Readonly<Record<string, string>>
}

const rows = ({ file, text }: Table, columns: ReadonlyArray<string>): ReadonlyArray<Row> => {
  const check = (header: ReadonlyArray<string>): string[] => {
    for (const column of columns) {
      if (!header.includes(column)) {
        throw new BadRow({ file, line: 1, column, expected: `a header with the columns ${columns.join(", ")}`,
          found: header.join(",") })
      }
    }
    return [...header]
  }
  try {
    const parsed: ReadonlyArray<Parsed> =
      parse(text, { columns: check, info: true, bom: true, skip_empty_lines: true, trim: true }) as never
    if (parsed.length === 0) throw new BadRow({ file, line: 2, column: columns[0]!, expected: "at least one row",
      found: "" })
    return parsed.map(({ info, record }) => new Row(file, info.lines, record))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const { lines } = error as unknown as { readonly lines?: number }
    throw new BadRow({ file, line: lines ?? 1, column: "(the whole row)",
      expected: "a row with as many fields as the header, quoted as RFC 4180 says", found: error.message })
  }
}

const zones = ["zone-a", "zone-b", "zone-c"] as const
const podsPerNode = "110" // kubelet --max-pods; kubelet/apis/config/v1beta1 defaults.go, v1.36
/** Names that the simulated world uses itself. */
const reserved = /^(cp-\d+|user|\d+)$/

const workerOf = (row: Row, i: number, taken: Set<string>): Worker => {
  const name = row.name("sn", taken)
  if (reserved.test(name)) throw row.bad("sn", "a name other than cp-<n>, user and a mere number, which are taken")
  const gpus = row.integer("gpu")
  const model = row.text("model")
  if (gpus > 0 && !/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(model)) {
    throw row.bad("model", "the model of the node's GPUs")
  }
  const cpu = row.integer("cpu_milli")
  const memory = row.integer("memory_mib")
  return {
    name, zone: zones[i % zones.length]!,
    capacity: {
      cpu: `${cpu}m`, memory: `${memory}Mi`, pods: podsPerNode, ...(gpus === 0 ? {} : { [gpuResource]: String(gpus) })
    },
    ...(gpus === 0 ? {} : { labels: { [modelLabel]: model } })
  }
}

interface RecordedPod {
  readonly name: string
  readonly spec: GivenPodSpec
  readonly created_s: number
}

const affinityOf = (models: ReadonlyArray<string>): Pick<GivenPodSpec, "affinity"> => models.length === 0 ? {} : {
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [
    { matchExpressions: [{ key: modelLabel, operator: "In", values: models }] }
  ] } } }
}

const podOf = (row: Row, speedup: number, taken: Set<string>): RecordedPod => {
  const created_s = row.seconds("creation_time")
  const deleted_s = row.seconds("deletion_time")
  if (deleted_s < created_s) throw row.bad("deletion_time", `a time that is not before creation_time (${created_s})`)
  const share = row.integer("gpu_milli")
  if (share > 1000) throw row.bad("gpu_milli", "a share of one GPU, at most 1000 thousandths")
  const gpus = row.integer("num_gpu")
  if (gpus === 0 && share > 0) throw row.bad("num_gpu", "at least 1, since gpu_milli is not 0")
  const spec = row.text("gpu_spec")
  const models = spec === "" ? [] : spec.split("|")
  if (models.some((model) => model === "")) throw row.bad("gpu_spec", "models with one \"|\" between them")
  return {
    name: row.name("name", taken), created_s,
    spec: {
      containers: [{
        name: "main",
        ...containerOf({ kind: "job", exitCode: 0,
          run_ms: Math.max(1, Math.round((deleted_s - created_s) * 1000 / speedup)) }),
        resources: { requests: {
          cpu: `${row.integer("cpu_milli")}m`, memory: `${row.integer("memory_mib")}Mi`,
          ...(gpus === 0 ? {} : { [gpuResource]: String(gpus) })
        } }
      }],
      restartPolicy: "Never", ...affinityOf(models)
    }
  }
}

/** Could it run on this node if the node were empty? */
const fits = (spec: GivenPodSpec, worker: Worker): boolean => {
  const models = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]
    ?.matchExpressions?.[0]?.values
  if (models !== undefined && !models.includes(worker.labels?.[modelLabel] ?? "")) return false
  return Object.entries(spec.containers[0]!.resources?.requests ?? {}).every(([resource, text]) =>
    amount(resource, String(text)) <= amount(resource, worker.capacity[resource] ?? "0"))
}

const tail_ms = 120_000 // ASSUMED: the last arrivals are scheduled and started before users are done.
const faultEvery_ms = 60_000 // ASSUMED: about one fault a minute, at least as many as in a drawn run, and at most:
const faults_min = 25
const faults_max = 200

export const openb = (nodes: Table, pods: Table, options: Options): Workload => {
  const speedup = options.speedup ?? 1
  const takenNodes = new Set<string>()
  const workers = rows(nodes, nodeColumns).slice(0, options.machines).map((row, i) => workerOf(row, i, takenNodes))
  const takenPods = new Set<string>()
  const recorded = rows(pods, podColumns).slice(0, options.pods).map((row) => podOf(row, speedup, takenPods))
  const first_s = recorded.reduce((least, { created_s }) => Math.min(least, created_s), Infinity)
  const operations = recorded.map(({ name, spec, created_s }, i): Operation => ({
    type: "pod.create", id: i, name, spec, at_ms: firstArrival_ms + Math.round((created_s - first_s) * 1000 / speedup)
  })).sort((a, b) => a.at_ms - b.at_ms)
  const topology: Topology = { etcds: 3, apiServers: 2, schedulers: 2, controllerManagers: 2, workers }
  const safety_ms = operations.at(-1)!.at_ms + tail_ms
  const most = Math.min(faults_max, Math.max(faults_min, Math.round(safety_ms / faultEvery_ms)))
  const faults = options.faults === false ? []
    : drawFaults(options.seed, topology, operations.map(({ at_ms }) => at_ms), safety_ms, most)
  return {
    input: { seed: options.seed, topology, swarm: ["openb"], operations, persistentUsers: true, faults, choices: [],
      safety_ms, core_ms, healed_ms },
    neverFit: recorded.filter(({ spec }) => !workers.some((worker) => fits(spec, worker))).map(({ name }) => name)
  }
}
/** The cluster boots before the first pod arrives. */
const firstArrival_ms = 10_000 // ASSUMED
