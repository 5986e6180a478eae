/**
 * Operations: what users do to the cluster. `id` is drawn with the operation and keys its draws; `upon`: a moment of
 * the run at which it begins, instead of the time `at_ms`, and counted from then on.
 */
import { Schema } from "effect"
import { json } from "#model/events/json.ts"
import { Moment } from "#model/events/moment.ts"
import type { GivenPodSpec } from "#model/objects/pod.ts"

const PodSpec = json<GivenPodSpec>()
const base = { id: Schema.Number, at_ms: Schema.Number, upon: Schema.optionalKey(Moment) }
const named = { ...base, name: Schema.String }
/** With the user's own finalizer from the beginning. */
const held = Schema.optionalKey(Schema.Boolean)

export const Operation = Schema.Union([
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.create"), replicas: Schema.Number, template: PodSpec,
    minReadySeconds: Schema.optionalKey(Schema.Number), held }),
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.scale"), replicas: Schema.Number }),
  /** A new template: existing pods keep the old one, as in Kubernetes. */
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.update"), template: PodSpec }),
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.delete") }),
  /** Adds or removes a finalizer of the user's own. */
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.finalize"), present: Schema.Boolean }),
  Schema.Struct({ ...named, type: Schema.tag("pod.create"), spec: PodSpec, held }),
  /** A second scheduler for a moment: binds the next so many new pods to one node. */
  Schema.Struct({ ...base, type: Schema.tag("pods.bind"), node: Schema.String, count: Schema.Number }),
  /** Deletes the next so many new pods as soon as they are seen, as a policy that does not want them. */
  Schema.Struct({ ...base, type: Schema.tag("pods.reap"), count: Schema.Number }),
  Schema.Struct({ ...named, type: Schema.tag("pod.update"), label: Schema.String }),
  /** Says how dear the pod is: of two, a ReplicaSet deletes the cheaper one first. */
  Schema.Struct({ ...named, type: Schema.tag("pod.price"), cost: Schema.Number }),
  Schema.Struct({ ...named, type: Schema.tag("pod.delete"), gracePeriodSeconds: Schema.optionalKey(Schema.Number) }),
  /** Delete, wait until it is gone, create under the same name. */
  Schema.Struct({ ...named, type: Schema.tag("pod.recreate"), spec: PodSpec }),
  Schema.Struct({ ...named, type: Schema.tag("pod.finalize"), present: Schema.Boolean }),
  /** Takes away the scheduling gates. */
  Schema.Struct({ ...named, type: Schema.tag("pod.ungate") }),
  Schema.Struct({ ...named, type: Schema.tag("pod.read"), consistent: Schema.Boolean }),
  /** `again_ms`: and after so long once more, as things were at the first time; who comes too late is told so. */
  Schema.Struct({ ...base, type: Schema.tag("pods.list"), consistent: Schema.Boolean,
    again_ms: Schema.optionalKey(Schema.Number) }),
  Schema.Struct({ ...base, type: Schema.tag("node.cordon"), node: Schema.String }),
  Schema.Struct({ ...base, type: Schema.tag("node.uncordon"), node: Schema.String }),
  /** kubectl taint: asks pods to prefer other nodes, or no longer. */
  Schema.Struct({ ...base, type: Schema.tag("node.avoid"), node: Schema.String, present: Schema.Boolean }),
  /** kubectl taint with NoExecute: whatever does not tolerate the key must go. */
  Schema.Struct({ ...base, type: Schema.tag("node.taint"), node: Schema.String, key: Schema.String,
    present: Schema.Boolean }),
  /** Cordon, then delete the node's pods one by one, gracefully. */
  Schema.Struct({ ...base, type: Schema.tag("node.drain"), node: Schema.String }),
  /** By hand, with its zone and no word of what it can do: its kubelet finds it there when it registers. */
  Schema.Struct({ ...base, type: Schema.tag("node.create"), node: Schema.String, zone: Schema.String }),
  /** Of the API's object alone: the machine goes on, and its kubelet registers again when it starts anew. */
  Schema.Struct({ ...base, type: Schema.tag("node.delete"), node: Schema.String }),
  /** Deleted, and after a while created by hand. */
  Schema.Struct({ ...base, type: Schema.tag("node.recreate"), node: Schema.String, zone: Schema.String,
    wait_ms: Schema.Number }),
  /** Announced before there are machines for them. */
  Schema.Struct({ ...base, type: Schema.tag("nodes.create"), zone: Schema.String, count: Schema.Number }),
  /** Every node that the API has of a zone. */
  Schema.Struct({ ...base, type: Schema.tag("nodes.delete"), zone: Schema.String })
])
export type Operation = typeof Operation.Type
