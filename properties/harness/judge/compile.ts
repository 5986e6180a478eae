/**
 * A chart's structure as a table that calls the chart's own guards and assignments on live context.
 *
 * XState builds an actor and a snapshot per step; here a state of the whole chart (a Configuration) is interned, and
 * what an event may do in it is worked out once, by the rules of SCXML as XState 5 implements them: candidates from
 * the innermost state outwards, one transition per region, exits, transition actions, entries, then eventless
 * transitions and raised events until rest. compile.test.ts holds it to XState on random walks.
 */
import { initialTransition, type AnyStateMachine, type StateNode } from "xstate"
import type { StateValue } from "#model/events.ts"
import { compileActions, compileGuard, guardName, UnsupportedChart, type Action, type Guard,
  type Run } from "#properties/harness/judge/code.ts"
import { enter, exits, type Node, Structure, type Transition } from "#properties/harness/judge/structure.ts"

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
  /** False when every selected transition is forbidden: no target and no action. */
  readonly can: boolean
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
  /** The root is in a final state: nothing eventless or raised follows. */
  readonly done: boolean
  readonly selectors: Map<string, Selector | undefined>
  readonly plans: Map<string, Plan>
}

/** A live instance of a chart. */
export interface Instance {
  configuration: Configuration
  context: any
}

const microsteps_max = 1000

export class CompiledChart {
  readonly structure: Structure
  readonly initial: Configuration
  readonly initialContext: unknown
  /** What the last step emitted, in order; valid until the next step. */
  readonly outputs: Array<any> = []
  /** The plan of the event that the last step took. */
  taken: Plan | undefined
  /** Eventless and raised ones that followed it. */
  readonly followed: Array<Plan> = []
  readonly #machine: AnyStateMachine
  readonly #configurations = new Map<string, Configuration>()
  readonly #run: Run

  constructor(machine: AnyStateMachine, input: unknown) {
    this.#machine = machine
    this.structure = new Structure(machine)
    this.#run = { args: { context: undefined, event: undefined }, outputs: this.outputs, queue: [], assigned: false,
      isIn: (value) => this.#isIn(this.#here!, value) }
    for (const { definition } of this.structure.transitions) {
      compileGuard(machine, definition.guard)
      compileActions(machine, definition.actions)
    }
    for (const { state } of this.structure.nodes) compileActions(machine, [...state.entry, ...state.exit])
    const [snapshot, actions] = initialTransition(machine, input as never) as [any, Array<any>]
    if (snapshot.status === "error") throw new UnsupportedChart(`${machine.id}: no initial state: ${snapshot.error}`)
    if (actions.some((action) => action.type === "xstate.emit")) {
      throw new UnsupportedChart(`${machine.id}: emits on entry to its initial state, before any line`)
    }
    this.initialContext = snapshot.context
    this.initial = this.#intern(new Set(snapshot._nodes))
  }
  /** Where the running microstep began: what stateIn asks about. */
  #here: Configuration | undefined

  start(): Instance {
    return { configuration: this.initial, context: this.initialContext }
  }

  /** What XState's `can` says. */
  can(instance: Instance, event: { readonly type: string }): boolean {
    return this.#select(instance, event)?.can === true
  }

  /** Steps the instance and says true, or leaves it and says false when the chart refuses the event. */
  step(instance: Instance, event: { readonly type: string }): boolean {
    const run = this.#run
    // Most steps leave all three empty, and to empty what is empty costs as much as a guard.
    if (this.outputs.length > 0) this.outputs.length = 0
    if (this.followed.length > 0) this.followed.length = 0
    if (run.queue.length > 0) run.queue.length = 0
    const plan = this.#select(instance, event)
    if (plan === undefined || !plan.can) return false
    this.taken = plan
    for (const action of plan.actions) action(run)
    instance.configuration = plan.target
    instance.context = run.args.context
    if (this.structure.settles || run.queue.length > 0) this.#settle(instance)
    return true
  }

  /** Eventless transitions and raised events, until nothing more follows. */
  #settle(instance: Instance): void {
    const run = this.#run
    let look = true
    for (let i = 0; !instance.configuration.done; i++) {
      if (i > microsteps_max) throw new Error(`${this.#machine.id}: eventless transitions never come to rest`)
      let plan: Plan | undefined = look ? this.#choose(instance, "") : undefined
      const eventless: boolean = plan !== undefined
      if (plan === undefined) {
        const next = run.queue.shift()
        if (next === undefined) break
        run.args.event = next
        plan = this.#choose(instance, next.type)
      }
      run.assigned = false
      if (plan !== undefined) {
        for (const action of plan.actions) action(run)
        instance.context = run.args.context
        this.followed.push(plan)
      }
      look = !eventless || run.assigned || plan?.target !== instance.configuration
      if (plan !== undefined) instance.configuration = plan.target
    }
    run.queue.length = 0
  }

  #select(instance: Instance, event: { readonly type: string }): Plan | undefined {
    const run = this.#run
    run.args.context = instance.context
    run.args.event = event
    return this.#choose(instance, event.type)
  }

  #choose(instance: Instance, type: string): Plan | undefined {
    const configuration = instance.configuration
    let selector = configuration.selectors.get(type)
    if (selector === undefined) {
      if (configuration.selectors.has(type)) return undefined
      selector = this.#selector(this.structure.root, configuration, type)
      configuration.selectors.set(type, selector)
      if (selector === undefined) return undefined
    }
    this.#here = configuration
    if (selector.fork === undefined) {
      const chain = selector.chain
      for (let i = 0; i < chain.length; i++) {
        const candidate = chain[i]!
        if (candidate.guard === undefined || candidate.guard(this.#run)) {
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
      ({ transition, guard: this.#guard(transition), plan: undefined }))
    const inner = node.children.filter((child) => configuration.nodes.has(child))
      .flatMap((child) => this.#selector(child, configuration, type) ?? [])
    if (inner.length === 0) return own.length === 0 ? undefined : { fork: undefined, chain: own }
    if (inner.length === 1) return { ...inner[0]!, chain: [...inner[0]!.chain, ...own] }
    return { fork: inner, chain: own }
  }

  readonly #guards = new Map<Transition, Guard | undefined>()
  #guard(transition: Transition): Guard | undefined {
    if (!this.#guards.has(transition)) {
      this.#guards.set(transition, compileGuard(this.#machine, transition.definition.guard))
    }
    return this.#guards.get(transition)
  }

  #plan(configuration: Configuration, selected: ReadonlyArray<Transition>): Plan {
    const key = selected.map((transition) => transition.index).join()
    const known = configuration.plans.get(key)
    if (known !== undefined) return known
    const kept = withoutConflicts(selected, configuration)
    if (configuration.done && kept.some((transition) => transition.targets.length > 0)) {
      throw new UnsupportedChart(`${this.#machine.id}: leaves the final state ${JSON.stringify(configuration.value)}`)
    }
    const left = exits(kept, configuration.nodes)
    const entered = enter(kept)
    const nodes = new Set([...configuration.nodes].filter((node) => !left.has(node)))
    const actions: Array<Action> = []
    const compiled = (source: ReadonlyArray<any>): void => void actions.push(...compileActions(this.#machine, source))
    for (const node of [...left].sort((a, b) => b.order - a.order)) compiled(node.state.exit)
    for (const transition of kept) compiled(transition.definition.actions)
    for (const node of [...entered.nodes].sort((a, b) => a.order - b.order)) {
      nodes.add(node)
      compiled(node.state.entry)
      if (entered.byDefault.has(node) && node.state.type === "compound") compiled(node.state.initial.actions)
      for (const type of this.structure.completions(node, nodes)) {
        actions.push((run) => void run.queue.push({ type, output: undefined }))
      }
    }
    const target = left.size === 0 && entered.nodes.size === 0 ? configuration : this.#intern(nodes)
    if (target.done) {
      for (const node of [...nodes].sort((a, b) => b.order - a.order)) compiled(node.state.exit)
    }
    const can = selected.some((t) => t.definition.target !== undefined || t.definition.actions.length > 0)
    const plan: Plan = { transitions: kept, can, actions, target, source: configuration,
      triples: this.structure.reached(kept, configuration.leaves) }
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
        tags: new Set(active.flatMap((node) => node.state.tags)),
        done: this.structure.isFinal(this.structure.root, set),
        selectors: new Map(), plans: new Map() }
      this.#configurations.set(key, configuration)
    }
    return configuration
  }

  #isIn(configuration: Configuration, value: unknown): boolean {
    if (typeof value === "string" && value.startsWith("#")) {
      const state = this.#machine.getStateNodeById(value)
      return [...configuration.nodes].some((node) => node.state === state)
    }
    return includes(configuration.value, typeof value === "string" ? fromPath(value) : value as StateValue)
  }

  /** What the chart has for this event here, with the guards that were asked: for messages. */
  explain(configuration: Configuration, type: string): ReadonlyArray<string> {
    return [...configuration.nodes].flatMap((node) => this.structure.candidates(node, type))
      .map((transition) => guardName(transition.definition.guard))
  }

  /** The event types that the chart has here. */
  allowed(configuration: Configuration): ReadonlyArray<string> {
    const types = [...configuration.nodes].flatMap((node) => [...node.state.transitions.keys()] as Array<string>)
    return [...new Set(types)].filter((type) => !type.startsWith("xstate."))
  }
}

/** Of transitions in different regions that exit a common state, the inner one wins, else the earlier. */
const withoutConflicts = (selected: ReadonlyArray<Transition>, configuration: Configuration): Array<Transition> => {
  if (selected.length === 1) return [...selected]
  const kept = new Set<Transition>()
  for (const one of selected) {
    const mine = exits([one], configuration.nodes)
    const conflicts = [...kept].filter((other) =>
      [...exits([other], configuration.nodes)].some((node) => mine.has(node)))
    if (conflicts.some((other) => !one.source.isWithin(other.source))) continue
    for (const other of conflicts) kept.delete(other)
    kept.add(one)
  }
  return [...kept]
}

const valueOf = (node: Node, active: ReadonlySet<Node>): StateValue => {
  const children = node.children.filter((child) => active.has(child))
  if (node.state.type === "compound" && children[0]!.children.length === 0) return children[0]!.state.key
  return Object.fromEntries(children.map((child) => [child.state.key, valueOf(child, active)]))
}

const fromPath = (path: string): StateValue =>
  path.split(".").reduceRight<StateValue | undefined>((inner, key) => inner === undefined ? key : { [key]: inner },
    undefined)!

/** Whether the full value lies within the partial one. */
const includes = (value: StateValue, partial: StateValue): boolean => {
  if (typeof value === "string") return value === partial
  if (typeof partial === "string") return partial in value
  return Object.entries(partial).every(([key, inner]) => key in value && includes(value[key]!, inner!))
}

const compiledByMachine = new WeakMap<AnyStateMachine, CompiledChart>()

/** Compiles once per chart; with an input of its own, anew. */
export const compile = (machine: AnyStateMachine, input?: unknown): CompiledChart => {
  if (input !== undefined) return new CompiledChart(machine, input)
  let chart = compiledByMachine.get(machine)
  if (chart === undefined) compiledByMachine.set(machine, chart = new CompiledChart(machine, {}))
  return chart
}
