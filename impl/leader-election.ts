/**
 * leader-election: one active instance among several, by a Lease. Spec: model/leader-election.ts.
 */
import type { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import type { Journal } from "#impl/journal.ts"
import type { Draws, Process } from "#impl/ports.ts"

/**
 * Competes for the Lease kube-system/`name` under the process's name. When it leads, runs `lead` in this fiber;
 * when the lease could not be renewed for renewDeadline, the whole process exits ("leader election lost").
 */
export declare const run: <R>(
  name: string, lead: Effect.Effect<never, never, R>
) => Effect.Effect<never, never, R | Client | Process | Journal | Draws>
