/**
 * A moment of a run, named by what happens instead of by a time of the world: `delay_ms` after the nth line of this
 * type by this actor about this entity. What waits for it comes then, whenever that may be.
 *
 * A moment is to survive other chances and changes of timing, so it names only what does:
 *   - `actor`: a process, "machine/<name>" or "world"; or a component ("scheduler"), for whichever of its processes
 *     writes the line.
 *   - `of`: the entity, by its stable name (traces/names.ts): an object by its key, or, where its name was drawn, by
 *     its owner's and its place among those that were made for it ("pods/default/web-0-#2"); a container by its pod's
 *     and its own ("pods/default/solo-0/main"); a request by what it asks for ("patch pods default/web-0-#1").
 *     Absent: whatever the line is about.
 *   - `nth` counts such lines only, so whatever else happens, or is taken away, does not shift it.
 */
import { Schema } from "effect"

export const Moment = Schema.Struct({
  actor: Schema.String, event: Schema.String, of: Schema.optionalKey(Schema.String), nth: Schema.Number,
  delay_ms: Schema.Number
})
export type Moment = typeof Moment.Type
