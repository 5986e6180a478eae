/** What can be replaced in the ReplicaSet controller. */
import type { Effect } from "effect"
import type { ApiError } from "#impl/client.ts"
import { claim, type Claiming } from "#impl/controllers/replica-set/claim.ts"
import type { Expectations } from "#impl/controllers/replica-set/expectations.ts"
import { victims } from "#impl/controllers/replica-set/ranking.ts"
import type { Pod } from "#model/objects/pod.ts"

export interface Parts {
  /** May a sync count pods and act? Not before the informer has shown what the last sync did. */
  readonly mayAct: (expectations: Expectations, replicaSet: string) => boolean
  readonly victims: (active: ReadonlyArray<Pod>, count: number, now_ms: number) => ReadonlyArray<Pod>
  readonly claim: (
    claiming: Claiming, owned: ReadonlyArray<Pod>, orphans: ReadonlyArray<Pod>
  ) => Effect.Effect<ReadonlyArray<Pod>, ApiError>
}

export const defaultParts: Parts = {
  mayAct: (expectations, replicaSet) =>
    expectations.outstanding(replicaSet) === 0 || expectations.isExpired(replicaSet),
  victims,
  claim
}
