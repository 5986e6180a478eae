/**
 * Outputs that must follow: what a chart emitted, until a later line discharges it, a crash of its actor waives it,
 * or its time is up. While its process is paused an obligation's time stands still.
 */

/** What a chart emits: the event that must follow and where. */
export interface Emitted {
  readonly type: string
  readonly entity: string
  readonly chart: string
  readonly within_ms: number
  /** Who owes it; the actor of the line that caused it, unless said. */
  readonly actor?: string
}

export interface Obligation extends Omit<Emitted, "actor"> {
  readonly actor: string
  /** The line that caused it. */
  readonly since: number
  due_ms: number
  /** Neither discharged nor waived. */
  open: boolean
}

interface Debtor {
  readonly byEntity: Map<string, Array<Obligation>>
  paused_ms: number | undefined
  /** Came due while its process was paused. */
  readonly held: Array<Obligation>
}

export class Obligations {
  readonly #debtors = new Map<string, Debtor>()
  /** A binary heap by due time. Closed ones leave it when they come up. */
  readonly #heap: Array<Obligation> = []

  /** Two of the same kind for the same entity are one: a single line discharges both, the earlier deadline holds. */
  owe(obligation: Obligation): void {
    let debtor = this.#debtors.get(obligation.actor)
    if (debtor === undefined) {
      this.#debtors.set(obligation.actor, debtor = { byEntity: new Map(), paused_ms: undefined, held: [] })
    }
    const open = debtor.byEntity.get(obligation.entity)
    if (open === undefined) debtor.byEntity.set(obligation.entity, [obligation])
    else if (open.some((other) => other.type === obligation.type && other.chart === obligation.chart)) return
    else open.push(obligation)
    this.#push(obligation)
  }

  discharge(actor: string, chart: string, entity: string, type: string): void {
    const debtor = this.#debtors.get(actor)
    const open = debtor?.byEntity.get(entity)
    if (debtor === undefined || open === undefined) return
    for (let i = 0; i < open.length; i++) {
      const obligation = open[i]!
      if (obligation.type !== type || obligation.chart !== chart) continue
      obligation.open = false
      open.splice(i, 1)
      if (open.length === 0) debtor.byEntity.delete(entity)
      return
    }
  }

  /** A crashed or stopped process owes nothing any more. */
  waive(actor: string): void {
    const debtor = this.#debtors.get(actor)
    if (debtor === undefined) return
    for (const open of debtor.byEntity.values()) for (const obligation of open) obligation.open = false
    this.#debtors.delete(actor)
  }

  pause(actor: string, at_ms: number): void {
    let debtor = this.#debtors.get(actor)
    if (debtor === undefined) this.#debtors.set(actor, debtor = { byEntity: new Map(), paused_ms: undefined, held: [] })
    debtor.paused_ms = at_ms
  }

  resume(actor: string, at_ms: number): void {
    const debtor = this.#debtors.get(actor)
    if (debtor?.paused_ms === undefined) return
    for (const open of debtor.byEntity.values()) {
      for (const obligation of open) obligation.due_ms += at_ms - debtor.paused_ms
    }
    debtor.paused_ms = undefined
    for (const obligation of debtor.held.splice(0)) this.#push(obligation)
  }

  /** The first obligation whose time was up before now; it is reported once. */
  overdue(now_ms: number): Obligation | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.due_ms < now_ms) {
      const first = this.#pop()
      if (!first.open) continue
      const debtor = this.#debtors.get(first.actor)!
      if (debtor.paused_ms !== undefined) {
        debtor.held.push(first)
        continue
      }
      this.discharge(first.actor, first.chart, first.entity, first.type)
      return first
    }
    return undefined
  }

  /** The earliest deadline that may still be open: before it nothing can be overdue. */
  get next_ms(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.due_ms
  }

  #push(obligation: Obligation): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(obligation)
    while (i > 0) {
      const up = (i - 1) >> 1
      if (heap[up]!.due_ms <= obligation.due_ms) break
      heap[i] = heap[up]!
      i = up
    }
    heap[i] = obligation
  }

  #pop(): Obligation {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let i = 0
    for (;;) {
      let down = 2 * i + 1
      if (down >= heap.length) break
      if (down + 1 < heap.length && heap[down + 1]!.due_ms < heap[down]!.due_ms) down++
      if (heap[down]!.due_ms >= last.due_ms) break
      heap[i] = heap[down]!
      i = down
    }
    heap[i] = last
    return first
  }
}
