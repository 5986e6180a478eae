/**
 * Mailboxes and one-shot cells. Waking goes through the run queue of the owner, so a chain of wake-ups never nests,
 * a dead owner is never woken, and the waiter continues the causal thread of the sender.
 */
import { Effect, Exit } from "effect"
import type { Cell, Mailbox } from "#impl/ports.ts"
import type { ProcessScheduler } from "#impl/sim/scheduler.ts"
import { suspension } from "#impl/sim/suspension.ts"

export class SimMailbox<A> implements Mailbox<A> {
  readonly #owner: ProcessScheduler
  #values: Array<A | undefined> = []
  #causes: Array<number> = []
  #head = 0
  #waiter: ((effect: Effect.Effect<A>) => void) | undefined
  #waking = false

  constructor(owner: ProcessScheduler) {
    this.#owner = owner
  }

  get size(): number {
    return this.#values.length - this.#head
  }

  readonly send = (value: A): void => {
    this.#values.push(value)
    this.#causes.push(this.#owner.kernel.cause)
    if (this.#waiter !== undefined && !this.#waking) {
      this.#waking = true
      this.#owner.schedule(this.#wake)
    }
  }

  readonly poll = (): A | undefined => (this.size > 0 ? this.#shift() : undefined)

  readonly take: Effect.Effect<A> = Effect.suspend(() => (this.size > 0 ? Effect.succeed(this.#shift()) : this.#wait))

  /** A value is taken only here, so a waiter that was interrupted after it was woken loses none. */
  readonly #wake = (): void => {
    this.#waking = false
    const waiter = this.#waiter
    if (waiter === undefined || this.size === 0) return
    this.#waiter = undefined
    waiter(Exit.succeed(this.#shift()))
  }

  readonly #wait = suspension<A>((resume) => {
    if (this.#waiter !== undefined) throw new Error(`a mailbox of ${this.#owner.name} has two takers`)
    this.#waiter = resume
    if (this.size > 0 && !this.#waking) {
      this.#waking = true
      this.#owner.schedule(this.#wake)
    }
    return () => {
      if (this.#waiter === resume) this.#waiter = undefined
    }
  })

  #shift(): A {
    const value = this.#values[this.#head] as A
    this.#owner.kernel.cause = this.#causes[this.#head]!
    this.#values[this.#head++] = undefined
    if (this.#head === this.#values.length) {
      this.#values.length = 0
      this.#causes.length = 0
      this.#head = 0
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#values.length) {
      this.#values = this.#values.slice(this.#head)
      this.#causes = this.#causes.slice(this.#head)
      this.#head = 0
    }
    return value
  }
}

export class SimCell<A, E> implements Cell<A, E> {
  readonly #owner: ProcessScheduler
  #result: Exit.Exit<A, E> | undefined
  #waiters: Array<(effect: Effect.Effect<A, E>) => void> = []

  constructor(owner: ProcessScheduler) {
    this.#owner = owner
  }

  get isDone(): boolean {
    return this.#result !== undefined
  }

  readonly succeed = (value: A): void => this.#done(Exit.succeed(value))
  readonly fail = (error: E): void => this.#done(Exit.fail(error))

  readonly await: Effect.Effect<A, E> = Effect.suspend(() => this.#result ?? this.#wait)

  readonly #wait = suspension<A, E>((resume) => {
    this.#waiters.push(resume)
    return () => {
      const i = this.#waiters.indexOf(resume)
      if (i >= 0) this.#waiters.splice(i, 1)
    }
  })

  #done(result: Exit.Exit<A, E>): void {
    if (this.#result !== undefined) return
    this.#result = result
    const waiters = this.#waiters
    this.#waiters = []
    for (const resume of waiters) this.#owner.schedule(() => resume(result))
  }
}
