/**
 * The tree of a chart's states and its transitions, and SCXML's set operations on it: which states a transition
 * leaves and enters. Everything here depends on the drawing alone, never on context.
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
  /** The event type or pattern; "" for an eventless transition. */
  readonly descriptor: string
  readonly targets: ReadonlyArray<Node>
  readonly reenter: boolean
  readonly definition: any
}

/** The unit of coverage: an innermost state and an event that the chart has for it, by itself or from around it. */
export interface Triple {
  readonly leaf: Node
  readonly descriptor: string
}

export class Structure {
  readonly triples: Array<Triple> = []
  readonly #tripleIndex = new Map<string, number>()
  readonly nodes: Array<Node> = []
  readonly transitions: Array<Transition> = []
  readonly root: Node
  /** A step may go on by itself: there are eventless transitions. (Raised events are seen when they are raised.) */
  readonly settles: boolean
  readonly #byState = new Map<StateNode, Node>()
  readonly #bySource = new Map<Node, Map<string, Array<Transition>>>()

  readonly machine: AnyStateMachine

  constructor(machine: AnyStateMachine) {
    this.machine = machine
    this.root = this.#add(machine.root as StateNode, undefined)
    for (const node of this.nodes) this.#addTransitions(node)
    const eventless = this.nodes.filter((node) => node.state.always !== undefined)
    this.settles = eventless.length > 0
    // XState runs simultaneous eventless transitions in the order in which regions last moved.
    const regions = new Set(eventless.map(regionOf))
    if (regions.size > 1) throw new UnsupportedChart(`${machine.id}: eventless transitions in two regions`)
    for (const leaf of this.nodes) {
      if (leaf.children.length > 0) continue
      for (let node: Node | undefined = leaf; node !== undefined; node = node.parent) this.#addTriples(leaf, node)
    }
  }

  #addTriples(leaf: Node, node: Node): void {
    for (const [descriptor, transitions] of this.#bySource.get(node)!) {
      const key = `${leaf.order} ${descriptor}`
      if (descriptor === "" || descriptor.startsWith("xstate.") || this.#tripleIndex.has(key)) continue
      if (!transitions.some((t) => t.definition.target !== undefined || t.definition.actions.length > 0)) continue
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

  #add(state: StateNode, parent: Node | undefined): Node {
    const node: Node = { state, order: state.order, path: state.path.join("."), parent, children: [],
      isWithin: (ancestor) => {
        for (let up = parent; up !== undefined; up = up.parent) if (up === ancestor) return true
        return false
      } }
    const refuse = (what: string): never => {
      throw new UnsupportedChart(`${this.machine.id}: state "${node.path}" ${what}`)
    }
    if (state.type === "history") refuse("is a history state: its past is not part of the state value")
    if (state.invoke.length > 0) refuse("invokes an actor")
    if (state.after.length > 0) refuse("has a delayed transition: a timeout is an event of the world")
    if (state.output !== undefined) refuse("has an output")
    this.nodes.push(node)
    this.#byState.set(state, node)
    for (const child of Object.values(state.states)) node.children.push(this.#add(child as StateNode, node))
    return node
  }

  #addTransitions(node: Node): void {
    const own = new Map<string, Array<Transition>>()
    this.#bySource.set(node, own)
    const listed: Array<readonly [string, ReadonlyArray<any>]> = [...node.state.transitions as Map<string, Array<any>>]
    if (node.state.always !== undefined) listed.push(["", node.state.always])
    for (const [descriptor, definitions] of listed) {
      own.set(descriptor, definitions.map((definition) => {
        const targets = (definition.target ?? []).map((state: StateNode) => this.#byState.get(state)!)
        const transition: Transition = { index: this.transitions.length, source: node, descriptor, targets,
          reenter: definition.reenter, definition }
        this.transitions.push(transition)
        return transition
      }))
    }
  }

  /** The state's own transitions for an event, in the order in which they are tried: exact, then wider patterns. */
  candidates(node: Node, type: string): ReadonlyArray<Transition> {
    const own = this.#bySource.get(node)!
    const exact = own.get(type) ?? []
    if (type === "") return exact
    const patterns = [...own.keys()].filter((pattern) => pattern !== type && matches(pattern, type))
      .sort((a, b) => b.length - a.length)
    return [...exact, ...patterns.flatMap((pattern) => own.get(pattern)!)]
  }

  /** The done events that entering a final state raises, as far as some state listens to them. */
  completions(node: Node, active: ReadonlySet<Node>): ReadonlyArray<string> {
    const raised: Array<string> = []
    if (node.state.type !== "final" || node.parent === undefined) return raised
    if (node.parent.state.type === "compound") raised.push(`xstate.done.state.${node.parent.state.id}`)
    let up = node.parent.state.type === "parallel" ? node.parent : node.parent.parent
    while (up !== undefined && up.state.type === "parallel" && this.isFinal(up, active)) {
      raised.push(`xstate.done.state.${up.state.id}`)
      up = up.parent
    }
    return raised.filter((type) => this.nodes.some((any) => this.candidates(any, type).length > 0))
  }

  isFinal(node: Node, active: ReadonlySet<Node>): boolean {
    if (node.state.type === "compound") {
      return node.children.some((child) => child.state.type === "final" && active.has(child))
    }
    if (node.state.type === "parallel") return node.children.every((child) => this.isFinal(child, active))
    return node.state.type === "final"
  }
}

/** The innermost parallel region that holds the state, or the root. */
const regionOf = (node: Node): Node =>
  node.parent === undefined || node.parent.state.type === "parallel" ? node : regionOf(node.parent)

/** As XState matches: `*`, or a prefix of whole words before `.*`. */
const matches = (pattern: string, type: string): boolean => {
  if (pattern === "*") return true
  if (!pattern.endsWith(".*")) return false
  const words = type.split(".")
  for (const [i, word] of pattern.split(".").entries()) {
    if (word === "*") return i === pattern.split(".").length - 1
    if (word !== words[i]) return false
  }
  return true
}

/** The state that the transition stays within; undefined: it leaves the root itself. */
const domainOf = (transition: Transition): Node | undefined => {
  const { source, targets } = transition
  if (!transition.reenter && targets.every((target) => target === source || target.isWithin(source))) return source
  for (let up = targets.length > 0 ? targets[0]!.parent : source.parent; up !== undefined; up = up.parent) {
    if ([...targets, source].every((node) => node.isWithin(up))) return up
  }
  return transition.reenter ? undefined : root(source)
}
const root = (node: Node): Node => node.parent === undefined ? node : root(node.parent)

/** The active states that the transitions leave. */
export const exits = (transitions: ReadonlyArray<Transition>, active: ReadonlySet<Node>): Set<Node> => {
  const left = new Set<Node>()
  for (const transition of transitions) {
    if (transition.targets.length === 0) continue
    const domain = domainOf(transition)
    if (transition.reenter && transition.source === domain) left.add(domain)
    for (const node of active) if (domain === undefined || node.isWithin(domain)) left.add(node)
  }
  return left
}

/** The states that the transitions enter, and those of them whose initial transition runs. */
export const enter = (transitions: ReadonlyArray<Transition>): { nodes: Set<Node>; byDefault: Set<Node> } => {
  const nodes = new Set<Node>()
  const byDefault = new Set<Node>()
  for (const transition of transitions) {
    const domain = domainOf(transition)
    for (const target of transition.targets) {
      if (transition.source !== target || transition.source !== domain || transition.reenter) {
        nodes.add(target)
        byDefault.add(target)
      }
      enterBelow(target, nodes, byDefault)
    }
    for (const target of transition.targets) {
      const above = ancestors(target, domain)
      if (domain?.state.type === "parallel") above.push(domain)
      const within = transition.source.parent === undefined && transition.reenter ? undefined : domain
      enterAbove(above, within, nodes, byDefault)
    }
  }
  return { nodes, byDefault }
}

const ancestors = (node: Node, upTo: Node | undefined): Array<Node> => {
  const found: Array<Node> = []
  if (upTo === node) return found
  for (let up = node.parent; up !== undefined && up !== upTo; up = up.parent) found.push(up)
  return found
}

const enterBelow = (node: Node, nodes: Set<Node>, byDefault: Set<Node>): void => {
  if (node.state.type === "compound") {
    const first = node.children.find((child) => child.state === node.state.initial.target![0])!
    nodes.add(first)
    byDefault.add(first)
    enterBelow(first, nodes, byDefault)
    enterAbove(ancestors(first, node), undefined, nodes, byDefault)
  } else if (node.state.type === "parallel") {
    for (const child of node.children) {
      if ([...nodes].some((entered) => entered.isWithin(child))) continue
      nodes.add(child)
      byDefault.add(child)
      enterBelow(child, nodes, byDefault)
    }
  }
}

const enterAbove = (above: ReadonlyArray<Node>, within: Node | undefined, nodes: Set<Node>,
  byDefault: Set<Node>): void => {
  for (const node of above) {
    if (within === undefined || node.isWithin(within)) nodes.add(node)
    if (node.state.type !== "parallel") continue
    for (const child of node.children) {
      if ([...nodes].some((entered) => entered.isWithin(child))) continue
      nodes.add(child)
      enterBelow(child, nodes, byDefault)
    }
  }
}
