/** Planted bugs of raft and the store. */
import { mayVote } from "#impl/etcd/election.ts"
import { answerRead } from "#impl/etcd/replication.ts"
import type { Bug } from "#properties/harness/strength/bugs/bug.ts"

export const bugs: ReadonlyArray<Bug> = [{
  id: "ETCD-18",
  source: "Jepsen: etcd 0.4.1 (2014)",
  mechanism: "the leader answers reads locally, without asking a majority whether it still leads",
  violates: ["S-LIN"],
  names: [2, 25],
  parts: { etcd: { readIndex: (raft, from, id) => answerRead(raft, from, id, raft.commit) } }
}, {
  id: "RAFT-03",
  source: "Ongaro and Ousterhout 2014, figure 8; CCF NSDI'25, commit advance for a previous term",
  mechanism: "a leader counts the replicas of an earlier term's entry as its commitment",
  violates: ["S-RAFT-LC", "S-DURABLE"],
  names: [11, "etcd.raft"],
  parts: { etcd: { mayCommit: () => true } }
}, {
  id: "RAFT-07",
  source: "CCF, tests/raft_scenarios/former_candidate_double_vote",
  mechanism: "a candidate that stepped down votes again in the same term",
  violates: ["S-RAFT-ELECT"],
  names: [10, "etcd.raft"],
  parts: {
    etcd: {
      mayVote: (raft, from, message) =>
        mayVote(raft, from, message) || (raft.role === "follower" && raft.vote === raft.id && raft.leader === "")
    }
  }
}]
