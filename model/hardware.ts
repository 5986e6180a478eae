/**
 * hardware: a physical machine and the processes that it carries.
 *
 * States: power off, post, boot, kernel, os, serving, shuttingDown, panicked; beside it the regions bmc, nic, disk,
 *         memory, space, pids, clock. A process is stopped, running, paused or terminating.
 * Time:   each stage of the boot chain lasts between the bounds of limits/hardware.ts; a panicked kernel waits
 *         panicTimeout_ms; a terminating process is killed after stopTimeout_ms. On the machine's own clock.
 * Errors: power loss, panic and a lost disk are events; what they destroy is said by process.crashed.
 * Source: reference 12.35; kernel.org admin-guide/sysctl/kernel (panic), systemd-system.conf(5); stage times ASSUMED.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import * as limits from "#model/limits/hardware.ts"

type MachineEvent = Judged<EventOf<"machine">>

const machineBounds = {
  post_ms: [limits.post_ms_min, limits.post_ms_max],
  bootLoader_ms: [limits.bootLoader_ms_min, limits.bootLoader_ms_max],
  kernel_ms: [limits.kernel_ms_min, limits.kernel_ms_max],
  units_ms: [limits.units_ms_min, limits.units_ms_max],
  bmcStart_ms_min: limits.bmcStart_ms_min,
  panicTimeout_ms: limits.panicTimeout_ms,
  stopTimeout_ms: limits.stopTimeout_ms
} as const
type MachineLimits = { readonly [K in keyof typeof machineBounds]:
  (typeof machineBounds)[K] extends number ? number : readonly [number, number] }

/** Clock readings are rounded to ms and a change of rate rounds once more. */
const slack_ms = 2

interface MachineContext {
  readonly limits: MachineLimits
  /** Empty until the machine first booted or joined. */
  readonly bootId: string
  /** When the present state of the power region was entered. */
  readonly since_ms: number
  readonly rate: number
}

const lasted = (context: MachineContext, event: MachineEvent, [min, max]: readonly [number, number]): boolean => {
  const elapsed = event.clock_ms - context.since_ms
  return elapsed >= min - slack_ms && elapsed <= max + slack_ms
}

export const machine = setup({
  types: {
    context: {} as MachineContext,
    events: {} as MachineEvent,
    input: {} as { readonly limits?: Partial<MachineLimits> }
  },
  guards: {
    isNew: ({ context }) => context.bootId === "",
    bmcHadTimeToStart: ({ context, event }) =>
      event.clock_ms - context.since_ms >= context.limits.bmcStart_ms_min - slack_ms,
    postLasted: ({ context, event }) => lasted(context, event, context.limits.post_ms),
    bootLoaderLastedAndBootIdIsNew: ({ context, event }) => event.type === "machine.kernelLoaded"
      && event.bootId !== "" && event.bootId !== context.bootId
      && lasted(context, event, context.limits.bootLoader_ms),
    kernelLasted: ({ context, event }) => lasted(context, event, context.limits.kernel_ms),
    unitsLasted: ({ context, event }) => lasted(context, event, context.limits.units_ms),
    panicTimedOut: ({ context, event }) =>
      lasted(context, event, [context.limits.panicTimeout_ms, context.limits.panicTimeout_ms]),
    unitsStoppedInTime: ({ context, event }) => lasted(context, event, [0, context.limits.stopTimeout_ms]),
    becameUp: ({ event }) => event.type === "machine.nicChanged" && event.nic === "up",
    becameDown: ({ event }) => event.type === "machine.nicChanged" && event.nic === "down",
    becameRxOnly: ({ event }) => event.type === "machine.nicChanged" && event.nic === "rxOnly",
    becameTxOnly: ({ event }) => event.type === "machine.nicChanged" && event.nic === "txOnly",
    becameOk: ({ event }) => event.type === "machine.diskChanged" && event.disk === "ok",
    becameSlow: ({ event }) => event.type === "machine.diskChanged" && event.disk === "slow",
    becameFull: ({ event }) => event.type === "machine.diskChanged" && event.disk === "full",
    becameReadonly: ({ event }) => event.type === "machine.diskChanged" && event.disk === "readonly",
    becameFaulty: ({ event }) => event.type === "machine.diskChanged" && event.disk === "io",
    memoryRunsLow: ({ event }) => pressure(event, "memory", true),
    memoryIsFreed: ({ event }) => pressure(event, "memory", false),
    spaceRunsLow: ({ event }) => pressure(event, "disk", true),
    spaceIsFreed: ({ event }) => pressure(event, "disk", false),
    pidsRunLow: ({ event }) => pressure(event, "pid", true),
    pidsAreFreed: ({ event }) => pressure(event, "pid", false),
    rateIsRight: ({ event }) => event.type === "machine.clockRateChanged" && event.rate === 1,
    rateIsAnotherWrongOne: ({ context, event }) => event.type === "machine.clockRateChanged"
      && event.rate > 0 && event.rate !== 1 && event.rate !== context.rate,
    jumps: ({ event }) => event.type === "machine.clockJumped" && event.by_ms !== 0
  },
  actions: {
    noteTime: assign(({ event }) => ({ since_ms: event.clock_ms })),
    noteBoot: assign(({ event }) => ("bootId" in event ? { bootId: event.bootId, since_ms: event.clock_ms } : {})),
    noteRate: assign(({ event }) => ("rate" in event ? { rate: event.rate } : {})),
    replaceDisk: () => {},
    setWallClock: () => {}
  }
}).createMachine({
  id: "machine",
  type: "parallel",
  context: ({ input }) => ({ limits: { ...machineBounds, ...input?.limits }, bootId: "", since_ms: 0, rate: 1 }),
  states: {
    power: {
      initial: "off",
      description: "What executes on the host.",
      on: { "machine.powerLost": { target: ".off", actions: "noteTime" } },
      states: {
        off: {
          description: "Nothing executes; only the disk keeps its content.",
          on: {
            "machine.joined": { guard: "isNew", target: "serving", actions: "noteBoot" },
            "machine.diskReplaced": { actions: "replaceDisk" },
            "machine.poweredOn": { guard: "bmcHadTimeToStart", target: "post", actions: "noteTime" }
          }
        },
        post: {
          description: "The firmware tests and initialises the hardware.",
          on: { "machine.postPassed": { guard: "postLasted", target: "boot", actions: "noteTime" } }
        },
        boot: {
          description: "The boot loader reads the kernel from the disk.",
          on: {
            "machine.diskReplaced": { actions: "replaceDisk" },
            "machine.kernelLoaded": { guard: "bootLoaderLastedAndBootIdIsNew", target: "kernel", actions: "noteBoot" }
          }
        },
        kernel: {
          description: "The kernel probes devices and mounts the root file system.",
          on: {
            "machine.initStarted": { guard: "kernelLasted", target: "os", actions: "noteTime" },
            "machine.panicked": { target: "panicked", actions: "noteTime" }
          }
        },
        os: {
          description: "The service manager brings up the network and what the units need.",
          on: {
            "machine.unitsStarted": { guard: "unitsLasted", target: "serving", actions: "noteTime" },
            "machine.panicked": { target: "panicked", actions: "noteTime" }
          }
        },
        serving: {
          description: "Processes run.",
          on: {
            "machine.shutdownBegan": { target: "shuttingDown", actions: "noteTime" },
            "machine.panicked": { target: "panicked", actions: "noteTime" }
          }
        },
        shuttingDown: {
          description: "Units are asked to stop, and killed when they take too long.",
          on: {
            "machine.reset": { guard: "unitsStoppedInTime", target: "post", actions: "noteTime" },
            "machine.panicked": { target: "panicked", actions: "noteTime" }
          }
        },
        panicked: {
          description: "The kernel has stopped everything and waits before it resets the host.",
          on: {
            "machine.diskReplaced": { actions: "replaceDisk" },
            "machine.panicTimedOut": { guard: "panicTimedOut", target: "post", actions: "noteTime" }
          }
        }
      }
    },
    bmc: {
      initial: "up",
      description: "The management controller, on standby power.",
      states: {
        up: { description: "It can switch the host on.", on: { "machine.powerLost": "down" } },
        down: {
          description: "The mains are gone, or it still starts.",
          on: { "machine.bmcStarted": { guard: "bmcHadTimeToStart", target: "up" } }
        }
      }
    },
    nic: {
      initial: "up",
      description: "The network card. Whatever its state, processes and containers go on.",
      states: {
        up: {
          description: "Sends and receives.",
          on: { "machine.nicChanged": [
            { guard: "becameDown", target: "down" }, { guard: "becameRxOnly", target: "rxOnly" },
            { guard: "becameTxOnly", target: "txOnly" }
          ] }
        },
        down: {
          description: "Nothing passes.",
          on: { "machine.nicChanged": [
            { guard: "becameUp", target: "up" }, { guard: "becameRxOnly", target: "rxOnly" },
            { guard: "becameTxOnly", target: "txOnly" }
          ] }
        },
        rxOnly: {
          description: "Receives, but what it sends is lost.",
          on: { "machine.nicChanged": [{ guard: "becameUp", target: "up" }, { guard: "becameDown", target: "down" }] }
        },
        txOnly: {
          description: "Sends, but hears nothing.",
          on: { "machine.nicChanged": [{ guard: "becameUp", target: "up" }, { guard: "becameDown", target: "down" }] }
        }
      }
    },
    disk: {
      initial: "ok",
      description: "The disk as the kernel sees it.",
      on: {
        "machine.diskChanged": [
          { guard: "becameOk", target: ".ok" }, { guard: "becameSlow", target: ".slow" },
          { guard: "becameFull", target: ".full" }, { guard: "becameReadonly", target: ".readonly" },
          { guard: "becameFaulty", target: ".io" }
        ]
      },
      states: {
        ok: { description: "Reads and writes at its normal pace." },
        slow: { description: "Every sync takes a hundred times longer." },
        full: { description: "Writes fail with ENOSPC." },
        readonly: { description: "Remounted read-only: writes fail with EROFS." },
        io: { description: "Reads and writes fail with EIO." }
      }
    },
    memory: {
      initial: "ok",
      description: "Whether memory is scarce.",
      states: {
        ok: {
          description: "Enough is free.",
          on: { "machine.pressureChanged": { guard: "memoryRunsLow", target: "pressure" } }
        },
        pressure: {
          description: "The kubelet's eviction threshold is crossed.",
          on: { "machine.pressureChanged": { guard: "memoryIsFreed", target: "ok" } }
        }
      }
    },
    space: {
      initial: "ok",
      description: "Whether disk space is scarce.",
      states: {
        ok: {
          description: "Enough is free.",
          on: { "machine.pressureChanged": { guard: "spaceRunsLow", target: "pressure" } }
        },
        pressure: {
          description: "The kubelet's eviction threshold is crossed.",
          on: { "machine.pressureChanged": { guard: "spaceIsFreed", target: "ok" } }
        }
      }
    },
    pids: {
      initial: "ok",
      description: "Whether process ids are scarce.",
      states: {
        ok: {
          description: "Enough are free.",
          on: { "machine.pressureChanged": { guard: "pidsRunLow", target: "pressure" } }
        },
        pressure: {
          description: "The kubelet's eviction threshold is crossed.",
          on: { "machine.pressureChanged": { guard: "pidsAreFreed", target: "ok" } }
        }
      }
    },
    clock: {
      initial: "steady",
      description: "The pace of the machine's monotonic clock. The wall clock may be set at any time.",
      on: { "machine.clockJumped": { guard: "jumps", actions: "setWallClock" } },
      states: {
        steady: {
          description: "One second in a second.",
          on: {
            "machine.clockRateChanged": { guard: "rateIsAnotherWrongOne", target: "drifting", actions: "noteRate" }
          }
        },
        drifting: {
          description: "It gains or loses.",
          on: { "machine.clockRateChanged": [
            { guard: "rateIsRight", target: "steady", actions: "noteRate" },
            { guard: "rateIsAnotherWrongOne", actions: "noteRate" }
          ] }
        }
      }
    }
  }
})

function pressure(event: MachineEvent, resource: "memory" | "disk" | "pid", present: boolean): boolean {
  return event.type === "machine.pressureChanged" && event.resource === resource && event.present === present
}

type ProcessEvent = Judged<EventOf<"process">>

interface ProcessContext {
  readonly stopTimeout_ms: number
  readonly incarnation: number
  readonly terminatingSince_ms: number
}

export const process = setup({
  types: {
    context: {} as ProcessContext,
    events: {} as ProcessEvent,
    input: {} as { readonly limits?: { readonly stopTimeout_ms?: number } }
  },
  guards: {
    isTheNextIncarnation: ({ context, event }) => event.type === "process.started"
      && event.process === event.entity && event.incarnation === context.incarnation + 1,
    endedInTime: ({ context, event }) =>
      event.clock_ms - context.terminatingSince_ms <= context.stopTimeout_ms + slack_ms,
    saysWhy: ({ event }) => event.type === "process.crashed" && event.reason !== ""
  },
  actions: {
    noteIncarnation: assign(({ event }) => ("incarnation" in event ? { incarnation: event.incarnation } : {})),
    noteTerminating: assign(({ event }) => ({ terminatingSince_ms: event.clock_ms }))
  }
}).createMachine({
  id: "process",
  initial: "stopped",
  context: ({ input }) => ({
    stopTimeout_ms: input?.limits?.stopTimeout_ms ?? limits.stopTimeout_ms, incarnation: 0, terminatingSince_ms: 0
  }),
  states: {
    stopped: {
      description: "No incarnation runs.",
      on: { "process.started": { guard: "isTheNextIncarnation", target: "running", actions: "noteIncarnation" } }
    },
    running: {
      description: "One incarnation runs.",
      on: {
        "process.crashed": { guard: "saysWhy", target: "stopped" },
        "process.terminating": { target: "terminating", actions: "noteTerminating" },
        "process.paused": { target: "paused" }
      }
    },
    paused: {
      description: "It holds still (SIGSTOP): its tasks and messages wait, its clock goes on.",
      on: {
        "process.crashed": { guard: "saysWhy", target: "stopped" },
        "process.resumed": { target: "running" }
      }
    },
    terminating: {
      description: "It was asked to end (SIGTERM) and runs its finalizers.",
      on: {
        "process.crashed": { guard: "saysWhy", target: "stopped" },
        "process.stopped": { guard: "endedInTime", target: "stopped" }
      }
    }
  }
})

export const charts = { "hardware.machine": machine, "hardware.process": process } as const
