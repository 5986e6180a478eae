/**
 * controller/recent: what a controller may have had before its eyes. It acts on copies that are a little old, so a
 * write is held against all that its objects have been for a while. Where that while is not wholly known (a recording
 * has just begun), or somebody new has just begun to lead, who may act on what another had under way, nothing is
 * judged.
 *
 * Leans on committed objects alone, so that a recorded cluster can be judged.
 */
import type { Line } from "#model/events.ts"
import type { Lease } from "#model/objects/lease.ts"
import type { Moment, View } from "#properties/history/kept.ts"
import type { KeptResource } from "#model/observed.ts"
import type { History, Part } from "#properties/history.ts"

/** A watch's delay, a sync, and its requests one after the other. */
export const lag_ms = 10_000 // ASSUMED
/** Whoever was stopped and has not noticed that it leads no more writes for so long after another has taken over. */
const handover_ms = 60_000 // ASSUMED

const controllerManagers = "kube-system/kube-controller-manager"

/** Of whom it is not known what they were before, and when the controllers' lease last passed to another. */
export class Eyes implements Part {
  readonly hears = ["object.seen", "object.updated"] as const
  readonly #moment: Moment
  readonly #handovers: Array<{ readonly seq: number; readonly at_ms: number }> = []
  readonly #sights = new Map<string, number>()

  constructor(moment: Moment) {
    this.#moment = moment
  }

  hear({ at_ms, entity, event, seq }: Line): void {
    if (event.type === "object.seen") this.#sights.set(entity, at_ms)
    if (event.type !== "object.updated" || event.resource !== "leases") return
    if (!event.key.endsWith(controllerManagers)) return
    const holderOf = (lease: unknown): string | undefined => (lease as Lease).spec.holderIdentity
    if (holderOf(event.previous) !== holderOf(event.object)) this.#handovers.push({ seq, at_ms })
  }

  /** What the owner and its own have been for a while is known, and nobody else has led meanwhile. */
  areClear(at_ms: number, owner: string, within_ms = lag_ms): boolean {
    if (at_ms - (this.#sights.get(owner) ?? -Infinity) < within_ms) return false
    return !this.#handovers.some((one) => one.seq <= this.#moment.seq && at_ms - one.at_ms < handover_ms)
  }
}

/** All that it has been in the last while, the newest first; undefined stands for that it was not there. */
export function* lately<T, By extends string>(
  view: View<T, By>, uid: string, at_ms: number, within_ms = lag_ms
): Generator<T | undefined> {
  const versions = view.versions(uid)
  for (let place = versions.length - 1; place >= 0; place--) {
    yield versions[place]!.object
    if (at_ms - versions[place]!.at_ms > within_ms) return
  }
  yield undefined
}

/** The same of whoever had that name. */
export function* latelyNamed<T, By extends string>(
  view: View<T, By>, key: string, at_ms: number, within_ms = lag_ms
): Generator<T | undefined> {
  for (const version of view.history(key)) {
    yield version.object
    if (at_ms - version.at_ms > within_ms) return
  }
  yield undefined
}

export const wasLately = <T, By extends string>(
  view: View<T, By>, uid: string, at_ms: number, is: (object: T) => boolean
): boolean => {
  for (const object of lately(view, uid, at_ms)) if (object !== undefined && is(object)) return true
  return false
}

/**
 * The revisions at which what it owned changed in the last while, and those just before, the newest first: one of them
 * is what a copy had come to, since a watch tells all of a kind in order. Mostly the first is it.
 */
export function* revisionsLately(
  history: History, of: KeptResource, owns: "pods" | "replicasets", { at_ms, entity, event }: Line
): Generator<number> {
  const { revision: newest } = event as { readonly revision: number }
  yield newest
  const isLate = (version: { readonly at_ms: number }): boolean => at_ms - version.at_ms <= lag_ms
  const told = new Set([newest])
  const known = new Set<string>()
  const comeToKnow = (revision: number): ReadonlyArray<number> => {
    const owned = history.at(revision)[owns].by("owner", entity) as
      ReadonlyArray<{ readonly metadata: { readonly uid: string } }>
    const strangers = owned.map(({ metadata }) => metadata.uid).filter((uid) => !known.has(uid))
    for (const uid of strangers) known.add(uid)
    return strangers.flatMap((uid) => history.now[owns].versions(uid).filter(isLate)
      .flatMap((version) => [version.revision, version.revision - 1]))
  }
  // Who comes to be known tells of revisions at which others may have been there.
  let next = [newest, ...history.now[of].versions(entity).filter(isLate).map(({ revision }) => revision)]
    .flatMap(comeToKnow)
  while (next.length > 0) {
    const fresh = [...new Set(next)].filter((revision) => !told.has(revision)).toSorted((a, b) => b - a)
    for (const revision of fresh) {
      told.add(revision)
      yield revision
    }
    next = fresh.flatMap(comeToKnow)
  }
}
