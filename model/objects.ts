/**
 * The Kubernetes objects of the slice, once, as Effect Schema: type, codec and validation come from here.
 *
 * Times are milliseconds since the epoch on the writer's wall clock, everywhere in memory and in a trace.
 * Deviates: the wire form of Kubernetes is RFC 3339 text; a codec at the HTTP edge will translate.
 * Source: k8s.io/api core/v1, apps/v1, coordination/v1 at v1.36; only fields that some component reads.
 */
import { Schema } from "effect"

const optional = Schema.optionalKey
const Strings = Schema.Record(Schema.String, Schema.String)
/** Milliseconds since 1970-01-01T00:00:00Z, wall clock of whoever wrote it. */
const Time = Schema.Number
/** A Kubernetes quantity: "500m" CPU, "64Mi" memory, "1" of an extended resource. See objects/quantity.ts. */
const Quantities = Schema.Record(Schema.String, Schema.String)

export const OwnerReference = Schema.Struct({
  apiVersion: Schema.String,
  kind: Schema.String,
  name: Schema.String,
  uid: Schema.String,
  controller: optional(Schema.Boolean),
  blockOwnerDeletion: optional(Schema.Boolean)
})
export type OwnerReference = typeof OwnerReference.Type

export const ObjectMeta = Schema.Struct({
  name: Schema.String,
  generateName: optional(Schema.String),
  /** "" for cluster-scoped kinds. */
  namespace: Schema.String,
  uid: Schema.String,
  /** The etcd revision of the last change, as a decimal string; "" before the object is stored. */
  resourceVersion: Schema.String,
  generation: Schema.Number,
  creationTimestamp: Time,
  deletionTimestamp: optional(Time),
  deletionGracePeriodSeconds: optional(Schema.Number),
  labels: optional(Strings),
  annotations: optional(Strings),
  finalizers: optional(Schema.Array(Schema.String)),
  ownerReferences: optional(Schema.Array(OwnerReference))
})
export type ObjectMeta = typeof ObjectMeta.Type

/**
 * What a simulated container does when it runs. A real image holds a program; here the program is data.
 * server: runs until stopped, leaves on SIGTERM after `stop_ms`.  job: exits with `exitCode` after `run_ms`.
 * crasher: exits 1 after `run_ms`, each time.  stubborn: a server that ignores SIGTERM and dies only by SIGKILL.
 */
export const Program = Schema.Struct({
  kind: Schema.Literals(["server", "job", "crasher", "stubborn"]),
  run_ms: optional(Schema.Number),
  stop_ms: optional(Schema.Number),
  exitCode: optional(Schema.Number)
})
export type Program = typeof Program.Type

export const Container = Schema.Struct({
  name: Schema.String,
  image: Schema.String,
  imagePullPolicy: optional(Schema.Literals(["Always", "IfNotPresent", "Never"])),
  resources: optional(Schema.Struct({ requests: optional(Quantities), limits: optional(Quantities) })),
  program: Program
})
export type Container = typeof Container.Type

export const Toleration = Schema.Struct({
  key: optional(Schema.String),
  operator: optional(Schema.Literals(["Exists", "Equal"])),
  value: optional(Schema.String),
  effect: optional(Schema.Literals(["NoSchedule", "PreferNoSchedule", "NoExecute"])),
  tolerationSeconds: optional(Schema.Number)
})
export type Toleration = typeof Toleration.Type

/** A node satisfies the term when it satisfies every expression; the operator is always "In" in the slice. */
export const NodeSelectorTerm = Schema.Struct({
  matchExpressions: Schema.Array(Schema.Struct({
    key: Schema.String, operator: Schema.Literal("In"), values: Schema.Array(Schema.String)
  }))
})

export const PodSpec = Schema.Struct({
  containers: Schema.Array(Container),
  nodeName: optional(Schema.String),
  nodeSelector: optional(Strings),
  /** Any one of the terms must match. */
  affinity: optional(Schema.Struct({
    nodeAffinity: Schema.Struct({
      requiredDuringSchedulingIgnoredDuringExecution: Schema.Struct({
        nodeSelectorTerms: Schema.Array(NodeSelectorTerm)
      })
    })
  })),
  restartPolicy: optional(Schema.Literals(["Always", "OnFailure", "Never"])),
  terminationGracePeriodSeconds: optional(Schema.Number),
  tolerations: optional(Schema.Array(Toleration)),
  priority: optional(Schema.Number),
  schedulingGates: optional(Schema.Array(Schema.String))
})
export type PodSpec = typeof PodSpec.Type

export const Condition = Schema.Struct({
  type: Schema.String,
  status: Schema.Literals(["True", "False", "Unknown"]),
  reason: optional(Schema.String),
  message: optional(Schema.String),
  lastTransitionTime: optional(Time),
  lastHeartbeatTime: optional(Time)
})
export type Condition = typeof Condition.Type

const Terminated = Schema.Struct({
  exitCode: Schema.Number,
  signal: optional(Schema.Number),
  reason: Schema.String,
  startedAt: optional(Time),
  finishedAt: optional(Time),
  containerID: optional(Schema.String)
})
export const ContainerState = Schema.Struct({
  waiting: optional(Schema.Struct({ reason: Schema.String, message: optional(Schema.String) })),
  running: optional(Schema.Struct({ startedAt: Time })),
  terminated: optional(Terminated)
})
export type ContainerState = typeof ContainerState.Type

export const ContainerStatus = Schema.Struct({
  name: Schema.String,
  state: ContainerState,
  lastState: optional(ContainerState),
  ready: Schema.Boolean,
  started: optional(Schema.Boolean),
  restartCount: Schema.Number,
  image: Schema.String,
  containerID: optional(Schema.String)
})
export type ContainerStatus = typeof ContainerStatus.Type

export const PodPhase = Schema.Literals(["Pending", "Running", "Succeeded", "Failed"])
export type PodPhase = typeof PodPhase.Type

export const PodStatus = Schema.Struct({
  phase: PodPhase,
  reason: optional(Schema.String),
  message: optional(Schema.String),
  conditions: optional(Schema.Array(Condition)),
  containerStatuses: optional(Schema.Array(ContainerStatus)),
  podIP: optional(Schema.String),
  startTime: optional(Time)
})
export type PodStatus = typeof PodStatus.Type

export const Pod = Schema.Struct({
  apiVersion: Schema.Literal("v1"),
  kind: Schema.Literal("Pod"),
  metadata: ObjectMeta,
  spec: PodSpec,
  status: PodStatus
})
export type Pod = typeof Pod.Type

export const Taint = Schema.Struct({
  key: Schema.String,
  value: optional(Schema.String),
  effect: Schema.Literals(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
  timeAdded: optional(Time)
})
export type Taint = typeof Taint.Type

export const Node = Schema.Struct({
  apiVersion: Schema.Literal("v1"),
  kind: Schema.Literal("Node"),
  metadata: ObjectMeta,
  spec: Schema.Struct({
    providerID: optional(Schema.String),
    unschedulable: optional(Schema.Boolean),
    taints: optional(Schema.Array(Taint))
  }),
  status: Schema.Struct({
    capacity: optional(Quantities),
    allocatable: optional(Quantities),
    conditions: optional(Schema.Array(Condition)),
    nodeInfo: optional(Schema.Struct({ bootID: Schema.String, kubeletVersion: Schema.String }))
  })
})
export type Node = typeof Node.Type

export const LabelSelector = Schema.Struct({ matchLabels: optional(Strings) })
export type LabelSelector = typeof LabelSelector.Type

export const PodTemplate = Schema.Struct({
  metadata: Schema.Struct({ labels: optional(Strings), annotations: optional(Strings) }),
  spec: PodSpec
})
export type PodTemplate = typeof PodTemplate.Type

export const ReplicaSet = Schema.Struct({
  apiVersion: Schema.Literal("apps/v1"),
  kind: Schema.Literal("ReplicaSet"),
  metadata: ObjectMeta,
  spec: Schema.Struct({
    replicas: Schema.Number,
    minReadySeconds: optional(Schema.Number),
    selector: LabelSelector,
    template: PodTemplate
  }),
  status: Schema.Struct({
    replicas: Schema.Number,
    fullyLabeledReplicas: optional(Schema.Number),
    readyReplicas: optional(Schema.Number),
    availableReplicas: optional(Schema.Number),
    observedGeneration: optional(Schema.Number)
  })
})
export type ReplicaSet = typeof ReplicaSet.Type

export const Lease = Schema.Struct({
  apiVersion: Schema.Literal("coordination.k8s.io/v1"),
  kind: Schema.Literal("Lease"),
  metadata: ObjectMeta,
  spec: Schema.Struct({
    holderIdentity: optional(Schema.String),
    leaseDurationSeconds: optional(Schema.Number),
    acquireTime: optional(Time),
    renewTime: optional(Time),
    leaseTransitions: optional(Schema.Number)
  })
})
export type Lease = typeof Lease.Type

/** Body of the pods/binding subresource. */
export const Binding = Schema.Struct({
  apiVersion: Schema.Literal("v1"),
  kind: Schema.Literal("Binding"),
  metadata: Schema.Struct({
    name: Schema.String,
    namespace: Schema.String,
    uid: optional(Schema.String),
    resourceVersion: optional(Schema.String)
  }),
  target: Schema.Struct({ kind: Schema.Literal("Node"), name: Schema.String })
})
export type Binding = typeof Binding.Type

export const StatusReason = Schema.Literals([
  "BadRequest", "Unauthorized", "Forbidden", "NotFound", "MethodNotAllowed", "AlreadyExists", "Conflict", "Expired",
  "Gone", "Invalid", "TooManyRequests", "InternalError", "ServiceUnavailable", "ServerTimeout", "Timeout"
])
export type StatusReason = typeof StatusReason.Type

/** metav1.Status, the body of every failure. */
export const Status = Schema.Struct({
  kind: Schema.Literal("Status"),
  apiVersion: Schema.Literal("v1"),
  status: Schema.Literals(["Success", "Failure"]),
  code: Schema.Number,
  reason: optional(StatusReason),
  message: Schema.String,
  details: optional(Schema.Struct({
    name: optional(Schema.String),
    kind: optional(Schema.String),
    uid: optional(Schema.String),
    retryAfterSeconds: optional(Schema.Number),
    causes: optional(Schema.Array(Schema.Struct({
      reason: optional(Schema.String), message: optional(Schema.String), field: optional(Schema.String)
    })))
  }))
})
export type Status = typeof Status.Type

/** Every kind that the API server stores, by the plural name of its resource. */
export interface Objects {
  readonly pods: Pod
  readonly nodes: Node
  readonly replicasets: ReplicaSet
  readonly leases: Lease
}
export type Resource = keyof Objects
export type ApiObject = Objects[Resource]
export const resources: ReadonlyArray<Resource> = ["pods", "nodes", "replicasets", "leases"]

/** "namespace/name", or "name" for a cluster-scoped object: the key of stores and work queues. */
export const keyOf = (object: { readonly metadata: { readonly namespace: string; readonly name: string } }): string =>
  object.metadata.namespace === "" ? object.metadata.name : `${object.metadata.namespace}/${object.metadata.name}`
