/**
 * The tree of a chart's states and its transitions, and which states a transition leaves and enters. Everything here
 * depends on the drawing alone, never on context.
 *
 * A chart is drawn in few words: states in states, regions side by side, transitions on events by their names, to one
 * target or none. What else XState knows is refused with the reason: it would have to be right here and in every
 * drawing, and no chart needs it.
 */
import type { AnyStateMachine, StateNode } from "xstate"
import { UnsupportedChart } from "#properties/harness/judge/code.ts"

export interface Node {
  readonly state: StateNode
  readonly order: number
  /** Keys from the root, joined by dots; "" for the root. */
  readonly path: string
  readonly parent: Node | undefined
  readonly children: Array<Node>
  /** Strictly below `ancestor`. */
  readonly isWithin: (ancestor: Node) => boolean
}
export interface Transition {
  /** Unique in its chart. */
  readonly index: number
  readonly source: Node
  /** The event's type. */
  readonly descriptor: string
  /** Undefined: it stays. */
  readonly target: Node | undefined
  readonly guard: unknown
  readonly actions: ReadonlyArray<unknown>
}

/** The unit of coverage: an innermost state and an event that the chart has for it, by itself or from around it. */
export interface Triple {
  readonly leaf: Node
  readonly descriptor: string
}

export class Structure {
  readonly machine: AnyStateMachine
  readonly nodes: Array<Node> = []
  readonly transitions: Array<Transition> = []
  readonly triples: Array<Triple> = []
  readonly root: Node
  readonly #tripleIndex = new Map<string, number>()
  readonly #byState = new Map<StateNode, Node>()
  readonly #bySource = new Map<Node, Map<string, Array<Transition>>>()

  constructor(machine: AnyStateMachine) {
    this.machine = machine
    this.root = this.#add(machine.root as StateNode, undefined)
    for (const node of this.nodes) this.#addTransitions(node)
    for (const leaf of this.nodes) {
      if (leaf.children.length > 0) continue
      for (let node: Node | undefined = leaf; node !== undefined; node = node.parent) this.#addTriples(leaf, node)
    }
  }

  #refuse(node: Node, what: string): never {
    throw new UnsupportedChart(`${this.machine.id}: state "${node.path}" ${what}`)
  }

  #add(state: StateNode, parent: Node | undefined): Node {
    const node: Node = { state, order: state.order, path: state.path.join("."), parent, children: [],
      isWithin: (ancestor) => {
        for (let up = parent; up !== undefined; up = up.parent) if (up === ancestor) return true
        return false
      } }
    if (state.type === "history") this.#refuse(node, "is a history state: its past is not part of the state value")
    if (state.invoke.length > 0) this.#refuse(node, "invokes an actor")
    if (state.after.length > 0) this.#refuse(node, "has a delayed transition: a timeout is an event of the world")
    if (state.always !== undefined) this.#refuse(node, "has an eventless transition: every step is told by a line")
    if (state.output !== undefined) this.#refuse(node, "has an output")
    if (state.type === "final" && (parent?.parent !== undefined || parent?.state.type !== "compound")) {
      this.#refuse(node, "is final within the chart: only the whole chart ends")
    }
    if (state.entry.length + state.exit.length > 0) {
      this.#refuse(node, "has actions of its entry or exit: name them on the transitions")
    }
    this.nodes.push(node)
    this.#byState.set(state, node)
    for (const child of Object.values(state.states)) node.children.push(this.#add(child as StateNode, node))
    if (state.type === "compound") {
      const { actions, target } = state.initial
      if (actions.length > 0) this.#refuse(node, "has actions of its initial state")
      const isOwn = node.children.some((child) => child.state === target?.[0])
      if (!isOwn) this.#refuse(node, "begins in no child of its own")
    }
    return node
  }

  #addTransitions(node: Node): void {
    const own = new Map<string, Array<Transition>>()
    this.#bySource.set(node, own)
    for (const [descriptor, definitions] of node.state.transitions as Map<string, ReadonlyArray<any>>) {
      if (descriptor.startsWith("xstate.")) this.#refuse(node, `listens to ${descriptor}: every step is told by a line`)
      if (descriptor.includes("*")) this.#refuse(node, `listens to ${descriptor}: name the events`)
      own.set(descriptor, definitions.map((definition) => {
        const on = `on ${descriptor}`
        const targets: ReadonlyArray<StateNode> = definition.target ?? []
        const target = targets.length === 0 ? undefined : this.#byState.get(targets[0]!)!
        if (targets.length > 1) this.#refuse(node, `${on} goes to several states at once`)
        if (definition.reenter) this.#refuse(node, `${on} enters a state anew, where nothing is done at an entry`)
        if (target === undefined && definition.actions.length === 0) {
          this.#refuse(node, `${on} does nothing: a lawful nothing names an action, what is forbidden is left out`)
        }
        const transition: Transition = { index: this.transitions.length, source: node, descriptor, target,
          guard: definition.guard, actions: definition.actions }
        if (target !== undefined) this.#checkWay(transition, target)
        this.transitions.push(transition)
        return transition
      }))
    }
  }

  /** Regions live side by side from where their parent is entered until it is left. */
  #checkWay({ descriptor, source }: Transition, target: Node): void {
    const domain = domainOf(source, target)
    const on = `on ${descriptor}`
    if (domain.state.type === "parallel") this.#refuse(source, `${on} leaves a region, or enters one from outside`)
    for (let up = target.parent; target !== domain && up !== undefined && up !== domain; up = up.parent) {
      if (up.state.type === "parallel") this.#refuse(source, `${on} enters a region from outside`)
    }
    if (source === this.root && this.root.children.some(({ state }) => state.type === "final")) {
      this.#refuse(source, `${on} would leave the final state`)
    }
  }

  #addTriples(leaf: Node, node: Node): void {
    for (const descriptor of this.#bySource.get(node)!.keys()) {
      const key = `${leaf.order} ${descriptor}`
      if (this.#tripleIndex.has(key)) continue
      this.#tripleIndex.set(key, this.triples.length)
      this.triples.push({ leaf, descriptor })
    }
  }

  /** Which triples these transitions reach from a state with these leaves. */
  reached(transitions: ReadonlyArray<Transition>, leaves: ReadonlyArray<Node>): ReadonlyArray<number> {
    return transitions.flatMap(({ source, descriptor }) =>
      leaves.filter((leaf) => leaf === source || leaf.isWithin(source))
        .flatMap((leaf) => this.#tripleIndex.get(`${leaf.order} ${descriptor}`) ?? []))
  }

  /** The state's own transitions for an event, in the order in which they are tried. */
  candidates(node: Node, type: string): ReadonlyArray<Transition> {
    return this.#bySource.get(node)!.get(type) ?? []
  }
}

/** The state that the transition stays within. */
const domainOf = (source: Node, target: Node): Node => {
  if (target === source || target.isWithin(source)) return source
  let up = target.parent!
  while (!source.isWithin(up)) up = up.parent!
  return up
}

/** The active states that the transition leaves. */
export const exits = ({ source, target }: Transition, active: ReadonlySet<Node>): ReadonlyArray<Node> => {
  if (target === undefined) return []
  const domain = domainOf(source, target)
  return [...active].filter((node) => node.isWithin(domain))
}

/** The states that the transition enters. */
export const entries = ({ source, target }: Transition): ReadonlyArray<Node> => {
  if (target === undefined) return []
  const domain = domainOf(source, target)
  const entered = below(target)
  for (let up = target; up !== domain; up = up.parent!) entered.push(up)
  return entered
}

/** What is entered with a state: its initial child, or all of its regions. */
const below = (node: Node): Array<Node> => {
  const { state } = node
  const first = state.type === "parallel" ? node.children
    : node.children.filter((child) => child.state === state.initial.target![0])
  return first.flatMap((child) => [child, ...below(child)])
}
