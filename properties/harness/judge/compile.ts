/**
 * A chart's structure as a table that calls the chart's own guards and assignments on live context.
 *
 * XState builds an actor and a snapshot per step; here a state of the whole chart (a Configuration) is interned, and
 * what an event may do in it is worked out once, as XState 5 does it: candidates from the innermost state outwards, one
 * transition per region, then their actions. compile.test.ts holds it to XState on random walks.
 */
import { initialTransition, type AnyStateMachine, type StateNode } from "xstate"
import type { StateValue } from "#model/events.ts"
import { compileActions, compileGuard, UnsupportedChart, type Action, type Guard,
  type Run } from "#properties/harness/judge/code.ts"
import { entries, exits, type Node, Structure, type Transition } from "#properties/harness/judge/structure.ts"

/** A transition as a candidate in one configuration, with what taking it alone would do. */
interface Candidate {
  readonly transition: Transition
  readonly guard: Guard | undefined
  plan: Plan | undefined
}
/** Which transitions an event selects: the first whose guard holds, or one per region, else the enclosing state's. */
type Selector =
  | { readonly fork: undefined; readonly chain: ReadonlyArray<Candidate> }
  | { readonly fork: ReadonlyArray<Selector>; readonly chain: ReadonlyArray<Candidate> }

/** What taking one selection in one configuration does. */
export interface Plan {
  readonly transitions: ReadonlyArray<Transition>
  readonly actions: ReadonlyArray<Action>
  readonly target: Configuration
  readonly source: Configuration
  /** Indexes of the coverage triples that it reaches. */
  readonly triples: ReadonlyArray<number>
}

/** The set of active states: one leaf, or one per region. */
export interface Configuration {
  readonly id: number
  readonly nodes: ReadonlySet<Node>
  readonly leaves: ReadonlyArray<Node>
  readonly value: StateValue
  readonly tags: ReadonlySet<string>
  readonly selectors: Map<string, Selector | undefined>
  readonly plans: Map<string, Plan>
}

/** A live instance of a chart. */
export interface Instance {
  configuration: Configuration
  context: any
}

export class CompiledChart {
  readonly structure: Structure
  readonly initial: Configuration
  readonly initialContext: unknown
  /** What the last step emitted, in order; valid until the next step. */
  readonly outputs: Array<any> = []
  /** What the last step did. */
  taken: Plan | undefined
  readonly #configurations = new Map<string, Configuration>()
  readonly #guards: ReadonlyMap<Transition, Guard | undefined>
  readonly #actions: ReadonlyMap<Transition, ReadonlyArray<Action>>
  readonly #run: Run

  constructor(machine: AnyStateMachine, input: unknown) {
    this.structure = new Structure(machine)
    this.#run = { args: { context: undefined, event: undefined }, outputs: this.outputs }
    const { transitions } = this.structure
    this.#guards = new Map(transitions.map((one) => [one, compileGuard(machine, one.guard)]))
    this.#actions = new Map(transitions.map((one) => [one, compileActions(machine, one.actions)]))
    const [snapshot] = initialTransition(machine, input as never) as [any, Array<any>]
    if (snapshot.status === "error") throw new UnsupportedChart(`${machine.id}: no initial state: ${snapshot.error}`)
    this.initialContext = snapshot.context
    this.initial = this.#intern(new Set(snapshot._nodes))
  }

  start(): Instance {
    return { configuration: this.initial, context: this.initialContext }
  }

  /** What XState's `can` says. */
  can(instance: Instance, event: { readonly type: string }): boolean {
    return this.#select(instance, event) !== undefined
  }

  /** Steps the instance and says true, or leaves it and says false when the chart refuses the event. */
  step(instance: Instance, event: { readonly type: string }): boolean {
    const run = this.#run
    // Most steps leave it empty, and to empty what is empty costs as much as a guard.
    if (this.outputs.length > 0) this.outputs.length = 0
    const plan = this.#select(instance, event)
    if (plan === undefined) return false
    this.taken = plan
    for (const action of plan.actions) action(run)
    instance.configuration = plan.target
    instance.context = run.args.context
    return true
  }

  #select({ configuration, context }: Instance, event: { readonly type: string }): Plan | undefined {
    const run = this.#run
    run.args.context = context
    run.args.event = event
    const { type } = event
    let selector = configuration.selectors.get(type)
    if (selector === undefined) {
      if (configuration.selectors.has(type)) return undefined
      selector = this.#selector(this.structure.root, configuration, type)
      configuration.selectors.set(type, selector)
      if (selector === undefined) return undefined
    }
    if (selector.fork === undefined) {
      const chain = selector.chain
      for (let i = 0; i < chain.length; i++) {
        const candidate = chain[i]!
        if (candidate.guard === undefined || candidate.guard(run)) {
          return candidate.plan ??= this.#plan(configuration, [candidate.transition])
        }
      }
      return undefined
    }
    const selected: Array<Transition> = []
    this.#collect(selector, selected)
    return selected.length === 0 ? undefined : this.#plan(configuration, selected)
  }

  #collect(selector: Selector, into: Array<Transition>): void {
    const before = into.length
    if (selector.fork !== undefined) for (const part of selector.fork) this.#collect(part, into)
    if (into.length > before) return
    for (const candidate of selector.chain) {
      if (candidate.guard === undefined || candidate.guard(this.#run)) {
        into.push(candidate.transition)
        return
      }
    }
  }

  #selector(node: Node, configuration: Configuration, type: string): Selector | undefined {
    const own = this.structure.candidates(node, type).map((transition): Candidate =>
      ({ transition, guard: this.#guards.get(transition), plan: undefined }))
    const inner = node.children.filter((child) => configuration.nodes.has(child))
      .flatMap((child) => this.#selector(child, configuration, type) ?? [])
    if (inner.length === 0) return own.length === 0 ? undefined : { fork: undefined, chain: own }
    if (inner.length === 1) return { ...inner[0]!, chain: [...inner[0]!.chain, ...own] }
    return { fork: inner, chain: own }
  }

  #plan(configuration: Configuration, selected: ReadonlyArray<Transition>): Plan {
    const key = selected.map((transition) => transition.index).join()
    const known = configuration.plans.get(key)
    if (known !== undefined) return known
    // What different regions take does not touch: no transition leaves its region.
    const nodes = new Set(configuration.nodes)
    for (const transition of selected) {
      for (const node of exits(transition, configuration.nodes)) nodes.delete(node)
      for (const node of entries(transition)) nodes.add(node)
    }
    const plan: Plan = { transitions: selected, target: this.#intern(nodes), source: configuration,
      actions: selected.flatMap((transition) => this.#actions.get(transition)!),
      triples: this.structure.reached(selected, configuration.leaves) }
    configuration.plans.set(key, plan)
    return plan
  }

  #intern(nodes: ReadonlySet<Node | StateNode>): Configuration {
    const active = this.structure.nodes.filter((node) => nodes.has(node) || nodes.has(node.state))
    const leaves = active.filter((node) => node.children.length === 0)
    const key = leaves.map((leaf) => leaf.order).join()
    let configuration = this.#configurations.get(key)
    if (configuration === undefined) {
      const set = new Set(active)
      configuration = { id: this.#configurations.size, nodes: set, leaves, value: valueOf(this.structure.root, set),
        tags: new Set(active.flatMap((node) => node.state.tags)), selectors: new Map(), plans: new Map() }
      this.#configurations.set(key, configuration)
    }
    return configuration
  }

  /** What the chart has for this event here, with the guards that were asked: for messages. */
  explain(configuration: Configuration, type: string): ReadonlyArray<string> {
    return [...configuration.nodes].flatMap((node) => this.structure.candidates(node, type))
      .map(({ guard }) => String(guard ?? ""))
  }

  /** The event types that the chart has here. */
  allowed(configuration: Configuration): ReadonlyArray<string> {
    const types = [...configuration.nodes].flatMap((node) => [...node.state.transitions.keys()] as Array<string>)
    return [...new Set(types)]
  }
}

const valueOf = (node: Node, active: ReadonlySet<Node>): StateValue => {
  const children = node.children.filter((child) => active.has(child))
  if (node.state.type === "compound" && children[0]!.children.length === 0) return children[0]!.state.key
  return Object.fromEntries(children.map((child) => [child.state.key, valueOf(child, active)]))
}

const compiledByMachine = new WeakMap<AnyStateMachine, CompiledChart>()

/** Compiles once per chart; with an input of its own, anew. */
export const compile = (machine: AnyStateMachine, input?: unknown): CompiledChart => {
  if (input !== undefined) return new CompiledChart(machine, input)
  let chart = compiledByMachine.get(machine)
  if (chart === undefined) compiledByMachine.set(machine, chart = new CompiledChart(machine, {}))
  return chart
}
