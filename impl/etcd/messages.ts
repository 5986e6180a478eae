/**
 * What raft keeps and sends. Spec: model/etcd.ts.
 *
 * Messages are datagrams (lost, duplicated, reordered); they carry neither sender nor receiver, so that one
 * heartbeat object serves every follower.
 */
import type { Request } from "#impl/ports/etcd.ts"

export type Command = Extract<Request, { readonly type: "txn" | "compact" }>

export interface Entry {
  readonly index: number
  readonly term: number
  /** "<member>#<incarnation>-<n>" of the proposer, unique for ever; "" for the empty entry of a new leader. */
  readonly proposal: string
  readonly command: Command | undefined
}

export type Message =
  /** A pre-vote asks about `term` without raising anybody's term. */
  | { readonly type: "preVote" | "vote"; readonly term: number; readonly lastIndex: number; readonly lastTerm: number }
  | { readonly type: "preVoteResponse" | "voteResponse"; readonly term: number; readonly granted: boolean }
  | Append
  /** Accepted: `index` is the last one known to match. Rejected: `hint` is where the logs may still agree. */
  | { readonly type: "appendResponse"; readonly term: number; readonly index: number; readonly rejected: boolean
      readonly hintIndex: number; readonly hintTerm: number }
  /** `read`: the latest read that waits for the leader to prove that it still leads; 0 for none. */
  | { readonly type: "heartbeat"; readonly term: number; readonly commit: number; readonly read: number }
  | { readonly type: "heartbeatResponse"; readonly term: number; readonly read: number }
  /** Forwarded to the leader. */
  | { readonly type: "propose"; readonly proposal: string; readonly command: Command }
  | { readonly type: "readIndex"; readonly id: number }
  | { readonly type: "readIndexResponse"; readonly id: number; readonly index: number }
  /** A member without data asks whether it has been a member before. */
  | { readonly type: "bootstrapQuery"; readonly nonce: number }
  | { readonly type: "bootstrapAnswer"; readonly nonce: number; readonly known: boolean }

export interface Append {
  readonly type: "append"
  readonly term: number
  readonly prevIndex: number
  readonly prevTerm: number
  readonly entries: ReadonlyArray<Entry>
  readonly commit: number
}

export interface Outbound {
  readonly to: string
  readonly message: Message
}

/** What must be durable before anybody is told. */
export interface HardState {
  readonly term: number
  /** "" for none. */
  readonly vote: string
  readonly commit: number
}
