/**
 * What the process that hosts controllers asks of one. Controllers never import their host; impl/cluster.ts hands them
 * over. They share the host's informers.
 */
import type { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import type { Informers } from "#impl/informer.ts"
import type { Journal } from "#impl/journal.ts"
import type { Draws, Process } from "#impl/ports.ts"

export interface Controller {
  readonly name: string
  /** Runs while the process leads. It registers its handlers before it waits for the informers to sync. */
  readonly run: Effect.Effect<never, never, Client | Informers | Process | Journal | Draws>
}
