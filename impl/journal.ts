/**
 * Where a component says what it did: a fact in the past tense and the state it is in afterwards, in the chart's
 * words. The only way out of impl/ into a trace. Plain calls: they are on every hot path.
 */
import { Context } from "effect"
import type { StateValueFrom, AnyStateMachine } from "xstate"
import type { Event, StoreChange } from "#model/events.ts"

/** A state value with every region present and no bare compound parent; StateValueFrom alone lets both pass. */
export type Exact<V, Keys = V extends string ? never : keyof V> = V extends string ? Exclude<V, Keys>
  : { readonly [K in keyof V]-?: Exact<Exclude<V[K], undefined>> }

/** The states of a chart, to type what a component journals: rename a state and impl/ no longer compiles. */
export type StateOf<Chart extends AnyStateMachine> = Exact<StateValueFrom<Chart>>

export type StateValue = string | { readonly [region: string]: StateValue }

export class Journal extends Context.Service<Journal, {
  /** `chart` is "<component>.<chart>", `entity` identifies the instance among those of this actor. */
  readonly wrote: (chart: string, entity: string, event: Event, state: StateValue) => void
  /**
   * Ground truth: a member applied this revision. The world journals the changes of the first member that applies
   * it, as lines of actor "etcd"; later appliers are compared through their own `entry.applied` lines.
   */
  readonly committed: (revision: number, changes: ReadonlyArray<StoreChange>) => void
}>()("impl/Journal") {}
