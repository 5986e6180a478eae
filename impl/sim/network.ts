/**
 * The network: datagrams, connections, a load balancer, and the faults of links. Processes of one machine always
 * reach each other; between machines a fault may block either direction, slow it or lose packets.
 */
import { Effect } from "effect"
import { type Connection, ConnectionRefused, DialTimedOut } from "#impl/ports.ts"
import { deepFreeze } from "#impl/sim/freeze.ts"
import type { Chance } from "#impl/sim/draws.ts"
import type { Kernel, Timer } from "#impl/sim/kernel.ts"
import { End, type Wire } from "#impl/sim/network/connection.ts"
import { Link, Path } from "#impl/sim/network/link.ts"
import type { ProcessScheduler } from "#impl/sim/scheduler.ts"
import * as limits from "#model/limits/hardware.ts"

/** What the network knows of a process's address, whichever incarnation holds it. */
export interface Address {
  readonly name: string
  readonly machine: string
  scheduler: ProcessScheduler | undefined
  accept: ((connection: Connection) => void) | undefined
  receive: ((from: string, message: any) => void) | undefined
  readonly ends: Set<End>
  readonly paths: Map<string, Path>
}

export interface NetworkParts {
  /** Whether the kernel of the machine answers packets. */
  readonly answers: (machine: string) => boolean
  /** Whether the load balancer's health checks reach the machine. */
  readonly reachable: (machine: string) => boolean
  /** The faults of a link as they are now. */
  readonly condition: (link: Link) => { readonly blocked: boolean; readonly extra_ms: number; readonly loss: number }
}

export class SimNetwork {
  readonly #kernel: Kernel
  readonly #chance: Chance
  readonly #parts: NetworkParts
  readonly #wire: Wire
  readonly #freeze: boolean
  readonly #addresses = new Map<string, Address>()
  readonly #links = new Map<string, Map<string, Link>>()
  readonly #balancers = new Map<string, ReadonlyArray<string>>()
  /** Backends that a fault pins; the last one wins. */
  pins: ReadonlyArray<string> = []

  constructor(kernel: Kernel, chance: Chance, freeze: boolean, parts: NetworkParts) {
    this.#kernel = kernel
    this.#chance = chance
    this.#freeze = freeze
    this.#parts = parts
    this.#wire = {
      answers: parts.answers,
      freeze: freeze ? deepFreeze : undefined,
      forget: (end) => this.#addresses.get(end.path.from)?.ends.delete(end)
    }
  }

  addAddress(name: string, machine: string): Address {
    const address: Address = {
      name, machine, scheduler: undefined, accept: undefined, receive: undefined, ends: new Set(), paths: new Map()
    }
    this.#addresses.set(name, address)
    return address
  }

  addBalancer(name: string, backends: ReadonlyArray<string>): void {
    this.#balancers.set(name, backends)
  }

  /** The port, as one incarnation of a process sees it. */
  port(address: Address, owner: ProcessScheduler) {
    return {
      listen: (accept: (connection: Connection) => void) => {
        if (!owner.dead) address.accept = accept
      },
      unlisten: () => {
        if (!owner.dead) address.accept = undefined
      },
      dial: (to: string) => this.#dial(address, owner, to),
      send: (to: string, message: object, kind: string) => this.#send(address, to, message, kind),
      receive: (handler: (from: string, message: any) => void) => {
        if (!owner.dead) address.receive = handler
      }
    }
  }

  /** The process ended. Its machine's kernel resets its connections, or nobody says anything any more. */
  processEnded(address: Address, machineIsLost: boolean): void {
    address.scheduler = undefined
    address.accept = undefined
    address.receive = undefined
    for (const end of address.ends) {
      if (machineIsLost) end.lose()
      else end.end("reset")
    }
    address.ends.clear()
  }

  processPaused(address: Address): void {
    for (const end of address.ends) end.ownerPaused()
  }
  processResumed(address: Address): void {
    for (const end of address.ends) end.ownerResumed()
  }

  /** A fault began or ended somewhere: every known link asks for its condition. */
  reviewLinks(): void {
    for (const links of this.#links.values()) for (const link of links.values()) this.#review(link)
  }

  /** Resets, or silently severs, every connection between two machines. */
  breakConnections(a: string, b: string, how: "reset" | "sever"): void {
    const concerned = [...this.#addresses.values()].flatMap((address) => address.machine !== a && address.machine !== b
      ? [] : [...address.ends].filter(({ path: { link } }) =>
        (link.from === a && link.to === b) || (link.from === b && link.to === a)))
    for (const end of concerned) end[how]()
  }

  #review(link: Link): void {
    if (link.loopback) return
    const { blocked, extra_ms, loss } = this.#parts.condition(link)
    link.change(blocked, Math.round(extra_ms * 1_000), loss, this.#kernel.now_us)
  }

  #link(from: string, to: string): Link {
    let links = this.#links.get(from)
    if (links === undefined) this.#links.set(from, links = new Map())
    let link = links.get(to)
    if (link === undefined) {
      links.set(to, link = new Link(from, to))
      this.#review(link)
    }
    return link
  }

  #path(from: Address, to: Address): Path {
    let path = from.paths.get(to.name)
    if (path === undefined) {
      path = new Path(from.name, to.name, this.#link(from.machine, to.machine),
        this.#chance.identities(`network/${from.name}→${to.name}`))
      from.paths.set(to.name, path)
    }
    return path
  }

  // Datagrams.

  #send(from: Address, to: string, message: object, kind: string): void {
    const target = this.#addresses.get(to)
    if (target === undefined) return
    if (this.#freeze) deepFreeze(message)
    const path = this.#path(from, target)
    const { link } = path
    if (link.blocked) return
    const draws = path.kind(kind)
    const latency_us = link.latency_us(draws)
    const u = draws.second / 4_294_967_296
    if (!link.loopback) {
      if (u < link.loss) return
      // The same draw decides both: what is left above the loss is uniform again.
      if (u > 1 - limits.duplicationProbability * (1 - link.loss)) {
        const delay_us = 1 + draws.below(limits.duplicateDelay_us_max + link.extra_us)
        const again_us = this.#kernel.now_us + latency_us + delay_us
        this.#kernel.at(again_us, () => this.#arrive(link, target, from.name, message))
      }
    }
    this.#kernel.at(this.#kernel.now_us + latency_us, () => this.#arrive(link, target, from.name, message))
  }

  #arrive(link: Link, target: Address, from: string, message: object): void {
    const { scheduler, receive } = target
    if (link.blocked || scheduler === undefined || receive === undefined) return
    this.#kernel.enqueue(() => receive(from, message), scheduler)
  }

  // Connections.

  #dial(from: Address, owner: ProcessScheduler, to: string) {
    return Effect.callback<Connection, ConnectionRefused | DialTimedOut>((resume) => {
      const dial = new Dial(this.#kernel, owner, resume, to, (attempt) => this.#knock(from, owner, to, attempt))
      dial.knock(0)
      return Effect.sync(() => dial.cancel())
    })
  }

  /**
   * One SYN. False when no answer will come to it. A paused process gives none either: its kernel would accept, but
   * nobody shakes hands for TLS. Deviates: that has a time-out of its own, 10 s.
   */
  #knock(from: Address, owner: ProcessScheduler, to: string, dial: Dial): boolean {
    const target = this.#resolve(from, to)
    if (target === undefined) {
      dial.answer(this.#kernel.now_us + limits.loopback_us_max, () => dial.refused())
      return true
    }
    const out = this.#path(from, target)
    const back = this.#path(target, from)
    const isSilent = (): boolean => out.link.blocked || back.link.blocked || !this.#parts.answers(target.machine)
      || (target.scheduler?.paused === true && target.accept !== undefined)
    if (isSilent()) return false
    const draws = out.kind("dial")
    dial.answer(this.#kernel.now_us + out.link.latency_us(draws), () => {
      if (owner.dead) return
      // It went silent while the SYN was under way. A connection made now would never be told of that.
      if (isSilent()) return dial.knockAgain()
      // The answer is under way at once: the round trip ends where the other latency says.
      const answer_us = this.#kernel.now_us + back.link.latency_us(back.kind("dial"))
      const { scheduler, accept } = target
      if (scheduler === undefined || accept === undefined) {
        return dial.answer(answer_us, () => dial.refused())
      }
      const here = new End(owner, out, this.#wire)
      const there = new End(scheduler, back, this.#wire)
      here.other = there
      there.other = here
      from.ends.add(here)
      target.ends.add(there)
      scheduler.schedule(() => accept(there))
      dial.answer(answer_us, () => dial.connected(here), here)
    })
    return true
  }

  #resolve(from: Address, to: string): Address | undefined {
    const backends = this.#balancers.get(to)
    if (backends === undefined) return this.#addresses.get(to)
    for (let i = this.pins.length - 1; i >= 0; i--) {
      if (backends.includes(this.pins[i]!)) return this.#addresses.get(this.pins[i]!)
    }
    const healthy = backends.flatMap((name) => {
      const address = this.#addresses.get(name)
      if (address?.accept === undefined || address.scheduler?.paused === true) return []
      return this.#parts.reachable(address.machine) ? [address] : []
    })
    return healthy[this.#chance.stream("network/balancer", `${from.name}→${to}`).below(healthy.length)]
  }
}

/** One call of connect(2): SYNs are repeated until something answers or the time is over. */
class Dial {
  readonly #kernel: Kernel
  readonly #owner: ProcessScheduler
  readonly #resume: (result: Effect.Effect<Connection, ConnectionRefused | DialTimedOut>) => void
  readonly #address: string
  readonly #syn: (dial: Dial) => boolean
  readonly #deadline_us: number
  #timer: Timer | undefined
  #end: End | undefined
  #attempt = 0

  constructor(
    kernel: Kernel, owner: ProcessScheduler,
    resume: (result: Effect.Effect<Connection, ConnectionRefused | DialTimedOut>) => void, address: string,
    syn: (dial: Dial) => boolean
  ) {
    this.#kernel = kernel
    this.#owner = owner
    this.#resume = resume
    this.#address = address
    this.#syn = syn
    this.#deadline_us = kernel.now_us + limits.dialTimeout_ms * 1_000
  }

  knock(attempt: number): void {
    this.#attempt = attempt
    if (this.#owner.dead || this.#syn(this)) return
    this.knockAgain()
  }

  /** When the next SYN is due, if there is time for one. */
  knockAgain(): void {
    const start_us = this.#deadline_us - limits.dialTimeout_ms * 1_000
    for (;;) {
      const retry_ms = limits.synRetries_ms[this.#attempt]
      if (retry_ms === undefined) break
      this.#attempt++
      const at_us = start_us + retry_ms * 1_000
      if (at_us < this.#kernel.now_us) continue
      this.#timer = this.#kernel.at(at_us, () => this.knock(this.#attempt))
      return
    }
    this.#timer = this.#kernel.at(Math.max(this.#deadline_us, this.#kernel.now_us), () => this.#timedOut())
  }

  answer(at_us: number, task: () => void, end?: End): void {
    this.#end = end
    this.#timer = this.#kernel.at(at_us, task)
  }

  refused(): void {
    const address = this.#address
    this.#owner.schedule(() => this.#resume(Effect.fail(new ConnectionRefused({ address }))))
  }
  connected(end: End): void {
    this.#owner.schedule(() => {
      // From here on the connection is the caller's to close.
      this.#end = undefined
      this.#resume(Effect.succeed(end))
    })
  }
  #timedOut(): void {
    const address = this.#address
    this.#owner.schedule(() => this.#resume(Effect.fail(new DialTimedOut({ address }))))
  }

  /** The caller gave up. What was established meanwhile is closed. */
  cancel(): void {
    this.#timer?.cancel()
    this.#end?.close()
  }
}
