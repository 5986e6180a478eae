/**
 * Spec: model/leader-election.ts. leader-election: one active instance among several, by a Lease.
 *
 * Line by line what client-go's LeaderElector does (tryAcquireOrRenew): time is local and monotonic, and only a change
 * of the record restarts it. It does not fence: requests of an old leader may still land after a new one began.
 */
import { Effect, Fiber } from "effect"
import { Client } from "#impl/client.ts"
import { Journal, type StateOf } from "#impl/journal.ts"
import { Draws, Process } from "#impl/ports.ts"
import type { EventOf } from "#model/events.ts"
import type { charts } from "#model/leader-election.ts"
import {
  electionJitter, electionRequestTimeout_ms, releasedLeaseDuration_s, slowRenewal_ms
} from "#model/limits/client.ts"
import { leaseDuration_ms, renewDeadline_ms, retryPeriod_ms } from "#model/limits.ts"
import type { GivenLease, Lease } from "#model/objects/lease.ts"
import { microTimeOf } from "#model/objects/time.ts"

type State = StateOf<(typeof charts)["leader-election.elector"]>
/** The record of the election is the spec of the Lease. */
type Election = Lease["spec"]

const namespace = "kube-system"
const isSameRecord = (a: Election | undefined, b: Election): boolean =>
  a !== undefined && a.holderIdentity === b.holderIdentity && a.renewTime === b.renewTime
  && a.acquireTime === b.acquireTime && a.leaseTransitions === b.leaseTransitions
  && a.leaseDurationSeconds === b.leaseDurationSeconds

interface Services {
  readonly client: Client["Service"]
  readonly process: Process["Service"]
  readonly journal: Journal["Service"]
  readonly draws: Draws["Service"]
}
type How = "created" | "free" | "expired" | "own"

class Elector {
  readonly #services: Services
  readonly #name: string
  /** As kube-scheduler and kube-controller-manager do: unique to this start, so that nobody inherits a lease. */
  readonly #identity: string
  /** The Lease as it was last read or written, for optimistic updates. */
  #lease: Lease | undefined
  /** What is believed to hold, own writes included, and since when on this machine's monotonic clock. */
  #observed: Election | undefined
  #observedAt_ms = 0
  /** What was last read: only a difference to it counts as news. */
  #lastRead: Election | undefined
  /** What the last successful attempt rested on. */
  #how: How = "own"

  constructor(services: Services, name: string) {
    this.#services = services
    this.#name = name
    const { process, draws } = services
    this.#identity = `${process.name}_${draws.uuid("leader-election/identity", process.name)}`
  }

  #observe(record: Election): void {
    this.#observed = record
    this.#observedAt_ms = this.#services.process.monotonic_ms()
  }

  get #leads(): boolean {
    return this.#observed?.holderIdentity === this.#identity
  }

  #isValid(now_ms: number): boolean {
    const duration_ms = (this.#observed?.leaseDurationSeconds ?? 0) * 1000
    return this.#observedAt_ms + duration_ms > now_ms
  }

  #record(): Election {
    const now = microTimeOf(this.#services.process.wall_ms())
    return {
      holderIdentity: this.#identity, leaseDurationSeconds: leaseDuration_ms / 1000,
      acquireTime: now, renewTime: now, leaseTransitions: 0
    }
  }

  #write(record: Election) {
    const lease = this.#lease as Lease
    return Effect.map(
      this.#services.client.update("leases", { ...lease, spec: record }, { timeout_ms: electionRequestTimeout_ms }),
      (written) => {
        this.#lease = written
        this.#observe(record)
      })
  }

  #create(record: Election) {
    const metadata = { name: this.#name, namespace }
    const lease: GivenLease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: record }
    return Effect.map(this.#services.client.create("leases", lease), (written) => {
      this.#lease = written
      this.#observe(record)
      return true
    })
  }

  /** One attempt: true when this instance holds the lease afterwards, as far as it knows. */
  readonly tryAcquireOrRenew: Effect.Effect<boolean> = Effect.gen({ self: this }, function*() {
    const now_ms = this.#services.process.monotonic_ms()
    const record = this.#record()
    if (this.#leads && this.#isValid(now_ms) && this.#observed !== undefined) {
      const fast = { ...record, ...kept(this.#observed) }
      const isDone = yield* Effect.match(this.#write(fast), { onFailure: () => false, onSuccess: () => true })
      if (isDone) return true
    }
    const read = yield* Effect.match(
      this.#services.client.get("leases", namespace, this.#name, { timeout_ms: electionRequestTimeout_ms }), {
        onFailure: (error) => error._tag === "NotFound" ? "absent" as const : undefined,
        onSuccess: (lease) => lease
      })
    if (read === undefined) return false
    if (read === "absent") {
      this.#how = "created"
      return yield* Effect.match(this.#create(record), { onFailure: () => false, onSuccess: () => true })
    }
    return yield* this.#takeOver(read, record, now_ms)
  })

  #takeOver(lease: Lease, record: Election, now_ms: number) {
    this.#lease = lease
    const current = lease.spec
    if (!isSameRecord(this.#lastRead, current)) {
      this.#observe(current)
      this.#lastRead = current
    }
    const isHeld = (current.holderIdentity ?? "") !== ""
    if (isHeld && this.#isValid(now_ms) && !this.#leads) return Effect.succeed(false)
    this.#how = this.#leads ? "own" : isHeld ? "expired" : "free"
    const wanted = this.#leads ? { ...record, ...kept(current) }
      : { ...record, leaseTransitions: (current.leaseTransitions ?? 0) + 1 }
    return Effect.match(this.#write(wanted), { onFailure: () => false, onSuccess: () => true })
  }

  /** Competes until it leads. */
  readonly acquire: Effect.Effect<void> = Effect.gen({ self: this }, function*() {
    this.#wrote({ type: "elector.started", identity: this.#identity }, "standby")
    const { process } = this.#services
    let startedAt_ms = process.monotonic_ms()
    while (!(yield* this.tryAcquireOrRenew)) {
      const jitter = this.#services.draws.unit("leader-election/retry", this.#identity)
      yield* Effect.sleep(retryPeriod_ms * (1 + electionJitter * jitter))
      startedAt_ms = process.monotonic_ms()
    }
    this.#wrote({ type: "elector.acquired", identity: this.#identity, how: this.#how,
      transitions: this.#observed?.leaseTransitions ?? 0, took_ms: process.monotonic_ms() - startedAt_ms }, "leading")
  })

  /** Returns when the lease could not be renewed for renewDeadline, counted from the first failed round. */
  readonly renew: Effect.Effect<void> = Effect.gen({ self: this }, function*() {
    const { process } = this.#services
    for (;;) {
      const startedAt_ms = process.monotonic_ms()
      const renewed = yield* this.#renewBy(startedAt_ms + renewDeadline_ms)
      if (!renewed) return
      yield* Effect.sleep(retryPeriod_ms)
    }
  })

  #renewBy(deadline_ms: number) {
    return Effect.gen({ self: this }, function*() {
      const { process } = this.#services
      for (let failures = 0; ; failures++) {
        const startedAt_ms = process.monotonic_ms()
        const attempt = yield* this.#attemptUntil(deadline_ms)
        const now_ms = process.monotonic_ms()
        const took_ms = now_ms - startedAt_ms
        if (attempt === true) {
          if (failures > 0 || took_ms > slowRenewal_ms) this.#wrote({ type: "elector.renewed", took_ms }, "leading")
          return true
        }
        if (failures === 0) this.#wrote({ type: "elector.renewFailed" }, "renewing")
        if (attempt === undefined || now_ms >= deadline_ms) return false
        const wait_ms = Math.max(0, retryPeriod_ms - took_ms)
        if (now_ms + wait_ms >= deadline_ms) {
          yield* Effect.sleep(deadline_ms - now_ms)
          return false
        }
        yield* Effect.sleep(wait_ms)
      }
    })
  }

  /** The attempt is cut off at the deadline, as the context of client-go's poll does; undefined then. */
  #attemptUntil(deadline_ms: number) {
    return Effect.gen({ self: this }, function*() {
      const { process } = this.#services
      const cell = process.cell<boolean | undefined>()
      const fiber = yield* Effect.forkChild(Effect.map(this.tryAcquireOrRenew, (isHeld) => {
        if (!cell.isDone) cell.succeed(isHeld)
      }))
      const timer = process.after(Math.max(0, deadline_ms - process.monotonic_ms()), () => {
        if (!cell.isDone) cell.succeed(undefined)
      })
      const result = yield* cell.await
      timer.cancel()
      if (result === undefined) yield* Fiber.interrupt(fiber)
      return result
    })
  }

  readonly stop: Effect.Effect<void> = Effect.sync(() =>
    this.#wrote({ type: "elector.stopped", identity: this.#identity }, "stopped"))

  /** ReleaseOnCancel: gives the lease back so that another need not wait. */
  readonly release: Effect.Effect<void> = Effect.gen({ self: this }, function*() {
    yield* this.stop
    const lease = yield* Effect.match(
      this.#services.client.get("leases", namespace, this.#name, { timeout_ms: electionRequestTimeout_ms }),
      { onFailure: () => undefined, onSuccess: (lease) => lease })
    if (lease?.spec.holderIdentity !== this.#identity) return
    this.#lease = lease
    const now = microTimeOf(this.#services.process.wall_ms())
    const record: Election = {
      holderIdentity: "", leaseDurationSeconds: releasedLeaseDuration_s, acquireTime: now, renewTime: now,
      leaseTransitions: lease.spec.leaseTransitions ?? 0
    }
    const isDone = yield* Effect.match(this.#write(record), { onFailure: () => false, onSuccess: () => true })
    if (isDone) this.#wrote({ type: "elector.released" }, "released")
  })

  readonly lost: Effect.Effect<never> = Effect.suspend(() => {
    this.#wrote({ type: "elector.lost", identity: this.#identity }, "lost")
    return this.#services.process.exit("leader election lost")
  })

  #wrote(event: EventOf<"elector">, state: State): void {
    this.#services.journal.wrote("leader-election.elector", this.#name, event, state)
  }
}

/** Whoever renews keeps when it was acquired and how often it changed hands. */
const kept = ({ acquireTime, leaseTransitions }: Election): Election => ({
  ...(acquireTime === undefined ? {} : { acquireTime }),
  ...(leaseTransitions === undefined ? {} : { leaseTransitions })
})

/**
 * Competes for the Lease kube-system/`name` as "<process's name>_<uuid>". When it leads, runs `lead`;
 * when the lease could not be renewed for renewDeadline, the whole process exits ("leader election lost").
 * When interrupted (graceful stop) it stops `lead` and its children first. Then, with `releasesOnCancel`, it gives the
 * lease back: kube-scheduler does, kube-controller-manager 1.36 does not
 * (ControllerManagerReleaseLeaderElectionLockOnExit is alpha).
 */
export const run = <R>(
  name: string, lead: Effect.Effect<never, never, R>, releasesOnCancel: boolean
): Effect.Effect<never, never, R | Client | Process | Journal | Draws> =>
  Effect.gen(function*() {
    const process = yield* Process
    const services = { client: yield* Client, process, journal: yield* Journal, draws: yield* Draws }
    const elector = new Elector(services, name)
    yield* elector.acquire
    const panic = (defect: unknown): Effect.Effect<never> => {
      process.fork(Effect.die(defect))
      return Effect.never
    }
    const leading = yield* Effect.forkChild(Effect.catchDefect(lead, panic))
    return yield* Effect.andThen(elector.renew, elector.lost).pipe(
      Effect.onInterrupt(() =>
        Effect.andThen(Fiber.interrupt(leading), releasesOnCancel ? elector.release : elector.stop)))
  })
