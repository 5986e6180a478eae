/** The behaviours of a kubelet that can be replaced, one by one: where real bugs were, and where they are planted. */
import type { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import * as informer from "#impl/informer.ts"
import type { Journal } from "#impl/journal.ts"
import { shouldRestart, type ShouldRestart } from "#impl/kubelet/actions.ts"
import { admit, type Admit } from "#impl/kubelet/admission.ts"
import { statusFor } from "#impl/kubelet/phase.ts"
import type { Draws, Process } from "#impl/ports.ts"
import type { Preconditions } from "#impl/ports/api.ts"

export interface Parts {
  /** Where the kubelet learns of its pods and its node, and how its first lists are made. */
  readonly informers: Effect.Effect<informer.Informers["Service"], never, Client | Process | Journal | Draws>
  readonly admit: Admit
  readonly shouldRestart: ShouldRestart
  /** What is reported of a pod, and when its terminal phase is. */
  readonly statusFor: typeof statusFor
  /** With what the last DELETE of a pod is guarded. */
  readonly deletePreconditions: (uid: string) => Preconditions
  /** Whether a pod that only the runtime knows is stopped. */
  readonly cleansOrphan: (uid: string) => boolean
}

export const defaultParts: Parts = {
  informers: informer.make(),
  admit,
  shouldRestart,
  statusFor,
  deletePreconditions: (uid) => ({ uid }),
  cleansOrphan: () => true
}
