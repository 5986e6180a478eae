/** The wire between a client and an API server: frames on a connection to "api-server" (the load balancer). */
import type { ApiObject, GivenObject, Resource } from "#model/kinds.ts"
import type { Binding } from "#model/objects/pod.ts"
import type { Status } from "#model/objects/status.ts"

export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}
/** "metadata.name=a,spec.nodeName=n1,status.phase!=Failed": supported keys are those that some component uses. */
export type FieldSelector = string
/** "app=web,tier=front": equality only. */
export type LabelSelector = string

/** How unknown fields and doubled ones are taken; Kubernetes' default is Warn. */
export type FieldValidation = "Strict" | "Warn" | "Ignore"
export type PatchType = "merge" | "json" | "strategic"
export type PropagationPolicy = "Background" | "Foreground" | "Orphan"
interface WriteOptions {
  /** Everything is done but the write itself. */
  readonly dryRun?: boolean
}
interface BodyOptions extends WriteOptions {
  readonly fieldValidation?: FieldValidation
}
interface DeleteOptions extends WriteOptions {
  readonly gracePeriodSeconds?: number
  readonly preconditions?: Preconditions
  readonly propagationPolicy?: PropagationPolicy
}

export type Request =
  | { readonly verb: "get"; readonly resource: Resource; readonly namespace: string; readonly name: string
      readonly resourceVersion?: string }
  | { readonly verb: "list"; readonly resource: Resource; readonly namespace?: string
      readonly fieldSelector?: FieldSelector; readonly labelSelector?: LabelSelector
      readonly resourceVersion?: string; readonly resourceVersionMatch?: "Exact" | "NotOlderThan" }
  | { readonly verb: "watch"; readonly resource: Resource; readonly namespace?: string
      readonly fieldSelector?: FieldSelector; readonly labelSelector?: LabelSelector
      readonly resourceVersion?: string; readonly resourceVersionMatch?: "NotOlderThan"
      readonly sendInitialEvents?: boolean; readonly allowWatchBookmarks?: boolean; readonly timeoutSeconds?: number }
  | { readonly verb: "create"; readonly resource: Resource; readonly namespace: string
      readonly object: GivenObject } & BodyOptions
  | { readonly verb: "create"; readonly resource: "pods"; readonly subresource: "binding"
      readonly namespace: string; readonly name: string; readonly object: Binding } & WriteOptions
  | { readonly verb: "update"; readonly resource: Resource; readonly subresource?: "status" | "finalize"
      readonly namespace: string; readonly name: string; readonly object: GivenObject } & BodyOptions
  /**
   * JSON merge patch (RFC 7386) unless `type` says else. With metadata.resourceVersion in the patched object it is
   * conditional on it.
   */
  | { readonly verb: "patch"; readonly resource: Resource; readonly subresource?: "status"; readonly type?: PatchType
      readonly namespace: string; readonly name: string; readonly patch: object } & BodyOptions
  | { readonly verb: "delete"; readonly resource: Resource; readonly namespace: string
      readonly name: string } & DeleteOptions
  /** Every object that matches, one after the other; not in one write. */
  | { readonly verb: "deletecollection"; readonly resource: Resource; readonly namespace?: string
      readonly fieldSelector?: FieldSelector; readonly labelSelector?: LabelSelector } & DeleteOptions

export type ClientFrame =
  | { readonly type: "request"; readonly id: number; readonly userAgent: string; readonly request: Request }
  /** The client is no longer interested in the stream or answer. */
  | { readonly type: "cancel"; readonly id: number }

export type WatchFrameEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: ApiObject }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | { readonly type: "ERROR"; readonly status: Status }

export type ServerFrame =
  | { readonly type: "object"; readonly id: number; readonly code: number; readonly object: ApiObject
      /** In Kubernetes' words, as the header Warning tells them. */
      readonly warnings?: ReadonlyArray<string> }
  | { readonly type: "list"; readonly id: number; readonly resourceVersion: string
      readonly items: ReadonlyArray<ApiObject> }
  | { readonly type: "status"; readonly id: number; readonly status: Status }
  /** A watch was accepted; events follow. */
  | { readonly type: "watching"; readonly id: number }
  | { readonly type: "event"; readonly id: number; readonly event: WatchFrameEvent }
  /** The watch ended: its time-out passed, the server is shutting down, or the watcher was too slow. */
  | { readonly type: "watchClosed"; readonly id: number }
