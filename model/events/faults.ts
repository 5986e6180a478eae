/**
 * Faults: what the world does to the cluster. Each carries an `id`, drawn with it, that keys its draws: taking one
 * fault away leaves the others as they were. Times are world time in ms since the start of the run.
 */
import { Schema } from "effect"
import { Moment } from "#model/events/moment.ts"

/**
 * `upon`: a moment of the run instead of a time, counted from `at_ms` on. What fails between two steps of one process
 * fails there. If it strikes a component by name, the process is meant that is on the machine of whoever wrote the
 * line: the writer itself, or its neighbour ("container-runtime", at a line of "kubelet").
 */
const base = { id: Schema.Number, at_ms: Schema.Number, upon: Schema.optionalKey(Moment) }
/** How long until the world undoes it; absent: until the liveness phase heals it. */
const lasting = { ...base, duration_ms: Schema.optionalKey(Schema.Number) }

export const Fault = Schema.Union([
  // Processes. A crashed or killed process is restarted by its machine's supervisor after `restart_ms`.
  Schema.Struct({ ...base, type: Schema.tag("process.crash"), process: Schema.String, restart_ms: Schema.Number }),
  /** Graceful stop (SIGTERM), then restart. */
  Schema.Struct({ ...base, type: Schema.tag("process.restart"), process: Schema.String, restart_ms: Schema.Number }),
  /** SIGSTOP, then SIGCONT: its clock goes on, its tasks and messages wait. */
  Schema.Struct({ ...lasting, type: Schema.tag("process.pause"), process: Schema.String }),
  // Machines.
  Schema.Struct({ ...lasting, type: Schema.tag("machine.powerLoss"), machine: Schema.String }),
  Schema.Struct({ ...base, type: Schema.tag("machine.kernelPanic"), machine: Schema.String }),
  Schema.Struct({ ...base, type: Schema.tag("machine.reboot"), machine: Schema.String }),
  /** Memory or disk pressure that the kubelet reports. */
  Schema.Struct({ ...lasting, type: Schema.tag("machine.pressure"), machine: Schema.String,
    resource: Schema.Literals(["memory", "disk", "pid"]) }),
  // Network. A machine's name stands for every process on it.
  /** Nothing passes from any machine of `from` to any of `to`; and back too unless `oneWay`. */
  Schema.Struct({ ...lasting, type: Schema.tag("network.partition"), from: Schema.Array(Schema.String),
    to: Schema.Array(Schema.String), oneWay: Schema.Boolean }),
  /** Datagrams between the two machines are lost with this probability; stream frames are delayed by resending. */
  Schema.Struct({ ...lasting, type: Schema.tag("network.loss"), from: Schema.String, to: Schema.String,
    probability: Schema.Number }),
  Schema.Struct({ ...lasting, type: Schema.tag("network.slow"), from: Schema.String, to: Schema.String,
    latency_ms: Schema.Number }),
  /** Every connection between the two machines is reset, both ends told. */
  Schema.Struct({ ...base, type: Schema.tag("network.reset"), from: Schema.String, to: Schema.String }),
  /** Every connection between the two goes dead without either end being told. */
  Schema.Struct({ ...base, type: Schema.tag("network.halfOpen"), from: Schema.String, to: Schema.String }),
  /** The machine's network card: up is normal. */
  Schema.Struct({ ...lasting, type: Schema.tag("nic.fail"), machine: Schema.String,
    state: Schema.Literals(["down", "rxOnly", "txOnly"]) }),
  /** The load balancer sends new connections to this backend only, healthy or not. */
  Schema.Struct({ ...lasting, type: Schema.tag("balancer.pin"), backend: Schema.String }),
  // Disks.
  Schema.Struct({ ...lasting, type: Schema.tag("disk.fail"), machine: Schema.String,
    state: Schema.Literals(["slow", "full", "readonly", "io"]) }),
  /** The disk is replaced by an empty one; the machine is rebooted with it. */
  Schema.Struct({ ...base, type: Schema.tag("disk.lose"), machine: Schema.String }),
  // Clocks.
  Schema.Struct({ ...base, type: Schema.tag("clock.jump"), machine: Schema.String, by_ms: Schema.Number }),
  /** 1 is right; 1.02 gains two percent. Legal leader election needs less than 1.5 between any two. */
  Schema.Struct({ ...lasting, type: Schema.tag("clock.rate"), machine: Schema.String, rate: Schema.Number }),
  // The rest of the world.
  Schema.Struct({ ...lasting, type: Schema.tag("registry.fail") }),
  Schema.Struct({ ...base, type: Schema.tag("containers.kill"), machine: Schema.String }),
  /** The container runtime answers slowly. */
  Schema.Struct({ ...lasting, type: Schema.tag("runtime.slow"), machine: Schema.String, latency_ms: Schema.Number })
])
export type Fault = typeof Fault.Type
