/** Events of kubelet and container-runtime. Actors "kubelet/<node>" and "container-runtime/<node>". */
import { Schema } from "effect"
import { json } from "#model/events/json.ts"
import type { Program } from "#model/objects/programs.ts"

const pod = { podUid: Schema.String, namespace: Schema.String, pod: Schema.String }
const RestartPolicy = Schema.Literals(["Always", "OnFailure", "Never"])

/** What really runs on a machine: ground truth, actor "container-runtime/<node>". */
const RuntimeEvent = [
  // chart "container-runtime.sandbox", entity: the sandbox's id.
  Schema.Struct({ type: Schema.tag("sandbox.created"), ...pod, attempt: Schema.Number, ip: Schema.String }),
  /** Its network is gone; none of its containers runs. `lost`: found so after a boot. */
  Schema.Struct({ type: Schema.tag("sandbox.stopped"), ...pod, lost: Schema.Boolean }),
  Schema.Struct({ type: Schema.tag("sandbox.removed"), ...pod }),
  // chart "container-runtime.container", entity: the container's id.
  Schema.Struct({ type: Schema.tag("container.created"), ...pod, name: Schema.String, attempt: Schema.Number,
    sandbox: Schema.String, image: Schema.String, program: json<Program>() }),
  Schema.Struct({ type: Schema.tag("container.started"), ...pod, name: Schema.String, attempt: Schema.Number }),
  /** SIGTERM was sent; SIGKILL follows after the grace. */
  Schema.Struct({ type: Schema.tag("container.stopping"), ...pod, grace_ms: Schema.Number }),
  /** SIGKILL was sent at the end of a grace. */
  Schema.Struct({ type: Schema.tag("container.killed"), ...pod }),
  /**
   * It no longer runs. `finished_ms`: when, on the machine's monotonic clock; earlier than the line if the runtime
   * was down. reason: "exited" by itself or after SIGTERM, "killed" by SIGKILL, "unknown": found dead after a boot.
   */
  Schema.Struct({ type: Schema.tag("container.exited"), ...pod, exitCode: Schema.Number,
    signal: Schema.optionalKey(Schema.Number), finished_ms: Schema.Number,
    reason: Schema.Literals(["exited", "killed", "unknown"]) }),
  Schema.Struct({ type: Schema.tag("container.removed"), ...pod }),
  // chart "container-runtime.image", entity: the image.
  Schema.Struct({ type: Schema.tag("image.pullBegan") }),
  Schema.Struct({ type: Schema.tag("image.pulled") }),
  Schema.Struct({ type: Schema.tag("image.pullFailed"), reason: Schema.String })
] as const

export const KubeletEvent = [
  ...RuntimeEvent,
  // chart "kubelet.process", entity: the node.
  /** The Node object exists and is this machine's. */
  Schema.Struct({ type: Schema.tag("kubelet.registered"), bootId: Schema.String, created: Schema.Boolean }),
  /** The pods bound to the node and the sandboxes on the machine are both known: pods are worked on from here. */
  Schema.Struct({ type: Schema.tag("kubelet.synced"), pods: Schema.Number, sandboxes: Schema.Number }),

  // chart "kubelet.podWorker", entity: the pod's uid.
  /** Admitted: its containers may start. */
  Schema.Struct({ type: Schema.tag("podWorker.started"), namespace: Schema.String, pod: Schema.String }),
  /** Refused at admission: OutOfcpu, OutOfmemory, OutOfpods, NodeAffinity. */
  Schema.Struct({ type: Schema.tag("podWorker.rejected"), namespace: Schema.String, pod: Schema.String,
    reason: Schema.String }),
  /** Its containers are being stopped and none will start again. Written anew when the grace became shorter. */
  Schema.Struct({ type: Schema.tag("podWorker.terminating"), grace_s: Schema.Number,
    reason: Schema.Literals(["deleted", "finished", "removed", "orphan"]) }),
  /** The runtime reports no running container. */
  Schema.Struct({ type: Schema.tag("podWorker.terminated") }),
  /** Nothing of it is left on the node that the API's object must outlive. */
  Schema.Struct({ type: Schema.tag("podWorker.finished") }),
  /** The API's object is gone, and so is the worker. */
  Schema.Struct({ type: Schema.tag("podWorker.forgotten") }),
  /** The API server took the pod's status. `shown`: the terminal phase that it had before. */
  Schema.Struct({ type: Schema.tag("podStatus.posted"), phase: Schema.String, ready: Schema.Boolean,
    revision: Schema.Number, shown: Schema.optionalKey(Schema.String) }),
  /** The API server took the last DELETE. `uid`: the precondition it was sent with, "" for none. */
  Schema.Struct({ type: Schema.tag("podStatus.deleted"), uid: Schema.String, phase: Schema.String }),

  // chart "kubelet.container", entity: "<pod uid>/<container name>".
  /** The image could not be pulled; no new try before `delay_ms` from now. */
  Schema.Struct({ type: Schema.tag("containerStatus.pullFailed"), image: Schema.String, delay_ms: Schema.Number }),
  /**
   * The runtime started it for the kubelet, which had decided so at `decided_ms` of the machine's monotonic clock.
   * `uncounted`: a restart of which the runtime shows no end before it: it never ran, or its record was lost.
   */
  Schema.Struct({ type: Schema.tag("containerStatus.started"), id: Schema.String, restartCount: Schema.Number,
    policy: RestartPolicy, decided_ms: Schema.Number, uncounted: Schema.optionalKey(Schema.Boolean) }),
  /** A kubelet that has just started found it like this. */
  Schema.Struct({ type: Schema.tag("containerStatus.found"), id: Schema.String, restartCount: Schema.Number,
    running: Schema.Boolean, exitCode: Schema.optionalKey(Schema.Number),
    finished_ms: Schema.optionalKey(Schema.Number) }),
  /** `finished_ms`: the runtime's record of when, on the machine's monotonic clock. */
  Schema.Struct({ type: Schema.tag("containerStatus.exited"), id: Schema.String, exitCode: Schema.Number,
    finished_ms: Schema.Number }),
  /** It will start again, not before `delay_ms` from the moment that it finished. */
  Schema.Struct({ type: Schema.tag("containerStatus.backedOff"), delay_ms: Schema.Number }),

  // chart "kubelet.nodeStatus", entity: the node.
  /** The API server took the node's status. */
  Schema.Struct({ type: Schema.tag("nodeStatus.posted"), ready: Schema.Boolean, memoryPressure: Schema.Boolean,
    diskPressure: Schema.Boolean, pidPressure: Schema.Boolean,
    /** False: nothing new, the report that is due each 5 minutes. */
    changed: Schema.Boolean })
] as const
