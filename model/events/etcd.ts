/**
 * Events of etcd: raft's roles and votes, what each member applied, the life of a member's data, watches as the
 * member serves them; and the operations on keys as etcd's only client, the API server, saw them.
 */
import { Schema } from "effect"

const text = Schema.String
const number = Schema.Number

export const EtcdEvent = [
  // Ground truth, actor "etcd", chart "etcd.history", entity: the key.
  /** An API server took its turn to compact: what is older than `compacted` may go. It is a revision like any other. */
  Schema.Struct({ type: Schema.tag("history.marked"), key: text, revision: number, compacted: number }),

  // Actor "etcd/<n>", chart "etcd.raft", entity: the member's name. A member is called by its process's name.
  /** Came back (or up for the first time) as a follower, with what its disk held. `vote`: "" for none. */
  Schema.Struct({ type: Schema.tag("raft.recovered"), term: number, vote: text, lastIndex: number, applied: number,
    appliedTerm: number, revision: number, members: number }),
  /** No word from a leader for the (random) election timeout: asks for pre-votes. */
  Schema.Struct({ type: Schema.tag("raft.electionTimedOut"), term: number }),
  /** A majority would vote for it: raised its term, voted for itself, asks for votes. */
  Schema.Struct({ type: Schema.tag("raft.campaigned"), term: number, voters: Schema.Array(text) }),
  Schema.Struct({ type: Schema.tag("raft.elected"), term: number, voters: Schema.Array(text) }),
  /** Is a follower in this term, of `leader` ("" while it is not known). */
  Schema.Struct({ type: Schema.tag("raft.followed"), term: number, leader: text }),
  /** A majority rejected its candidacy. */
  Schema.Struct({ type: Schema.tag("raft.outvoted"), term: number }),
  /** Check-quorum: the leader did not hear from a majority for a whole election timeout, and stepped down. */
  Schema.Struct({ type: Schema.tag("raft.quorumLost"), term: number }),
  /** A real vote, durable before this line. Pre-votes bind nobody and make no line. */
  Schema.Struct({ type: Schema.tag("vote.granted"), term: number, candidate: text }),
  /**
   * Chart "etcd.disk". The member's disk has these entries of `term`; what it had from there on is overwritten.
   * `found`: they were there when it started. `inTerm`: the member's term when it accepted them, or came back, if that
   * is a later one.
   */
  Schema.Struct({ type: Schema.tag("entry.persisted"), from: number, to: number, term: number,
    inTerm: Schema.optionalKey(number), found: Schema.optionalKey(Schema.Boolean) }),
  /** A committed entry was applied. `proposal` is "" for the empty entry of a new leader. */
  Schema.Struct({ type: Schema.tag("entry.applied"), index: number, term: number, revision: number, proposal: text }),

  // Actor "etcd/<n>", chart "etcd.member", entity: the member's name.
  /** Made its data directory; later than at its first start only when every peer says that it never took part. */
  Schema.Struct({ type: Schema.tag("member.bootstrapped"), members: Schema.Array(text),
    isUnknownToPeers: Schema.Boolean }),
  /** Replayed its write-ahead log. */
  Schema.Struct({ type: Schema.tag("member.recovered"), lastIndex: number, records: number }),
  /** The data of an existing member is gone ("empty") or damaged ("corrupt"): it must not take part again. */
  Schema.Struct({ type: Schema.tag("member.dataLost"), reason: Schema.Literals(["empty", "corrupt"]) }),
  /** The torn end of the log, which nobody was told of, was left out of the replay; `records` are left. */
  Schema.Struct({ type: Schema.tag("wal.truncated"), records: number, cut: number }),
  /** A write or fsync failed: what is durable is not known any more, so the process must end. */
  Schema.Struct({ type: Schema.tag("wal.failed"), reason: text }),

  // Actor "etcd/<n>", chart "etcd.watch", entity: "<connection's number>/<watch id>".
  Schema.Struct({ type: Schema.tag("etcdWatch.opened"), client: text, prefix: text, startRevision: number,
    revision: number }),
  /** All the watch's events of one revision, in one piece. */
  Schema.Struct({ type: Schema.tag("etcdWatch.sent"), revision: number, keys: Schema.Array(text) }),
  /** Told the watcher that everything up to `revision` has been sent. */
  Schema.Struct({ type: Schema.tag("etcdWatch.progressed"), revision: number }),
  Schema.Struct({ type: Schema.tag("etcdWatch.canceled"), reason: Schema.Literals(["compacted", "noLeader"]),
    compactRevision: number }),
  /** The client cancelled it or its connection ended. */
  Schema.Struct({ type: Schema.tag("etcdWatch.closed") }),

  // Actor "api-server/<n>", chart "etcd.request", entity: `id`. Operations on single keys, for linearizability.
  Schema.Struct({ type: Schema.tag("kv.invoked"), id: text, key: text,
    kind: Schema.Literals(["put", "delete", "txn", "get", "range"]),
    /** The mod revision that a conditional write demands; 0: the key must be absent. Absent: unconditional. */
    expected: Schema.optionalKey(number),
    /** Identifies what is written, e.g. uid and generation; only for the reader of a trace. */
    value: Schema.optionalKey(text),
    linearizable: Schema.Boolean }),
  /**
   * ok: it took effect (a conditional write: its condition held) or was read. failed: the condition did not hold.
   * unknown: no answer; it may take effect at any later time, or never.
   * `revision`: the answer's header. `modRevision`: of the key as written, as read, or as found by the failed
   * condition; 0: absent. A delete's own revision is its `revision`.
   */
  Schema.Struct({ type: Schema.tag("kv.returned"), id: text, outcome: Schema.Literals(["ok", "failed", "unknown"]),
    revision: number, modRevision: Schema.optionalKey(number) })
] as const
