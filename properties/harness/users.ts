/**
 * Users: processes outside of the cluster that carry out operations through the API, as kubectl does.
 *
 * A user reads before it writes where kubectl does, retries a lost race a few times, and otherwise takes what comes: an
 * error, or an answer that never arrives and leaves the outcome unknown. Operations run concurrently. What each kind of
 * operation is stands in users/.
 */
import { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import { reasonOf } from "#impl/client/errors.ts"
import { Process } from "#impl/ports.ts"
import type { Operation } from "#model/events/operations.ts"
import { perform } from "#properties/harness/users/table.ts"

/** Hears what users do; the harness journals it as lines of the world. */
export interface Report {
  readonly invoked: (operation: Operation) => void
  /** outcome: "ok", the Status reason, "unreachable", or "unknown". */
  readonly completed: (operation: Operation, outcome: string) => void
  /** The user is there: whoever knows its moments may begin further operations. */
  readonly ready: (begin: (operation: Operation) => void) => void
}

const outcomeOf = (operation: Operation): Effect.Effect<string, never, Client> =>
  Effect.map(Effect.result(perform(operation)), (result) => result._tag === "Success" ? "ok" : reasonOf(result.failure))

/** How long a persistent user waits before it tries again. */
const patience_ms = 5_000 // ASSUMED
/** What may pass: nobody answered, the server could not, or its answer was lost. */
const mayPass: ReadonlySet<string> = new Set(["unreachable", "unknown", "InternalError",
  "ServiceUnavailable", "Timeout", "TooManyRequests"])

/**
 * Tries again until there is an answer that counts, as whoever replays a production workload must: its pods did
 * come. A creation that took effect although its answer was lost is answered AlreadyExists: it is done.
 */
const persistently = (operation: Operation): Effect.Effect<string, never, Client> => Effect.gen(function*() {
  for (let isFirst = true; ; isFirst = false) {
    const outcome = yield* outcomeOf(operation)
    if (!isFirst && outcome === "AlreadyExists") return "ok"
    if (!mayPass.has(outcome)) return outcome
    yield* Effect.sleep(patience_ms)
  }
})

/** A user's process: begins each of its operations at its time, whatever became of the ones before. */
export const user = (
  operations: ReadonlyArray<Operation>, report: Report, isPersistent: boolean
): Effect.Effect<never, never, Client | Process> => Effect.gen(function*() {
  const process = yield* Process
  const context = yield* Effect.context<Client>()
  const begin = (operation: Operation) => {
    report.invoked(operation)
    process.fork(Effect.provideContext(
      Effect.map(isPersistent ? persistently(operation) : outcomeOf(operation),
        (outcome) => report.completed(operation, outcome)), context))
  }
  report.ready(begin)
  // Armed one after the other: a heap that holds ten thousand timers slows the whole run down.
  let next = 0
  const arm = () => {
    const operation = operations[next++]
    if (operation === undefined) return
    process.after(Math.max(0, operation.at_ms - process.monotonic_ms()), () => {
      begin(operation)
      arm()
    })
  }
  arm()
  return yield* Effect.never
})
