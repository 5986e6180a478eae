/**
 * etcd: the replicated store under the API server. Its charts stand in etcd/<chart>.ts, this is their face.
 *
 * States: see each chart: etcd.raft (role), etcd.disk (its log), etcd.member (data), etcd.history, etcd.watch,
 *         etcd.request (client's view).
 * Time:   elections only, see etcd.raft.
 * Errors: see each chart. Leases, snapshots, learners and membership come later as charts of their own.
 * Source: ../reference/kubernetes.md 2, 12.1.
 */
import { chart as disk } from "#model/etcd/disk.ts"
import { chart as history } from "#model/etcd/history.ts"
import { chart as member } from "#model/etcd/member.ts"
import { chart as raft } from "#model/etcd/raft.ts"
import { chart as request } from "#model/etcd/request.ts"
import { chart as watch } from "#model/etcd/watch.ts"

export const charts = {
  "etcd.raft": raft, "etcd.disk": disk, "etcd.member": member, "etcd.history": history, "etcd.watch": watch,
  "etcd.request": request
} as const
