/** Invariants 1 to 35: etcd and the API server. Part of model/invariants.ts. */
import { liveness, notPromised, safety } from "#model/invariants/invariant.ts"

const robustness = "etcd-io/etcd tests/robustness/validate, v3.8"
const raft = "etcd-io/raft tla/etcdraft.tla"
const store = "apiserver storage/etcd3/store.go, v1.36"
const cacher = "apiserver storage/cacher, v1.36"

export const etcd = {
  1: safety("the store's revision goes up by one with each transaction that changes it, and never back", robustness,
    "the data was restored from a backup"),
  2: safety("each operation on etcd takes effect at one instant between its call and its answer", robustness,
    "a read asked for serializable data", "the member was paused (etcd-io/etcd#20418)"),
  3: safety("a watch is sent changes in the order of their revisions", robustness),
  4: safety("a watch is sent no change twice", robustness, "its client lists or watches anew"),
  5: safety("a watch is sent every change between any two that it is sent", robustness,
    "the stream ends; its client then goes on from where it was, or is told that it cannot"),
  6: safety("the changes of one revision reach a watch in one piece", robustness, "fragments were asked for"),
  7: safety("a watch can go on after the last revision that it saw", robustness, "that revision was compacted"),
  8: safety("who is told that a watch stands at a revision has been sent all that came before it", robustness,
    "etcd-io/etcd#15220"),
  9: safety("a transaction does all of one of its branches at one revision, and nothing of the other",
    "etcd.io docs, API guarantees"),
  10: safety("a term of raft has at most one leader, and each member gives one vote in it", raft),
  11: safety("what was committed stays so as long as a majority keeps its data", raft,
    "a majority lost its disks", "a new cluster was forced out of one member"),
  12: liveness("while a majority is up and hears each other somebody leads, and proposals are committed",
    "Ongaro's thesis; etcd-io/raft raft.go", "a partition is one-way and neither CheckQuorum nor PreVote is on"),
  13: safety("a lease lives at least for its time, and all of its keys go in one revision",
    "etcd-io/etcd server/lease, v3.8", "it lives longer when the leader changes")
} as const

export const apiServer = {
  14: safety("an object's resourceVersion goes up with each change of it, its deletion included",
    "kubernetes.io api-concepts; KEP-5504", "the data was restored from a backup",
    "the objects are kept in different stores"),
  15: safety("a write that names a resourceVersion is committed only while the stored object has it",
    `${store} GuaranteedUpdate`, "the write names none: then it may overwrite what it has not seen"),
  16: safety("a write that would change nothing makes no revision and no event", `${store} GuaranteedUpdate`,
    "the stored form is outdated: it is written in the new one"),
  17: safety("of one resource there is one object of a name in a namespace", `${store} Create`),
  18: safety("a uid is given once and never changes: who comes later under the same name has another",
    "apiserver registry/rest/meta.go, v1.36", "the kubelet gives static pods their uid"),
  19: safety("a deletion that demands a uid or resourceVersion removes nothing else",
    "apiserver registry/rest/delete.go, v1.36"),
  20: safety("a deletionTimestamp that is set stays set, and the grace only shrinks",
    "apiserver registry/rest/delete.go, v1.36"),
  21: safety("an object that has finalizers is not removed", store,
    "it cannot be read and an administrator accepts the damage", "somebody writes etcd directly"),
  22: safety("an object that is being deleted gets no finalizer that it had not",
    "apimachinery api/validation/objectmeta.go, v1.36"),
  23: safety("generation goes up with a change of the spec or the first deletion and only then, and no status " +
    "claims to have observed a later one", "kubernetes pkg/registry, strategies, v1.36", "a user wrote the status"),
  24: safety("a write of the spec leaves the status as it is, and a write of the status the spec",
    "kubernetes pkg/registry, strategies, v1.36", "the kind has no status subresource"),
  25: safety("a list without a resourceVersion holds every write that was answered before it began",
    "KEP-2340; apiserver storage/cacher/delegator.go, v1.36"),
  26: safety("a list is the state of things at exactly one revision, over all of its pages",
    "KEP-4988; apiserver storage/cacher/delegator.go, v1.36", "its continuation was compacted and goes on later"),
  27: safety("a watch shows each matching change after its start once and in order, and what enters or leaves its " +
    "selection as added or deleted", cacher, "the stream is closed, at any time; it never leaves one out"),
  28: safety("who asks for history that is gone is told so, and is never given a gap", cacher),
  29: safety("a bookmark comes after all matching changes up to its revision", cacher, "it does not come at all"),
  30: safety("a read that names a resourceVersion shows that one or a newer one, or is refused",
    "apiserver storage/cacher/watch_cache.go, v1.36", "it names 0: then any age will do"),
  31: notPromised("reads of resourceVersion 0 from several API servers never go back in time",
    "kubernetes/kubernetes#59848"),
  32: safety("admission runs in its order, and who validates sees the object as it will be stored",
    "apiserver admission/plugin, v1.36", "webhooks that came before a later change are asked once more"),
  33: safety("creations that quota admitted keep its usage within its bounds",
    "kubernetes plugin/pkg/admission/resourcequota, v1.36", "used is too high until the next look",
    "the bound was lowered below what exists", "one of two quotas was charged in vain"),
  34: safety("nothing is created in a namespace that is going or gone",
    "NamespaceLifecycle; pkg/controller/namespace, v1.36", "the API server's cached phase is old"),
  35: safety("the token of a pod that is gone opens nothing", "kubernetes pkg/serviceaccount/claims.go, v1.36",
    "an authenticator remembers it for seconds", "tokens with the long lifetime for old clients")
} as const
