/**
 * The wire between a kubelet and the container runtime of the same machine: frames on a connection to
 * "container-runtime/<machine>". Calls follow CRI v1 (RuntimeService, ImageService). Events carry whole states, in
 * the order of the changes and ahead of the answer to the call that caused them, so that a subscriber's copy is exact.
 */
import type { Program } from "#model/objects/programs.ts"

/** Labels that CRI keeps for the kubelet: what it reads back after its own restart. */
export interface PodLabels {
  readonly uid: string
  readonly namespace: string
  readonly name: string
}
export interface SandboxStatus {
  readonly id: string
  readonly pod: PodLabels
  readonly attempt: number
  readonly ip: string
  readonly state: "ready" | "notReady"
}
/** Times: `_ms` on the machine's monotonic clock, `_wall` on its wall clock. */
export interface ContainerState {
  readonly id: string
  readonly sandbox: string
  readonly pod: PodLabels
  readonly name: string
  readonly attempt: number
  readonly image: string
  readonly program: Program
  readonly state: "created" | "running" | "exited"
  readonly started_ms?: number
  readonly started_wall?: number
  readonly finished_ms?: number
  readonly finished_wall?: number
  readonly exitCode?: number
  readonly signal?: number
  readonly reason?: "exited" | "killed" | "unknown"
}

export type Call =
  /** Idempotent by (pod uid, attempt). */
  | { readonly verb: "runSandbox"; readonly pod: PodLabels; readonly attempt: number }
  /** Kills what still runs in it. Idempotent. */
  | { readonly verb: "stopSandbox"; readonly id: string }
  /** Removes its containers too. Idempotent. */
  | { readonly verb: "removeSandbox"; readonly id: string }
  | { readonly verb: "createContainer"; readonly sandbox: string; readonly name: string; readonly attempt: number
      readonly image: string; readonly args: ReadonlyArray<string> }
  | { readonly verb: "startContainer"; readonly id: string }
  /** SIGTERM, then SIGKILL after the grace; answers when it no longer runs. A cancelled call sends no SIGKILL. */
  | { readonly verb: "stopContainer"; readonly id: string; readonly grace_ms: number }
  | { readonly verb: "removeContainer"; readonly id: string }
  | { readonly verb: "pullImage"; readonly image: string }
  | { readonly verb: "imageStatus"; readonly image: string }
  | { readonly verb: "status" }

export type Answer =
  | { readonly type: "sandbox"; readonly sandbox: SandboxStatus }
  | { readonly type: "container"; readonly container: ContainerState }
  | { readonly type: "image"; readonly present: boolean }
  | { readonly type: "done" }

export type KubeletFrame =
  | { readonly type: "call"; readonly id: number; readonly call: Call }
  | { readonly type: "cancel"; readonly id: number }
  /** Asks for a snapshot of everything, then for events. */
  | { readonly type: "subscribe" }

export type RuntimeFrame =
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly type: "failed"; readonly id: number; readonly message: string }
  | { readonly type: "snapshot"; readonly sandboxes: ReadonlyArray<SandboxStatus>
      readonly containers: ReadonlyArray<ContainerState> }
  | { readonly type: "sandbox"; readonly sandbox: SandboxStatus }
  | { readonly type: "container"; readonly container: ContainerState }
  | { readonly type: "removed"; readonly id: string; readonly pod: PodLabels }
