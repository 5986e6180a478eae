/**
 * How a fiber waits for the world: like Effect.callback, at half its price, since sleeping and taking are the hottest
 * things that fibers do. It is what Effect.yieldNowWith does, with a cancellation. The two methods of the fiber that
 * it calls are not in Effect's public types; the version of effect is pinned, and the tests beside this file hold it.
 */
import { type Effect, Effectable, type Fiber } from "effect"

interface Waiting {
  readonly evaluate: (effect: Effect.Effect<unknown, unknown>) => void
  readonly yieldWith: (leave: () => void) => Effect.Effect<never>
}

/** Begins to wait, and returns what to do when the fiber waits no longer (resumed or interrupted). */
type Register<A, E> = (resume: (result: Effect.Effect<A, E>) => void) => () => void

type Suspended = Effect.Effect<unknown, unknown> & { readonly register: Register<unknown, unknown> }

const prototype = Effectable.Prototype<Suspended>({
  label: "Suspension",
  evaluate(fiber: Fiber.Fiber<unknown, unknown>) {
    const waiting = fiber as unknown as Waiting
    let waits = true
    const leave = this.register((result) => {
      if (!waits) return
      waits = false
      waiting.evaluate(result)
    })
    return waiting.yieldWith(() => {
      waits = false
      leave()
    })
  }
})

/** `resume` must be called later, never by `register` itself; after `leave` it does nothing. */
export const suspension = <A, E = never>(register: Register<A, E>): Effect.Effect<A, E> => {
  const effect = Object.create(prototype)
  effect.register = register
  return effect
}
