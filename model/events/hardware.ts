/** Events of hardware: machines, and the processes that they carry. */
import { Schema } from "effect"

export const HardwareEvent = [
  // Actor "machine/<name>", chart "hardware.machine", entity: the machine's name.
  /** It was serving already when the run began. */
  Schema.Struct({ type: Schema.tag("machine.joined"), bootId: Schema.String }),
  /** The mains failed: processes, memory and the page cache are gone, the disk's synced content stays. */
  Schema.Struct({ type: Schema.tag("machine.powerLost") }),
  /** The mains are back and the management controller (BMC) runs. */
  Schema.Struct({ type: Schema.tag("machine.bmcStarted") }),
  /** The BMC switched the host on: it begins its self-test. */
  Schema.Struct({ type: Schema.tag("machine.poweredOn") }),
  Schema.Struct({ type: Schema.tag("machine.postPassed") }),
  /** The boot loader handed over to the kernel, which drew its boot id. */
  Schema.Struct({ type: Schema.tag("machine.kernelLoaded"), bootId: Schema.String }),
  Schema.Struct({ type: Schema.tag("machine.initStarted") }),
  /** The service manager starts its units, Plimsoll's processes among them. */
  Schema.Struct({ type: Schema.tag("machine.unitsStarted") }),
  Schema.Struct({ type: Schema.tag("machine.panicked") }),
  /** The kernel reboots itself after panic_timeout. */
  Schema.Struct({ type: Schema.tag("machine.panicTimedOut") }),
  Schema.Struct({ type: Schema.tag("machine.shutdownBegan") }),
  /** Every unit has stopped or was killed; the host resets and tests itself again. */
  Schema.Struct({ type: Schema.tag("machine.reset") }),
  Schema.Struct({ type: Schema.tag("machine.nicChanged"), nic: Schema.Literals(["up", "down", "rxOnly", "txOnly"]) }),
  Schema.Struct({ type: Schema.tag("machine.diskChanged"),
    disk: Schema.Literals(["ok", "slow", "full", "readonly", "io"]) }),
  /** An empty disk took the place of the old one. Only while no kernel runs. */
  Schema.Struct({ type: Schema.tag("machine.diskReplaced") }),
  Schema.Struct({ type: Schema.tag("machine.pressureChanged"), resource: Schema.Literals(["memory", "disk", "pid"]),
    present: Schema.Boolean }),
  /** The wall clock was set; the monotonic one goes on. */
  Schema.Struct({ type: Schema.tag("machine.clockJumped"), by_ms: Schema.Number }),
  Schema.Struct({ type: Schema.tag("machine.clockRateChanged"), rate: Schema.Number }),
  // Actor "machine/<name>", chart "hardware.process", entity: the process's name.
  Schema.Struct({ type: Schema.tag("process.started"), process: Schema.String, incarnation: Schema.Number }),
  /** It ended without warning: "killed", "panic", "power lost", "kernel panic", or what it said when it exited. */
  Schema.Struct({ type: Schema.tag("process.crashed"), process: Schema.String, reason: Schema.String }),
  /** SIGTERM: it was asked to stop. */
  Schema.Struct({ type: Schema.tag("process.terminating"), process: Schema.String }),
  /** It ended gracefully, after SIGTERM. */
  Schema.Struct({ type: Schema.tag("process.stopped"), process: Schema.String }),
  Schema.Struct({ type: Schema.tag("process.paused"), process: Schema.String }),
  Schema.Struct({ type: Schema.tag("process.resumed"), process: Schema.String })
] as const
