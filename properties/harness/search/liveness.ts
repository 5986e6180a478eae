/**
 * Liveness under weak fairness: does every fair run from a state that opens a promise come to one that fulfils it?
 *
 * It does not if, among the states without fulfilment that can be reached from such an opening, some strongly
 * connected set can be run around in fairly: every fair action that is possible in all of its states is taken in it.
 * A state alone is such a set when no fair action is possible in it: a state of rest.
 */

/** Compressed rows: the edges of state s are offsets[s] … offsets[s + 1]. An edge to -1 was cut. */
export interface Graph {
  readonly states: number
  readonly offsets: Int32Array
  readonly to: Int32Array
  readonly actions: Int32Array
  /** Per promise i: bit 2i, the state opens it; bit 2i + 1, the state fulfils it. */
  readonly marks: Uint8Array
}
export interface Edge {
  readonly from: number
  readonly to: number
  readonly action: number
}
/** The run that breaks a promise: to `state`, then around `loop` for ever; empty: it rests there. */
export interface Lasso {
  readonly state: number
  readonly loop: ReadonlyArray<Edge>
}

export const findUnfulfilled = (graph: Graph, promise: number, fair: ReadonlyArray<boolean>):
  { readonly lasso: Lasso | undefined; readonly cut: boolean } => {
  const waiting = waitingStates(graph, promise)
  let cut = false
  for (let s = 0; s < graph.states && !cut; s++) {
    if (waiting[s] === 0) continue
    for (let e = graph.offsets[s]!; e < graph.offsets[s + 1]!; e++) if (graph.to[e] === -1) cut = true
  }
  let lasso: Lasso | undefined
  forEachComponent(graph, waiting, (members, component) => {
    const missed = neverTaken(graph, members, component, waiting, fair)
    if (missed) return true
    lasso = { state: members[0]!, loop: around(graph, members, component, fair) }
    return false
  })
  return { lasso, cut }
}

/** The states in which the promise has been opened and not yet fulfilled, on some run. */
const waitingStates = (graph: Graph, promise: number): Uint8Array => {
  const opens = 1 << (2 * promise)
  const fulfils = 2 << (2 * promise)
  const waiting = new Uint8Array(graph.states)
  const queue: Array<number> = []
  for (let s = 0; s < graph.states; s++) {
    if ((graph.marks[s]! & opens) !== 0 && (graph.marks[s]! & fulfils) === 0) {
      waiting[s] = 1
      queue.push(s)
    }
  }
  while (queue.length > 0) {
    const s = queue.pop()!
    for (let e = graph.offsets[s]!; e < graph.offsets[s + 1]!; e++) {
      const to = graph.to[e]!
      if (to < 0 || waiting[to] === 1 || (graph.marks[to]! & fulfils) !== 0) continue
      waiting[to] = 1
      queue.push(to)
    }
  }
  return waiting
}

/** Is some fair action possible in every member but taken in none? Then no fair run stays here. */
const neverTaken = (graph: Graph, members: ReadonlyArray<number>, component: Int32Array, waiting: Uint8Array,
  fair: ReadonlyArray<boolean>): boolean => {
  const possibleIn = new Map<number, number>()
  const taken = new Set<number>()
  const seen = new Set<number>()
  const mine = component[members[0]!]
  for (const s of members) {
    seen.clear()
    for (let e = graph.offsets[s]!; e < graph.offsets[s + 1]!; e++) {
      const action = graph.actions[e]!
      if (!fair[action]) continue
      seen.add(action)
      const to = graph.to[e]!
      if (to >= 0 && waiting[to] === 1 && component[to] === mine) taken.add(action)
    }
    for (const action of seen) possibleIn.set(action, (possibleIn.get(action) ?? 0) + 1)
  }
  for (const [action, times] of possibleIn) if (times === members.length && !taken.has(action)) return true
  return false
}

/** Tarjan's strongly connected components of the waiting states, without recursion. `visit` says whether to go on. */
const forEachComponent = (graph: Graph, waiting: Uint8Array,
  visit: (members: ReadonlyArray<number>, component: Int32Array) => boolean): void => {
  const { states, offsets, to } = graph
  const index = new Int32Array(states).fill(-1)
  const low = new Int32Array(states)
  const cursor = new Int32Array(states)
  const component = new Int32Array(states).fill(-1)
  const path: Array<number> = []
  const open: Array<number> = []
  let counter = 0
  let components = 0
  const enter = (s: number): void => {
    index[s] = low[s] = counter++
    cursor[s] = offsets[s]!
    path.push(s)
    open.push(s)
  }
  for (let root = 0; root < states; root++) {
    if (waiting[root] === 0 || index[root] !== -1) continue
    enter(root)
    while (path.length > 0) {
      const s = path[path.length - 1]!
      if (cursor[s]! < offsets[s + 1]!) {
        const next = to[cursor[s]!++]!
        if (next < 0 || waiting[next] === 0) continue
        if (index[next] === -1) enter(next)
        else if (component[next] === -1) low[s] = Math.min(low[s]!, index[next]!)
        continue
      }
      path.pop()
      const up = path[path.length - 1]
      if (up !== undefined) low[up] = Math.min(low[up]!, low[s]!)
      if (low[s] !== index[s]) continue
      const members = open.splice(open.lastIndexOf(s))
      for (const member of members) component[member] = components
      components++
      if (!visit(members, component)) return
    }
  }
}

/** A walk from the first member back to it that takes, or finds impossible somewhere, every fair action. */
const around = (graph: Graph, members: ReadonlyArray<number>, component: Int32Array, fair: ReadonlyArray<boolean>):
  ReadonlyArray<Edge> => {
  const start = members[0]!
  const mine = component[start]!
  const inside = (s: number): Array<Edge> => {
    const edges: Array<Edge> = []
    for (let e = graph.offsets[s]!; e < graph.offsets[s + 1]!; e++) {
      const to = graph.to[e]!
      if (to >= 0 && component[to] === mine) edges.push({ from: s, to, action: graph.actions[e]! })
    }
    return edges
  }
  const possible = (s: number): Set<number> =>
    new Set(graph.actions.subarray(graph.offsets[s]!, graph.offsets[s + 1]!))
  const loop: Array<Edge> = []
  let here = start
  let owed = [...possible(start)].filter((action) => fair[action])
  const go = (isGoal: (edge: Edge) => boolean): boolean => {
    const found = shortest(here, inside, isGoal)
    if (found === undefined) return false
    for (const edge of found) {
      loop.push(edge)
      const can = possible(edge.to)
      owed = owed.filter((action) => action !== edge.action && can.has(action))
      here = edge.to
    }
    return true
  }
  while (owed.length > 0) {
    const [action] = owed
    if (!go((edge) => edge.action === action || !possible(edge.to).has(action!))) break
  }
  if (here !== start || (loop.length === 0 && inside(start).length > 0)) go((edge) => edge.to === start)
  return loop
}

const shortest = (from: number, edgesOf: (s: number) => Array<Edge>, isGoal: (edge: Edge) => boolean):
  Array<Edge> | undefined => {
  const cameBy = new Map<number, Edge | undefined>([[from, undefined]])
  const queue = [from]
  for (let i = 0; i < queue.length; i++) {
    for (const edge of edgesOf(queue[i]!)) {
      if (isGoal(edge)) {
        const path = [edge]
        for (let back = cameBy.get(edge.from); back !== undefined; back = cameBy.get(back.from)) path.unshift(back)
        return path
      }
      if (!cameBy.has(edge.to)) {
        cameBy.set(edge.to, edge)
        queue.push(edge.to)
      }
    }
  }
  return undefined
}
