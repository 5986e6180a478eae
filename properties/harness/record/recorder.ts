/**
 * A recording, from its first line to its last: asks the cluster what it is, writes the header, follows every kind, and
 * writes END when it is told to stop. Whatever makes it impossible to begin is said before a file is made.
 */
import { because, CannotRecord, connect, type Cluster } from "#properties/harness/record/cluster.ts"
import { inspect, withGiven } from "#properties/harness/record/flags.ts"
import { discover, recordable, type Kind, type Missing } from "#properties/harness/record/kinds.ts"
import { Watch, type Tally } from "#properties/harness/record/watch.ts"
import { Writer } from "#properties/harness/record/writer.ts"

export interface Wish {
  readonly kubeconfig: string
  readonly context: string | undefined
  readonly out: string
  /** Names of resources; empty: all that can be recorded. */
  readonly resources: ReadonlyArray<string>
  /** COMPONENT.FLAG=VALUE */
  readonly flags: ReadonlyArray<string>
  readonly scenario: string
  readonly why: string
  readonly by: string
}
export interface World {
  readonly now: () => number
  /** Resolves after so long, or when the recording is over. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly chance: () => number
  /** The user, or the time given, says that it is enough. */
  readonly stop: AbortSignal
  /** It has begun: what can be shown while it goes on. */
  readonly begun?: (progress: Progress) => void
}
export interface Progress {
  readonly context: string
  readonly server: string
  readonly version: string
  readonly watches: ReadonlyArray<Watch>
  readonly missing: ReadonlyArray<Missing>
  readonly notes: ReadonlyArray<string>
  readonly lines: () => number
}
export interface Recorded {
  readonly out: string
  readonly context: string
  readonly server: string
  readonly version: string
  readonly lines: number
  readonly lasted_ms: number
  readonly kinds: Readonly<Record<string, Tally>>
  readonly missing: ReadonlyArray<Missing>
  readonly notes: ReadonlyArray<string>
  /** Nothing could be written any more; what was, is kept. */
  readonly failed: string | undefined
}

const wanted = (names: ReadonlyArray<string>): ReadonlyArray<Kind> => {
  const unknown = names.filter((name) => !recordable.some(({ resource }) => resource === name))
  if (unknown.length > 0) {
    const known = recordable.map(({ resource }) => resource).join(", ")
    throw new CannotRecord(`--resources ${unknown.join(",")}: cannot be recorded; known are ${known}`)
  }
  return names.length === 0 ? recordable : recordable.filter(({ resource }) => names.includes(resource))
}

const questions_ms = 60_000 // ASSUMED: who has not answered the first questions within this is not there

/** The first question tells whether there is a cluster and whether it knows us. */
const versionOf = async (cluster: Cluster, at: string, signal: AbortSignal): Promise<string> => {
  const { code, value, why } = await cluster.json<{ readonly gitVersion?: string }>("/version", signal)
  if (code === 401) throw new CannotRecord(`${at} does not accept the credentials of the kubeconfig: ${why}`)
  // Some clusters tell their version to nobody; the kinds decide what may be read.
  if (code === 403) return ""
  if (value?.gitVersion === undefined) throw new CannotRecord(`${at} is no API server: /version says ${why || code}`)
  return value.gitVersion
}

const noneLeft = (cluster: Cluster, missing: ReadonlyArray<Missing>): CannotRecord =>
  new CannotRecord(`${cluster.server} serves none of these kinds: ${
    missing.map(({ resource, why }) => `${resource} (${why})`).join("; ")}`)

/** All that is asked before anything is written. */
const look = async (cluster: Cluster, kinds: ReadonlyArray<Kind>, stop: AbortSignal) => {
  const at = `${cluster.server} (context ${cluster.context})`
  const signal = AbortSignal.any([stop, AbortSignal.timeout(questions_ms)])
  try {
    const version = await versionOf(cluster, at, signal)
    const { served, missing } = await discover(cluster, kinds, signal)
    if (served.length === 0) throw noneLeft(cluster, missing)
    return { version, served, missing, ...await inspect(cluster, version, signal) }
  } catch (error) {
    if (error instanceof CannotRecord) throw error
    throw new CannotRecord(stop.aborted ? "stopped before anything was recorded"
      : `cannot reach ${at}: ${because(error)}`)
  }
}

export const record = async (wish: Wish, world: World): Promise<Recorded> => {
  const kinds = wanted(wish.resources)
  withGiven({}, wish.flags)
  const cluster = connect(wish.kubeconfig, wish.context)
  const { flags, missing, nodes, notes, served, version, versions } = await look(cluster, kinds, world.stop)

  const full = new AbortController()
  const signal = AbortSignal.any([world.stop, full.signal])
  const began = world.now()
  const writer = Writer.open(wish.out, world.now, () => full.abort())
  writer.header({
    recording: 1, began: new Date(began).toISOString(), scenario: wish.scenario || cluster.context, why: wish.why,
    faults: "", flags: withGiven(flags, wish.flags), nodes, versions, by: wish.by
  })
  const watches = served.map((kind) => new Watch(kind, {
    cluster, signal, chance: world.chance, write: (mark, object) => writer.mark(mark, object),
    wait: (ms) => world.wait(ms, signal)
  }))
  const { context, server } = cluster
  world.begun?.({ context, server, version, watches, missing, notes, lines: () => writer.lines })
  await Promise.all(watches.map((watch) => watch.run()))
  await writer.mark({ type: "END" })
  await writer.end()
  return {
    out: wish.out, context, server, version, lines: writer.lines, lasted_ms: world.now() - began, missing, notes,
    kinds: Object.fromEntries(watches.map(({ kind, tally }) => [kind.resource, tally])), failed: writer.failed
  }
}
