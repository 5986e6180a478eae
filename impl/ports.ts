/**
 * What a component may ask of the world. impl/sim/ implements these; a component knows nothing else of it.
 *
 * Hot paths are plain calls, logic is Effect: a callback given to a port runs as a task of the calling process,
 * through the world's run queue, and never after that process has crashed.
 */
import { Context, type Effect, Schema } from "effect"

/** First in, first out. Taking resumes through the run queue of the process that owns the mailbox. One taker. */
export interface Mailbox<A> {
  readonly size: number
  readonly send: (value: A) => void
  readonly take: Effect.Effect<A>
  /** The next value, or undefined when there is none. Never waits. */
  readonly poll: () => A | undefined
}

/** Set once; any number of waiters, each resumed through the run queue of the owner. */
export interface Cell<A, E = never> {
  readonly isDone: boolean
  readonly succeed: (value: A) => void
  readonly fail: (error: E) => void
  readonly await: Effect.Effect<A, E>
}

export interface Timer {
  /** Removes the timer from the world's heap. Harmless when it has fired. */
  readonly cancel: () => void
}

/** The process that the calling code runs in. One object per incarnation: it dies with the process. */
export class Process extends Context.Service<Process, {
  /** "<component>/<n>" or "<component>/<machine>", e.g. "etcd/0", "kubelet/worker-1": actor and network address. */
  readonly name: string
  readonly machine: string
  /** 1 for the first start on this world, then 2, … */
  readonly incarnation: number
  /** Machine's monotonic clock in ms: its rate may be off, it never jumps. Same as Effect's Clock nanos. */
  readonly monotonic_ms: () => number
  /** Machine's wall clock in ms since the epoch: skewed, and it can jump. Same as Effect's Clock millis. */
  readonly wall_ms: () => number
  /** Runs `task` after `delay_ms` of the machine's monotonic clock. */
  readonly after: (delay_ms: number, task: () => void) => Timer
  /** Starts a fiber in this process from plain code. A defect in it crashes the process (reason "panic"). */
  readonly fork: (effect: Effect.Effect<void, never, never>) => void
  readonly mailbox: <A>() => Mailbox<A>
  readonly cell: <A, E = never>() => Cell<A, E>
  /** The process ends itself, like os.Exit: nothing of it runs afterwards. Its supervisor may restart it. */
  readonly exit: (reason: string) => Effect.Effect<never>
}>()("impl/Process") {}

/**
 * Chance. A draw is hash(seed, stream, identity, n-th use of that pair): name the thing that is decided
 * ("scheduler/tie", pod uid), never its position, so that removing one operation leaves other draws as they were.
 */
export class Draws extends Context.Service<Draws, {
  /** An integer in [0, n). */
  readonly below: (stream: string, identity: string, n: number) => number
  /** A float in [0, 1). */
  readonly unit: (stream: string, identity: string) => number
  /** An RFC 4122 version 4 text, different for each use. */
  readonly uuid: (stream: string, identity: string) => string
}>()("impl/Draws") {}

/** Nobody listens at the address, or the machine answered with a reset. */
export class ConnectionRefused extends Schema.TaggedError<ConnectionRefused>()("ConnectionRefused", {
  address: Schema.String
}) {}
/** No answer to the dial within its time-out. */
export class DialTimedOut extends Schema.TaggedError<DialTimedOut>()("DialTimedOut", { address: Schema.String }) {}

export interface ConnectionHandler {
  /** Called once per frame, in the order of sending. */
  readonly frame: (frame: any) => void
  /** Called once, when the connection is gone: "reset", "closed" by the peer, or "timeout" of the keep-alive. */
  readonly closed: (reason: "reset" | "closed" | "timeout") => void
}

/**
 * An ordered, reliable byte stream that can break, in frames. A frame that crossed may have been acted upon even
 * if no answer ever comes. A blocked link stalls frames; it does not tell. Frames are frozen, passed by reference.
 */
export interface Connection {
  /** Name of the process at the other end. */
  readonly peer: string
  readonly isOpen: boolean
  /** Sets the receiver; frames that came before are delivered first. */
  readonly handle: (handler: ConnectionHandler) => void
  /** `kind` identifies the frame for the draws: "get pods/default/a", "watch pods". Dropped when closed. */
  readonly send: (frame: object, kind: string) => void
  readonly close: () => void
}

export class Network extends Context.Service<Network, {
  /** Accepts connections to this process's name. */
  readonly listen: (accept: (connection: Connection) => void) => void
  /** Stops accepting; open connections stay. */
  readonly unlisten: () => void
  /** `address`: a process's name or a load balancer's ("api-server"). Keep-alive as HTTP/2 pings: 30 + 15 s. */
  readonly dial: (address: string) => Effect.Effect<Connection, ConnectionRefused | DialTimedOut>
  /** A datagram: may be lost, duplicated, reordered. Frozen, by reference. `kind` identifies it for the draws. */
  readonly send: (to: string, message: object, kind: string) => void
  /** Receives datagrams sent to this process's name. */
  readonly receive: (handler: (from: string, message: any) => void) => void
}>()("impl/Network") {}

/** A write or fsync failed: full (ENOSPC), readonly (EROFS), io (EIO). */
export class DiskFailed extends Schema.TaggedError<DiskFailed>()("DiskFailed", {
  reason: Schema.Literals(["full", "readonly", "io"]),
  file: Schema.String
}) {}

/** One record of a file. A torn write leaves a record whose data no longer matches its checksum. */
export interface DiskRecord {
  readonly data: unknown
  readonly checksum: number
}

/**
 * The machine's disk, files of records. Writes go to the page cache; what was not synced may be lost or torn when
 * the power fails (not when only the process crashes). Files are named "<component>/<file>". A lost disk is empty.
 * Deviates: records are passed by reference, not serialised; checksums cover what the writer chooses to hash.
 */
export class Disk extends Context.Service<Disk, {
  /** Appends to the page cache. `size_bytes` counts against the capacity. */
  readonly append: (file: string, record: DiskRecord, size_bytes: number) => Effect.Effect<void, DiskFailed>
  /** Replaces the whole content in the page cache (write a new file, then rename). */
  readonly replace: (
    file: string, records: ReadonlyArray<DiskRecord>, size_bytes: number
  ) => Effect.Effect<void, DiskFailed>
  /** Makes everything written to the file so far durable. Takes time; the only thing here that does. */
  readonly sync: (file: string) => Effect.Effect<void, DiskFailed>
  readonly read: (file: string) => Effect.Effect<ReadonlyArray<DiskRecord>, DiskFailed>
  readonly remove: (file: string) => Effect.Effect<void, DiskFailed>
}>()("impl/Disk") {}

/** What a process can learn of the machine that it runs on. */
export class Machine extends Context.Service<Machine, {
  readonly name: string
  /** New at each boot. */
  readonly bootId: () => string
  /** Kubernetes quantities: cpu, memory, pods and extended resources such as nvidia.com/gpu. */
  readonly capacity: Readonly<Record<string, string>>
  /** Labels that the kubelet registers, e.g. topology.kubernetes.io/zone. */
  readonly labels: Readonly<Record<string, string>>
  readonly pressure: () => { readonly memory: boolean; readonly disk: boolean; readonly pid: boolean }
  /** What the container runtime of this machine adds to each of its answers now; 0 is normal (fault runtime.slow). */
  readonly runtimeLatency_ms: () => number
  /** Called, as a task of this process, when something on the machine kills every container (fault containers.kill). */
  readonly onContainersKilled: (task: () => void) => void
  /**
   * Anything that runs on the machine besides Plimsoll's processes and must die with its power: the containers.
   * `kill` is called (not as a task) at power loss or kernel panic. The value lives while the machine is up.
   */
  readonly memory: <A>(key: string, make: () => A, kill: (value: A) => void) => A
}>()("impl/Machine") {}

/**
 * The registry of images: how long a pull takes and whether it fails now. A fault can take it down. Images whose
 * name begins with "missing/" do not exist.
 */
export class ImageRegistry extends Context.Service<ImageRegistry, {
  readonly pull: (image: string, identity: string) => Effect.Effect<void, ImagePullFailed>
}>()("impl/ImageRegistry") {}
export class ImagePullFailed extends Schema.TaggedError<ImagePullFailed>()("ImagePullFailed", {
  image: Schema.String,
  reason: Schema.Literals(["not found", "registry unavailable"])
}) {}
