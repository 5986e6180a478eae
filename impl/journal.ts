/**
 * Where a component says what it did: a fact in the past tense and the state it is in afterwards, in the chart's
 * words. The only way out of impl/ into a trace. Plain calls: they are on every hot path.
 */
import { Context } from "effect"
import type { EventFromLogic, StateValueFrom, AnyStateMachine } from "xstate"
import type { charts as apiServer } from "#model/api-server.ts"
import type { charts as client } from "#model/client.ts"
import type { charts as containerRuntime } from "#model/container-runtime.ts"
import type { charts as controller } from "#model/controller.ts"
import type { charts as controllerManager } from "#model/controller-manager.ts"
import type { charts as controllers } from "#model/controllers.ts"
import type { charts as etcd } from "#model/etcd.ts"
import type { Event, StoreChange } from "#model/events.ts"
import type { charts as informer } from "#model/informer.ts"
import type { charts as kubelet } from "#model/kubelet.ts"
import type { charts as leaderElection } from "#model/leader-election.ts"
import type { charts as scheduler } from "#model/scheduler.ts"
import type { charts as workQueue } from "#model/work-queue.ts"

/** Every chart whose life a component tells, by its name. */
export type Charts = typeof apiServer & typeof client & typeof containerRuntime & typeof controller &
  typeof controllerManager &
  typeof controllers & typeof etcd & typeof informer & typeof kubelet & typeof leaderElection & typeof scheduler &
  typeof workQueue
export type ChartName = keyof Charts & string

/** A state value with every region present and no bare compound parent; StateValueFrom alone lets both pass. */
export type Exact<V, Keys = V extends string ? never : keyof V> = V extends string ? Exclude<V, Keys>
  : { readonly [K in keyof V]-?: Exact<Exclude<V[K], undefined>> }

/** The states of a chart, to type what a component journals: rename a state and impl/ no longer compiles. */
export type StateOf<Chart extends AnyStateMachine> = Exact<StateValueFrom<Chart>>

/** What a component may tell of an instance of the chart. */
export type EventsOf<Name extends ChartName> =
  Extract<Event, { readonly type: EventFromLogic<Charts[Name]>["type"] }>

export type StateValue = string | { readonly [region: string]: StateValue }

export class Journal extends Context.Service<Journal, {
  /** `chart` is "<component>.<chart>", `entity` identifies the instance among those of this actor. */
  readonly wrote: <Name extends ChartName>(
    chart: Name, entity: string, event: EventsOf<Name>, state: StateOf<Charts[Name]>
  ) => void
  /**
   * Ground truth: a member applied this revision. The world journals the changes of the first member that applies
   * it, as lines of actor "etcd"; later appliers are compared through their own `entry.applied` lines.
   */
  readonly committed: (revision: number, changes: ReadonlyArray<StoreChange>) => void
}>()("impl/Journal") {}

/** The journal of one instance: takes that chart's events and states, and nothing else. */
export const journalOf = <Name extends ChartName>(journal: Journal["Service"], chart: Name, entity: string) =>
  (event: EventsOf<Name>, state: StateOf<Charts[Name]>): void => journal.wrote(chart, entity, event, state)
