/**
 * The Node object and its lease: registration, the status each 10 s (posted when it changed, or each 5 minutes), the
 * heartbeat. Spec: model/kubelet.ts.
 * Source: pkg/kubelet/kubelet_node_status.go, component-helpers/apimachinery/lease, v1.36.
 */
import { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import type { ApiError } from "#impl/client/errors.ts"
import type { Informer } from "#impl/informer.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { Draws, Machine, Process } from "#impl/ports.ts"
import type { charts } from "#model/kubelet.ts"
import { nodeLeaseDuration_s, nodeLeaseRenewInterval_ms } from "#model/limits.ts"
import * as limits from "#model/limits/kubelet.ts"
import type { Lease } from "#model/objects/lease.ts"
import type { Node, NodeCondition } from "#model/objects/node.ts"
import { microTimeOf, timeOf } from "#model/objects/time.ts"
import type { GivenMeta } from "#model/objects/metadata.ts"

export interface NodeAgentDependencies {
  readonly process: Process["Service"]
  readonly machine: Machine["Service"]
  readonly draws: Draws["Service"]
  readonly client: Client["Service"]
  readonly journal: Journal["Service"]
  /** Why the node is not ready, or undefined when it is. */
  readonly problem: () => string | undefined
  /** Whether the pods of this node are known: the other half of being ready. */
  readonly hasPods: () => boolean
}

/** A Node as its kubelet will register it: nobody has stored it yet. */
type FreshNode = Omit<Node, "metadata"> & { readonly metadata: GivenMeta }

const leaseNamespace = "kube-node-lease"

export class NodeAgent {
  readonly #on: NodeAgentDependencies
  #node: Node | undefined
  #lease: Lease | undefined
  #informer: Informer<Node> | undefined
  #posted_ms = -Infinity
  #postedReady: boolean | undefined

  constructor(dependencies: NodeAgentDependencies) {
    this.#on = dependencies
  }

  get name(): string {
    return this.#on.machine.name
  }
  /** The Node as last seen, or as it will be registered. */
  node(): FreshNode {
    return this.#informer?.get(this.name) ?? this.#node ?? this.#fresh()
  }
  get isRegistered(): boolean {
    return this.#node !== undefined
  }
  follow(informer: Informer<Node>): void {
    this.#informer = informer
  }

  /** Its own; those of others are left out. */
  #conditions(before: ReadonlyArray<NodeCondition>): { readonly own: Array<NodeCondition>; readonly changed: boolean } {
    const now = timeOf(this.#on.process.wall_ms())
    const pressure = this.#on.machine.pressure()
    const problem = this.#on.problem()
    let changed = false
    const set = (type: string, isTrue: boolean, reason: string, message: string): NodeCondition => {
      const status = isTrue ? "True" : "False"
      const known = before.find((one) => one.type === type)
      const lastTransitionTime = known?.status === status ? known.lastTransitionTime ?? now : now
      if (known?.status !== status || known.reason !== reason) changed = true
      return { type, status, reason, message, lastTransitionTime, lastHeartbeatTime: now }
    }
    const own = [
      set("MemoryPressure", pressure.memory, pressure.memory ? "KubeletHasInsufficientMemory"
        : "KubeletHasSufficientMemory", "memory.available"),
      set("DiskPressure", pressure.disk, pressure.disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
        "nodefs.available"),
      set("PIDPressure", pressure.pid, pressure.pid ? "KubeletHasInsufficientPID" : "KubeletHasSufficientPID",
        "pid.available"),
      set("Ready", problem === undefined, problem === undefined ? "KubeletReady" : "KubeletNotReady",
        problem ?? "kubelet is posting ready status")
    ]
    return { own, changed }
  }

  #fresh(): FreshNode {
    const { capacity, labels, name } = this.#on.machine
    return {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
      spec: {},
      status: {
        capacity, allocatable: capacity, conditions: this.#conditions([]).own,
        nodeInfo: this.#nodeInfo(), daemonEndpoints: limits.daemonEndpoints
      }
    }
  }

  #nodeInfo(): Node["status"]["nodeInfo"] {
    const { machine } = this.#on
    return { ...limits.nodeInfo, bootID: machine.bootId(), machineID: machine.name, systemUUID: machine.name }
  }

  /** Creates the Node, or adopts the one of that name with this machine's labels. Tried until it works. */
  register(): Effect.Effect<void> {
    const { client, journal, machine } = this.#on
    const once = Effect.gen({ self: this }, function*() {
      const created = yield* Effect.match(client.create("nodes", this.#fresh()), {
        onSuccess: (node) => node,
        onFailure: (error) => error
      })
      if (!("_tag" in created)) return { node: created, created: true }
      if (created._tag !== "AlreadyExists") return yield* Effect.fail(created)
      const node = yield* client.get("nodes", "", this.name)
      const labels = this.#fresh().metadata.labels!
      const isSame = Object.keys(labels).every((key) => node.metadata.labels?.[key] === labels[key])
      return { node: isSame ? node : yield* client.patch("nodes", "", this.name, { metadata: { labels } }),
        created: false }
    })
    return Effect.gen({ self: this }, function*() {
      let delay_ms = limits.registrationRetryBase_ms
      for (;;) {
        const done = yield* Effect.match(once, { onSuccess: (one) => one, onFailure: () => undefined })
        if (done !== undefined) {
          this.#node = done.node
          journal.wrote("kubelet.process", this.name, {
            type: "kubelet.registered", bootId: machine.bootId(), created: done.created
          }, (this.#on.hasPods() ? "ready" : "registered") satisfies StateOf<(typeof charts)["kubelet.process"]>)
          return
        }
        yield* Effect.sleep(delay_ms)
        delay_ms = Math.min(delay_ms * 2, limits.registrationRetry_max_ms)
      }
    })
  }

  /** Posts the status each time that it changed or is due. */
  reportStatus(): Effect.Effect<never> {
    return Effect.gen({ self: this }, function*() {
      for (;;) {
        yield* this.#postIfDue()
        yield* Effect.sleep(limits.nodeStatusUpdateFrequency_ms)
      }
    })
  }
  #postIfDue(): Effect.Effect<void> {
    const { client, machine, process } = this.#on
    const node = this.node()
    const { own, changed } = this.#conditions(node.status.conditions ?? [])
    const bootID = machine.bootId()
    const isNew = changed || node.status.nodeInfo.bootID !== bootID || this.#postedReady === undefined
    if (!isNew && process.monotonic_ms() < this.#posted_ms + limits.nodeStatusReportFrequency_ms) return Effect.void
    const status = {
      capacity: machine.capacity, allocatable: machine.capacity, conditions: own,
      nodeInfo: this.#nodeInfo(), daemonEndpoints: limits.daemonEndpoints
    }
    // Merged by the types of conditions, as PatchNodeStatus does: those of others stay, whatever was seen of them.
    return Effect.matchEffect(client.patchStatus("nodes", "", this.name, { status }, "strategic"), {
      onSuccess: (posted) => Effect.sync(() => this.#posted(posted, own, isNew)),
      // A Node that somebody deleted stays away: a kubelet registers once (registrationCompleted).
      onFailure: () => Effect.void
    })
  }
  #posted(node: Node, conditions: ReadonlyArray<NodeCondition>, changed: boolean): void {
    this.#node = node
    this.#posted_ms = this.#on.process.monotonic_ms()
    const isTrue = (type: string) => conditions.some((one) => one.type === type && one.status === "True")
    const ready = isTrue("Ready")
    this.#postedReady = ready
    this.#on.journal.wrote("kubelet.nodeStatus", this.name, {
      type: "nodeStatus.posted", ready, memoryPressure: isTrue("MemoryPressure"),
      diskPressure: isTrue("DiskPressure"), pidPressure: isTrue("PIDPressure"), changed
    }, (ready ? "ready" : "notReady") satisfies StateOf<(typeof charts)["kubelet.nodeStatus"]>)
  }

  /**
   * Renews the lease each 10 s, registered or not; a failed try is repeated at once a few times, then with the next
   * period. After the second the connection is given up (OnHeartbeatFailure): its server may be the trouble.
   */
  renewLease(): Effect.Effect<never> {
    return Effect.gen({ self: this }, function*() {
      for (let delay_ms = limits.registrationRetryBase_ms; ;) {
        const isOwned = yield* this.#renewAFewTimes()
        if (!isOwned) {
          yield* Effect.sleep(delay_ms)
          delay_ms = Math.min(delay_ms * 2, limits.registrationRetry_max_ms)
          continue
        }
        const jitter = 1 + limits.nodeLeaseJitter * this.#on.draws.unit("kubelet/lease", this.name)
        yield* Effect.sleep(nodeLeaseRenewInterval_ms * jitter)
      }
    })
  }
  /** False when there is no lease, and no Node yet to own one. */
  #renewAFewTimes(): Effect.Effect<boolean> {
    return Effect.gen({ self: this }, function*() {
      for (let attempt = 0; attempt < limits.nodeLeaseUpdateRetries_max; attempt++) {
        const outcome = yield* Effect.match(this.#renewOnce(), {
          onSuccess: (isOwned) => isOwned,
          onFailure: () => {
            // What is stored is not known any more: read it before the next try.
            this.#lease = undefined
            if (attempt > 0) this.#on.client.disconnect()
            return undefined
          }
        })
        if (outcome !== undefined) return outcome
        yield* Effect.sleep(limits.nodeLeaseRetryBase_ms * 2 ** attempt)
      }
      return true
    })
  }
  #renewOnce(): Effect.Effect<boolean, ApiError> {
    const { client, process } = this.#on
    return Effect.gen({ self: this }, function*() {
      const spec = {
        holderIdentity: this.name, leaseDurationSeconds: nodeLeaseDuration_s, renewTime: microTimeOf(process.wall_ms())
      }
      const options = { timeout_ms: nodeLeaseRenewInterval_ms }
      this.#lease ??= yield* Effect.matchEffect(client.get("leases", leaseNamespace, this.name, options), {
        onSuccess: (lease) => Effect.succeed<Lease | undefined>(lease),
        onFailure: (error) => error._tag === "NotFound" ? Effect.succeed(undefined) : Effect.fail(error)
      })
      if (this.#lease === undefined && !this.isRegistered) return false
      this.#lease = this.#lease === undefined
        ? yield* client.create("leases", {
          apiVersion: "coordination.k8s.io/v1", kind: "Lease", spec,
          metadata: { name: this.name, namespace: leaseNamespace }
        })
        : yield* client.update("leases", { ...this.#lease, spec }, options)
      return true
    })
  }
}
