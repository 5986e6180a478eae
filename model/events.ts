/**
 * The vocabulary: everything that can happen in the cluster, the line of a trace, operations and faults, once.
 *
 * An event is a fact in the past tense, `subject.verbed`. Each component's events stand in events/<component>.ts,
 * operations in events/operations.ts, faults in events/faults.ts.
 */
import { Schema } from "effect"
import { ApiServerEvent } from "#model/events/api-server.ts"
import { ClientEvent } from "#model/events/client.ts"
import { ControllerManagerEvent } from "#model/events/controller-manager.ts"
import { SyncEvent } from "#model/events/controller.ts"
import { ControllerEvent } from "#model/events/controllers.ts"
import { EtcdEvent } from "#model/events/etcd.ts"
import { HardwareEvent } from "#model/events/hardware.ts"
import { KubeletEvent } from "#model/events/kubelet.ts"
import { RunEvent } from "#model/events/run.ts"
import { SchedulerEvent } from "#model/events/scheduler.ts"
import type { ApiObject } from "#model/kinds.ts"

export const Event = Schema.Union([
  ...RunEvent, ...HardwareEvent, ...EtcdEvent, ...ApiServerEvent, ...ClientEvent, ...SchedulerEvent,
  ...ControllerManagerEvent, ...SyncEvent, ...ControllerEvent, ...KubeletEvent
])
export type Event = typeof Event.Type

/** The events whose type begins with one of the given subjects. */
export type EventOf<Subject extends string> = Extract<Event, { readonly type: `${Subject}.${string}` }>

/** What a chart's guards and actions get beside the event's own fields: the line that carried it. */
export interface Envelope {
  readonly seq: number
  readonly at_ms: number
  /** The actor's monotonic clock: the only time that a guard may compare. */
  readonly clock_ms: number
  readonly actor: string
  readonly entity: string
}
/** The event as a chart receives it. No event may have a field named like one of the envelope's. */
export type Judged<E> = E & Envelope

/** A chart's state: a leaf's name, or a value per region. */
export type StateValue = string | { readonly [region: string]: StateValue }
export const StateValue: Schema.Codec<StateValue> = Schema.Union([
  Schema.String, Schema.Record(Schema.String, Schema.suspend((): Schema.Codec<StateValue> => StateValue))
])

/** One line of a trace. See README, "The trace format". */
export const Line = Schema.Struct({
  /** 0, 1, 2, … without gaps. */
  seq: Schema.Number,
  /** The world's time: orders and displays. */
  at_ms: Schema.Number,
  /** The actor's own monotonic clock: timing guards use it. */
  clock_ms: Schema.Number,
  /** "<component>/<instance>", or "etcd" for the committed history (ground truth). */
  actor: Schema.String,
  /** "<component>.<chart>". */
  chart: Schema.String,
  /** The instance of the chart within the actor. */
  entity: Schema.String,
  event: Event,
  /** The chart's full state value after the event; absent where the writer does not know it: the judge finds out. */
  state: Schema.optionalKey(StateValue),
  /** The seq of the line that led to this one; absent for a beginning. */
  cause: Schema.optionalKey(Schema.Number)
})
export type Line = typeof Line.Type

/** One change of a committed revision, as the store sees it. Keys: "/registry/<resource>/<namespace>/<name>". */
export interface StoreChange {
  readonly key: string
  readonly value: ApiObject | undefined
  readonly previous: ApiObject | undefined
}
