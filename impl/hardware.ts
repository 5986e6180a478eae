/**
 * hardware: the life of a machine: power, boot chain, network card, disk, pressure, clocks. Spec: model/hardware.ts.
 *
 * A machine begins serving. Power loss stops it at once and a panic after its time-out; both lose memory and keep the
 * disk. It comes back by itself, through the whole boot chain, with a new boot id.
 */
import { Effect } from "effect"
import type { StateOf } from "#impl/journal.ts"
import type { Chassis, Running } from "#impl/ports/hardware.ts"
import type { EventOf } from "#model/events.ts"
import type * as model from "#model/hardware.ts"
import * as limits from "#model/limits/hardware.ts"

export type State = StateOf<typeof model.machine>
export type Nic = State["nic"]
export type Disk = State["disk"]
export type Resource = "memory" | "disk" | "pid"

/** What a planted bug may replace. */
export interface Parts {
  /** The boot id of the kernel that starts now. */
  readonly bootId: (chassis: Chassis, previous: string) => string
  /** What becomes of memory when the power fails. */
  readonly powerLost: (chassis: Chassis) => void
}
export const defaultParts: Parts = {
  bootId: (chassis) => chassis.newBootId(),
  powerLost: (chassis) => chassis.loseMemory("power lost")
}

export class Hardware {
  bootId = ""
  readonly #chassis: Chassis
  readonly #parts: Parts
  #life: Running | undefined
  #diskIsLost = false
  #state: State = {
    power: "off", bmc: "up", nic: "up", disk: "ok", memory: "ok", space: "ok", pids: "ok", clock: "steady"
  }

  constructor(chassis: Chassis, parts: Partial<Parts> = {}) {
    this.#chassis = chassis
    this.#parts = { ...defaultParts, ...parts }
  }

  get power(): State["power"] {
    return this.#state.power
  }
  /** Whether a kernel runs, which can panic. */
  get kernelRuns(): boolean {
    return ["kernel", "os", "serving", "shuttingDown"].includes(this.#state.power)
  }

  /** The machine was up before the run began. */
  join(): void {
    this.bootId = this.#parts.bootId(this.#chassis, this.bootId)
    this.#happened({ type: "machine.joined", bootId: this.bootId }, { power: "serving" })
    this.#chassis.online(true)
    this.#chassis.startUnits()
  }

  /** The mains fail. */
  losePower(): void {
    this.#life?.interrupt()
    if (this.#state.bmc === "down") return
    this.#happened({ type: "machine.powerLost" }, { power: "off", bmc: "down" })
    this.#chassis.online(false)
    this.#parts.powerLost(this.#chassis)
  }

  /** The mains are back: the BMC starts, then switches the host on. */
  restorePower(): void {
    if (this.#state.bmc === "up") return
    this.#live(Effect.gen({ self: this }, function* () {
      yield* this.#lasts("bmc start", limits.bmcStart_ms_min, limits.bmcStart_ms_max)
      this.#happened({ type: "machine.bmcStarted" }, { bmc: "up" })
      this.#replaceDisk()
      this.#happened({ type: "machine.poweredOn" }, { power: "post" })
      yield* this.#boot()
    }))
  }

  panic(): void {
    if (!this.kernelRuns) return
    this.#life?.interrupt()
    this.#happened({ type: "machine.panicked" }, { power: "panicked" })
    this.#chassis.online(false)
    this.#chassis.loseMemory("kernel panic")
    this.#live(Effect.gen({ self: this }, function* () {
      yield* Effect.sleep(limits.panicTimeout_ms)
      this.#replaceDisk()
      this.#happened({ type: "machine.panicTimedOut" }, { power: "post" })
      yield* this.#boot()
    }))
  }

  /** A soft reboot: units are stopped in order, then the host resets. */
  reboot(): void {
    if (this.#state.power !== "serving") return
    this.#happened({ type: "machine.shutdownBegan" }, { power: "shuttingDown" })
    this.#live(Effect.gen({ self: this }, function* () {
      yield* this.#chassis.stopUnits
      this.#chassis.online(false)
      this.#happened({ type: "machine.reset" }, { power: "post" })
      yield* this.#boot()
    }))
  }

  /** The disk dies; an empty one takes its place before a kernel is loaded next, and a running one panics. */
  loseDisk(): void {
    this.#diskIsLost = true
    if (this.kernelRuns) this.panic()
  }

  setNic(nic: Nic): void {
    if (nic !== this.#state.nic) this.#happened({ type: "machine.nicChanged", nic }, { nic })
  }
  setDisk(disk: Disk): void {
    if (disk !== this.#state.disk) this.#happened({ type: "machine.diskChanged", disk }, { disk })
  }
  setPressure(resource: Resource, present: boolean): void {
    const region = resource === "memory" ? "memory" : resource === "disk" ? "space" : "pids"
    const value = present ? "pressure" : "ok"
    if (this.#state[region] === value) return
    this.#happened({ type: "machine.pressureChanged", resource, present }, { [region]: value })
  }
  clockJumped(by_ms: number): void {
    this.#happened({ type: "machine.clockJumped", by_ms }, {})
  }
  clockRateChanged(rate: number): void {
    this.#happened({ type: "machine.clockRateChanged", rate }, { clock: rate === 1 ? "steady" : "drifting" })
  }

  #boot(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      yield* this.#lasts("post", limits.post_ms_min, limits.post_ms_max)
      this.#happened({ type: "machine.postPassed" }, { power: "boot" })
      yield* this.#lasts("boot loader", limits.bootLoader_ms_min, limits.bootLoader_ms_max)
      this.#replaceDisk()
      this.bootId = this.#parts.bootId(this.#chassis, this.bootId)
      this.#happened({ type: "machine.kernelLoaded", bootId: this.bootId }, { power: "kernel" })
      yield* this.#lasts("kernel", limits.kernel_ms_min, limits.kernel_ms_max)
      this.#happened({ type: "machine.initStarted" }, { power: "os" })
      this.#chassis.online(true)
      yield* this.#lasts("units", limits.units_ms_min, limits.units_ms_max)
      this.#happened({ type: "machine.unitsStarted" }, { power: "serving" })
      this.#chassis.startUnits()
    })
  }

  #lasts(what: string, min: number, max: number): Effect.Effect<void> {
    return Effect.suspend(() => Effect.sleep(this.#chassis.draw(what, min, max)))
  }

  #replaceDisk(): void {
    if (!this.#diskIsLost) return
    this.#diskIsLost = false
    this.#chassis.emptyDisk()
    this.#happened({ type: "machine.diskReplaced" }, {})
  }

  #live(life: Effect.Effect<void>): void {
    this.#life?.interrupt()
    this.#life = this.#chassis.run(life)
  }

  #happened(event: EventOf<"machine">, change: Partial<State>): void {
    this.#state = { ...this.#state, ...change }
    this.#chassis.wrote(event, this.#state)
  }
}
