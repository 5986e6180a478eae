/**
 * api-server.watch: one watch of one client, as the server tells it.
 *
 * States: opening, waitingForBookmark, live, bookmarking, closed, refused (initial: opening).
 * Time:   a bookmark comes no earlier than bookmarkPeriod_ms after the last one or bookmarkBeforeDeadline_ms before the
 *         end; the time-out ends a watch no earlier than was agreed.
 * Errors: a revision that the history no longer holds: refused, Expired. One that the cache does not reach: Timeout.
 * Source: reference 3.4, 12.4; apiserver storage/cacher/{cacher,cache_watcher}.go, v1.36.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { bookmarkBeforeDeadline_ms, bookmarkPeriod_ms } from "#model/limits/api-server.ts"
import { clockGrain_ms } from "#model/limits/client.ts"
import { typed } from "#model/typed.ts"

const limits = { bookmarkBeforeDeadline_ms, bookmarkPeriod_ms }
type Event = Judged<EventOf<"serverWatch">>
interface Context {
  readonly limits: typeof limits
  /** Everything up to it is known to have been sent. */
  readonly revision: number
  readonly required: number
  readonly bookmarkedAt_ms: number
  readonly deadline_ms: number
}
interface Args { readonly context: Context; readonly event: Event }

type Opened = Extract<Event, { readonly type: "serverWatch.opened" }>
const { take, when } = typed<Context, Event>()

const isOpening = ({ from, initial, timeout_ms }: Opened): boolean => timeout_ms > 0 && from >= 0
  && (initial === undefined || initial.versions <= initial.count * from)
const goesForward = (context: Context, event: Event): boolean =>
  "revision" in event && event.revision >= context.revision
const isDue = (at_ms: number, event: Event): boolean => event.clock_ms + clockGrain_ms >= at_ms

export const watch = setup({
  types: {
    context: {} as Context,
    input: {} as { readonly limits?: Partial<typeof limits> },
    events: {} as Event
  },
  guards: {
    opensLive: when("serverWatch.opened", (_context, event) =>
      isOpening(event) && event.required === 0 && !event.bookmarks),
    opensWithBookmarks: when("serverWatch.opened", (_context, event) =>
      isOpening(event) && event.required === 0 && event.bookmarks),
    /** Only a watch that begins with the state of things has an end of that to tell. */
    opensWithInitialEvents: when("serverWatch.opened", (_context, event) =>
      isOpening(event) && event.required > 0 && event.initial !== undefined && event.bookmarks),
    isRightlyRefused: ({ event }: Args) => event.type === "serverWatch.refused" && (
      event.reason === "Expired" ? event.requested < event.oldest
        : event.reason === "Timeout" ? event.requested > event.current : event.current === 0),
    hasReachedRequired: ({ context, event }: Args) => event.type === "serverWatch.synced"
      && goesForward(context, event) && event.revision >= context.required,
    isBookmarkDue: ({ context, event }: Args) => event.type === "serverWatch.bookmarked"
      && event.revision > context.revision && event.events > 0
      && (isDue(context.bookmarkedAt_ms + context.limits.bookmarkPeriod_ms, event)
        || isDue(context.deadline_ms - context.limits.bookmarkBeforeDeadline_ms, event)),
    mayClose: ({ context, event }: Args) => event.type === "serverWatch.closed" && goesForward(context, event)
      && (event.reason !== "timeout" || isDue(context.deadline_ms, event))
  },
  actions: {
    begin: assign(take("serverWatch.opened", (_context, { clock_ms, from, required, timeout_ms }) =>
      ({ revision: from, required, bookmarkedAt_ms: clock_ms, deadline_ms: clock_ms + timeout_ms }))),
    noteSync: assign(({ context, event }) => ("revision" in event ? { revision: event.revision } : context)),
    noteBookmark: assign(({ context, event }) =>
      ("revision" in event ? { revision: event.revision, bookmarkedAt_ms: event.clock_ms } : context))
  }
}).createMachine({
  id: "watch",
  context: ({ input }) => ({
    limits: { ...limits, ...input?.limits }, revision: 0, required: 0, bookmarkedAt_ms: 0, deadline_ms: 0
  }),
  initial: "opening",
  states: {
    opening: {
      description: "Asked for; maybe waits for the cache to be new enough.",
      on: {
        "serverWatch.opened": [
          { guard: "opensLive", target: "live", actions: "begin" },
          { guard: "opensWithBookmarks", target: "bookmarking", actions: "begin" },
          { guard: "opensWithInitialEvents", target: "waitingForBookmark", actions: "begin" }
        ],
        "serverWatch.refused": { guard: "isRightlyRefused", target: "refused" }
      }
    },
    waitingForBookmark: {
      description: "The initial objects are sent; the cache has not reached the revision that was required.",
      on: {
        "serverWatch.synced": { guard: "hasReachedRequired", target: "bookmarking", actions: "noteSync" },
        "serverWatch.closed": { guard: "mayClose", target: "closed" }
      }
    },
    live: {
      description: "Each matching change is sent once, in the order of revisions.",
      on: { "serverWatch.closed": { guard: "mayClose", target: "closed" } }
    },
    bookmarking: {
      description: "The same; from time to time the client is told how far it has come.",
      on: {
        "serverWatch.bookmarked": { guard: "isBookmarkDue", target: "bookmarking", actions: "noteBookmark" },
        "serverWatch.closed": { guard: "mayClose", target: "closed" }
      }
    },
    closed: { description: "Ended; the client goes on from where it was.", type: "final", tags: "gone" },
    refused: { description: "Never began.", type: "final", tags: "gone" }
  }
})
