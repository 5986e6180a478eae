/**
 * api-server/parts: the behaviours that a planted bug replaces, one function each. Spec: model/api-server.ts.
 */
import { checkBinding } from "#impl/api-server/binding.ts"
import { decideDeletion } from "#impl/api-server/deletion.ts"
import { checkPreconditions } from "#impl/api-server/preconditions.ts"
import type { Selector } from "#impl/api-server/selectors.ts"
import type { CacheEvent, WatchCache } from "#impl/api-server/watch-cache.ts"
import type { Compare } from "#impl/ports/etcd.ts"
import type { ApiObject } from "#model/kinds.ts"
import { equal } from "#model/objects/equality.ts"

export const defaultParts = {
  /** What a list with resourceVersion 0 returns. */
  listAnyAge: (cache: WatchCache, selector: Selector): ReadonlyArray<ApiObject> => cache.list(selector),
  /** Whether the cache has caught up with the revision that a reader demands. */
  isFresh: (cache: WatchCache, revision: number): boolean => cache.revision >= revision,
  /** The position in the cache's history at which a watch from `revision` begins. */
  watchStart: (cache: WatchCache, revision: number): number => cache.positionAfter(revision),
  /** Takes a change from etcd into the cache; false when the change is not passed on to watchers either. */
  applyEvent: (cache: WatchCache, event: CacheEvent): boolean => {
    cache.apply(event)
    return true
  },
  /** The condition under which etcd writes over what was read at `revision` (0: nothing was there). */
  compareRevision: (key: string, revision: number): ReadonlyArray<Compare> =>
    [{ key, target: "mod", equals: revision }],
  /** The client's own conditions on the object as it is now. */
  checkPreconditions,
  decideDeletion,
  checkBinding,
  /** Whether a write would change nothing. */
  isUnchanged: (before: ApiObject, after: ApiObject): boolean => equal(before, after)
}
export type Parts = typeof defaultParts
