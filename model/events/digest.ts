/**
 * A number for what a watch delivered, in order: the server counts what it sends, a property what it should have
 * sent, and neither needs a line per event.
 */
export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED"

const codes: Readonly<Record<WatchEventType, number>> = { ADDED: 1, MODIFIED: 2, DELETED: 3 }

export const emptyDigest = 17

/** The digest after one more event. The order counts. */
export const digested = (digest: number, type: WatchEventType, revision: number): number =>
  (Math.imul(digest, 31) + Math.imul(revision, 4) + codes[type]) >>> 0
