/**
 * The wire between an API server and etcd: frames on a connection to "etcd/<n>". Shapes follow etcd's v3 API
 * (Range, Txn, Watch); values travel by reference instead of as bytes.
 */
export interface KeyValue {
  readonly key: string
  readonly value: object
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
}

export interface Compare {
  readonly key: string
  readonly target: "mod" | "create" | "version"
  readonly equals: number
}
export type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: object }
  | { readonly type: "delete"; readonly key: string }
  | { readonly type: "range"; readonly key: string; readonly prefix?: boolean }

/** A branch of a transaction names each key once (ErrDuplicateKey), and one of them writes: nobody asks for else. */
export type Request =
  /** `revision` 0 or absent: latest. Linearizable unless `serializable`. */
  | { readonly type: "range"; readonly key: string; readonly prefix?: boolean; readonly revision?: number
      readonly limit?: number; readonly serializable?: boolean }
  | { readonly type: "txn"; readonly compare: ReadonlyArray<Compare>
      readonly success: ReadonlyArray<Operation>; readonly failure: ReadonlyArray<Operation> }
  /** Forgets what no read at this revision or later, and no watch from it, can ask for. */
  | { readonly type: "compact"; readonly revision: number }

export type OperationResult =
  | { readonly type: "put" }
  | { readonly type: "delete"; readonly deleted: number; readonly previous: ReadonlyArray<KeyValue> }
  | { readonly type: "range"; readonly kvs: ReadonlyArray<KeyValue> }

export type Response =
  /** `revision` is the store's revision at the answer (the header revision). */
  | { readonly type: "range"; readonly revision: number; readonly kvs: ReadonlyArray<KeyValue>; readonly more: boolean }
  | { readonly type: "txn"; readonly revision: number; readonly succeeded: boolean
      readonly results: ReadonlyArray<OperationResult> }
  | { readonly type: "compact"; readonly revision: number }
  /** The request had no effect: "noLeader", "futureRevision", "compacted". "timeout": the outcome is unknown. */
  | { readonly type: "error"; readonly code: "noLeader" | "timeout" | "futureRevision" | "compacted" }

export interface WatchEvent {
  readonly type: "put" | "delete"
  readonly kv: KeyValue
  /** Absent for a creation. */
  readonly previous?: KeyValue
}

export type ClientFrame =
  | { readonly type: "request"; readonly id: number; readonly request: Request }
  /** Events with revision >= startRevision of keys with the prefix. 0: from the next one on. */
  | { readonly type: "watch"; readonly id: number; readonly prefix: string; readonly startRevision: number }
  | { readonly type: "watchCancel"; readonly id: number }
  /** Asks every watch of the connection to confirm the member's revision. */
  | { readonly type: "progress" }

export type ServerFrame =
  | { readonly type: "response"; readonly id: number; readonly response: Response }
  | { readonly type: "watchCreated"; readonly id: number; readonly revision: number }
  /** All events of one or more revisions, never part of one. No events: a progress notification for `revision`. */
  | { readonly type: "watchEvents"; readonly id: number; readonly revision: number
      readonly events: ReadonlyArray<WatchEvent> }
  | { readonly type: "watchCanceled"; readonly id: number; readonly reason: "compacted" | "noLeader" | "closed"
      readonly compactRevision: number }
