/**
 * container-runtime: what really runs on a machine, as CRI shows it: sandboxes, containers, images.
 *
 * States: sandbox absent, ready, notReady, doubtful, removed. container absent, created, running, stopping, killed,
 *         exited, doubtful, removed. image absent, pulling, present. (initial: absent)
 * Time:   SIGKILL no earlier than the grace after the last SIGTERM; a program ends no earlier than its data says.
 * Errors: a pull that fails is `image.pullFailed`; a container that nobody saw end is `container.exited`, "unknown".
 * Source: CRI v1 api.proto; containerd v2 internal/cri/server (container_stop.go, sandbox_stop.go, restart.go).
 */
import { assign, emit, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import * as limitsOfKubelet from "#model/limits/kubelet.ts"
import * as defaults from "#model/limits/container-runtime.ts"
import type { Program } from "#model/objects/programs.ts"

export interface Limits {
  readonly serverStop_ms: number
  readonly stopGrace_min_ms: number
}
const limitsOf = (input: ChartInput | undefined): Limits => ({
  serverStop_ms: defaults.serverStop_ms,
  stopGrace_min_ms: limitsOfKubelet.stopGrace_min_s * 1000,
  ...input?.limits
})
export interface ChartInput {
  readonly limits?: Partial<Limits>
}

/** What the machine tells every instance of an actor when the actor's process ends. */
type ProcessEvent = Judged<Extract<EventOf<"process">, { readonly type: "process.crashed" | "process.stopped" }>>

type SandboxEvent = Judged<EventOf<"sandbox">> | ProcessEvent

const sandbox = setup({
  types: {} as { events: SandboxEvent; input: ChartInput | undefined },
  guards: {
    /** The record still says that it is ready, and the machine knows nothing of it. */
    stopWasForgotten: ({ event }) => event.type === "sandbox.stopped" && event.lost
  },
  actions: {
    /** The sandbox is the machine's, not the process's. */
    survive: () => {}
  }
}).createMachine({
  id: "container-runtime.sandbox",
  initial: "absent",
  on: { "process.crashed": { actions: "survive" }, "process.stopped": { actions: "survive" } },
  states: {
    absent: {
      description: "No such sandbox has been made.",
      on: { "sandbox.created": "ready" }
    },
    ready: {
      description: "It has a network and an IP; containers may run in it.",
      on: {
        "sandbox.stopped": "notReady"
      }
    },
    notReady: {
      description: "Its network is gone and none of its containers runs. It never becomes ready again.",
      on: { "sandbox.removed": "removed", "process.crashed": "doubtful", "process.stopped": "doubtful" }
    },
    doubtful: {
      description: "As before; but the process that noted it has ended, and the note may not have reached the disk.",
      on: { "sandbox.stopped": { guard: "stopWasForgotten", target: "notReady" }, "sandbox.removed": "removed" }
    },
    removed: { description: "Gone. Ids are not used twice.", type: "final" }
  }
})

type ContainerEvent = Judged<EventOf<"container">> | ProcessEvent

interface ContainerContext {
  readonly limits: Limits
  readonly program: Program | undefined
  readonly started_ms: number
  /** The first SIGTERM: a program that heeds it counts from here. */
  readonly sigterm_ms: number
  /** SIGKILL may not come before. */
  readonly killNotBefore_ms: number
}

/** Two readings of one clock may differ by the rounding of a fraction. */
const rounding_ms = 1

const endsByItself = (context: ContainerContext, code: number, finished_ms: number): boolean => {
  const program = context.program
  if (program === undefined || program.kind === "server" || program.kind === "stubborn") return false
  const expected = program.kind === "crasher" ? 1 : program.exitCode ?? 0
  return code === expected && finished_ms >= context.started_ms + (program.run_ms ?? 0) - rounding_ms
}
const endsBySigterm = (context: ContainerContext, code: number, finished_ms: number): boolean => {
  const program = context.program
  if (program === undefined || program.kind === "stubborn") return false
  const least_ms = context.sigterm_ms - rounding_ms
  if (program.kind !== "server") return code === defaults.sigtermExitCode && finished_ms >= least_ms
  const stop_ms = program.stop_ms ?? context.limits.serverStop_ms
  return code === (program.exitCode ?? 0) && finished_ms >= least_ms + stop_ms
}

const container = setup({
  types: {} as {
    context: ContainerContext
    events: ContainerEvent
    input: ChartInput | undefined
    emitted: { type: "container.exited"; entity: string; chart: string; within_ms: number }
  },
  guards: {
    graceIsLawful: ({ context, event }) =>
      event.type === "container.stopping" && event.grace_ms >= context.limits.stopGrace_min_ms,
    graceIsOver: ({ context, event }) => event.clock_ms >= context.killNotBefore_ms - rounding_ms,
    /** It ended as its program says, or somebody killed it (the kernel, the stop of its sandbox). */
    endIsLawfulRunning: ({ context, event }) => event.type === "container.exited"
      && event.finished_ms <= event.clock_ms + rounding_ms
      && (event.reason === "exited" ? endsByItself(context, event.exitCode, event.finished_ms)
        : event.exitCode === (event.reason === "killed" ? defaults.sigkillExitCode : defaults.unknownExitCode)),
    endIsLawfulStopping: ({ context, event }) => event.type === "container.exited"
      && event.finished_ms <= event.clock_ms + rounding_ms
      && (event.reason === "exited"
        ? endsBySigterm(context, event.exitCode, event.finished_ms)
          || endsByItself(context, event.exitCode, event.finished_ms)
        : event.exitCode === (event.reason === "killed" ? defaults.sigkillExitCode : defaults.unknownExitCode)),
    endIsByKill: ({ event }) => event.type === "container.exited" && event.reason === "killed"
      && event.exitCode === defaults.sigkillExitCode && event.signal === 9,
    endIsUnknown: ({ event }) => event.type === "container.exited" && event.reason === "unknown"
      && event.exitCode === defaults.unknownExitCode
  },
  actions: {
    rememberProgram: assign({
      program: ({ context, event }) => event.type === "container.created" ? event.program : context.program
    }),
    rememberStart: assign({ started_ms: ({ event }) => event.clock_ms }),
    rememberFirstStop: assign({ sigterm_ms: ({ event }) => event.clock_ms }),
    rememberGrace: assign({
      killNotBefore_ms: ({ context, event }) =>
        event.type === "container.stopping" ? event.clock_ms + event.grace_ms : context.killNotBefore_ms
    }),
    /** SIGKILL cannot be caught. */
    exited: emit(({ event: { entity } }) =>
      ({ type: "container.exited" as const, entity, chart: "container-runtime.container", within_ms: 1 })),
    survive: () => {}
  }
}).createMachine({
  id: "container-runtime.container",
  context: ({ input }) => ({
    limits: limitsOf(input), program: undefined, started_ms: 0, sigterm_ms: 0, killNotBefore_ms: 0
  }),
  initial: "absent",
  // Who watches it ends; the container goes on.
  on: { "process.crashed": { actions: "survive" }, "process.stopped": { actions: "survive" } },
  states: {
    absent: {
      description: "No such container has been made.",
      on: { "container.created": { target: "created", actions: "rememberProgram" } }
    },
    created: {
      description: "Made, not yet started.",
      on: {
        "container.started": { target: "running", actions: "rememberStart" },
        "container.exited": { target: "exited", guard: "endIsUnknown" },
        "container.removed": "removed"
      }
    },
    running: {
      description: "Its program runs.",
      on: {
        "container.stopping": {
          target: "stopping", guard: "graceIsLawful", actions: ["rememberFirstStop", "rememberGrace"]
        },
        "container.exited": { target: "exited", guard: "endIsLawfulRunning" }
      }
    },
    stopping: {
      description: "SIGTERM was sent. The program may heed it; SIGKILL comes after the grace.",
      on: {
        "container.stopping": { guard: "graceIsLawful", actions: "rememberGrace" },
        "container.killed": { target: "killed", guard: "graceIsOver", actions: "exited" },
        "container.exited": { target: "exited", guard: "endIsLawfulStopping" }
      }
    },
    killed: {
      description: "SIGKILL was sent.",
      on: { "container.exited": { target: "exited", guard: "endIsByKill" } }
    },
    exited: {
      description: "It does not run and never will again; its record is kept.",
      on: {
        "container.removed": "removed", "process.crashed": "doubtful", "process.stopped": "doubtful"
      }
    },
    doubtful: {
      description: "As before; but the process that noted it has ended, and the note may not have reached the disk: " +
        "where the record still says that it runs, it is found dead again.",
      on: { "container.exited": { target: "exited", guard: "endIsUnknown" }, "container.removed": "removed" }
    },
    removed: { description: "Gone. Ids are not used twice.", type: "final" }
  }
})

const image = setup({
  types: {} as { events: Judged<EventOf<"image">>; input: ChartInput | undefined }
}).createMachine({
  id: "container-runtime.image",
  initial: "absent",
  states: {
    absent: {
      description: "Not on the machine, or not known to be since the runtime started.",
      on: { "image.pullBegan": "pulling" }
    },
    pulling: {
      description: "Coming from the registry; one pull of an image at a time.",
      on: { "image.pulled": "present", "image.pullFailed": "absent" }
    },
    present: {
      description: "On the machine's disk. Pulled again only for the policy Always.",
      on: { "image.pullBegan": "pulling" }
    }
  }
})

export const charts = {
  "container-runtime.sandbox": sandbox,
  "container-runtime.container": container,
  "container-runtime.image": image
} as const
