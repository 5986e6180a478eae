/** history/bounds: bounds of time that several promises share, derived from the limits from which they follow. */
import { reflectorBackoff_max_ms } from "#model/limits/client.ts"
import { dialTimeout_ms } from "#model/limits/hardware.ts"
import { http2PingTimeout_ms, http2ReadIdle_ms, requestTimeout_ms } from "#model/limits.ts"

/** What stands before a timer, a slow clock, a request or two. */
const slack_ms = 15_000 // ASSUMED

/** A dead connection is known by its keep-alive. */
export const noticed_ms = http2ReadIdle_ms + http2PingTimeout_ms
/** And dialled anew, with what had piled up behind it done. */
export const reconnected_ms = noticed_ms + dialTimeout_ms
/** A reflector stands at its longest back-off, which is drawn up to twice that. */
export const relist_ms = 2 * reflectorBackoff_max_ms
/** Nothing has been wrong for so long: all informers know what there is. */
export const caughtUp_ms = reconnected_ms + relist_ms + slack_ms
/** What somebody had under way when something went wrong is done or given up, and everybody has heard of it. */
export const settled_ms = noticed_ms + reflectorBackoff_max_ms + requestTimeout_ms + slack_ms
