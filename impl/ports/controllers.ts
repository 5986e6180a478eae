/**
 * What a controller gets from the process that hosts it: one set of informers, shared by all controllers.
 * Controllers never import their host; impl/cluster.ts hands them over as values of `Controller`.
 */
import type { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import type { Informer } from "#impl/informer.ts"
import type { Journal } from "#impl/journal.ts"
import type { Draws, Process } from "#impl/ports.ts"
import type { Lease } from "#model/objects/lease.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"

export interface Informers {
  /** Indexes: "node" by spec.nodeName, "owner" by the uid of the controlling owner, "orphan" by namespace. */
  readonly pods: Informer<Pod>
  readonly nodes: Informer<Node>
  readonly replicaSets: Informer<ReplicaSet>
  /** All leases; those of nodes are in the namespace kube-node-lease. */
  readonly leases: Informer<Lease>
}

export interface Controller {
  readonly name: string
  /** Runs while the process leads. It registers its handlers before it waits for the informers to sync. */
  readonly run: (informers: Informers) => Effect.Effect<never, never, Client | Process | Journal | Draws>
}
