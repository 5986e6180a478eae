/**
 * What a component says of an answer, and the answer itself: the one comes with the other, in the same instant. The
 * client tells of every request; the component that sent it tells what it made of it. Neither may stand alone, and at
 * rest nothing is left unanswered.
 */
import type { Event, Line } from "#model/events.ts"
import { keyOf } from "#model/kinds.ts"
import { ByActor } from "#properties/by-actor.ts"
import { always, eventually, type Property } from "#properties/property.ts"

type Sent = Extract<Event, { readonly type: "request.sent" }>
type Answered = Extract<Event, { readonly type: "request.answered" }>

const component = (actor: string): string => actor.slice(0, actor.indexOf("/"))
const requestOf = ({ resource, subresource, verb }: Sent): string =>
  `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}`

/** By component and request: what is said of its success. */
const saidOfSuccess: Readonly<Record<string, (request: string) => Event["type"] | undefined>> = {
  // Nodes and the status of pods are written by controllers without keys; whoever deletes may be any of them.
  "controller-manager": (request) => /^(update|patch) (nodes|pods\/status)/.test(request) ? undefined : "sync.wrote",
  kubelet: (request) => request === "patch nodes/status" ? "nodeStatus.posted"
    : request === "patch pods/status" ? "podStatus.posted" : undefined,
  scheduler: (request) => request === "create pods/binding" ? "podBinding.succeeded" : undefined
}
/** Of the others it is said only sometimes. */
const mustBeSaid = (request: string): boolean => !request.startsWith("delete ")
/** What is never said without an answer. */
const needsAnswer: ReadonlySet<string> = new Set(["sync.wrote", "nodeStatus.posted", "podStatus.posted",
  "podBinding.succeeded"])
const needers = [...needsAnswer]

/** The uid of which both speak, where both name one. */
const uidOf = ({ entity, event }: Line): string | undefined => {
  switch (event.type) {
    case "sync.wrote":
      return event.uid
    case "podStatus.posted":
      return entity
    default:
      return undefined
  }
}

interface Open {
  readonly line: Line
  readonly answered: Answered
  readonly request: string
  readonly said: Event["type"]
}
interface Asker {
  readonly sent: Map<string, Sent>
  /** Successes of this instant of which nothing was said yet. */
  open: Array<Open>
  /** Their instant. It stands still while the process is paused. */
  at_ms: number
  isPaused: boolean
}

const fits = (open: Open, line: Line): boolean => {
  if (open.said !== line.event.type) return false
  const uid = uidOf(line)
  const { event } = line
  // A removal may be answered without the object, and nobody asks a deletion for its revision.
  const isDeletion = event.type === "sync.wrote" && event.verb.startsWith("delete")
  if (uid !== undefined && open.answered.uid !== uid && !(isDeletion && open.answered.uid === undefined)) return false
  return isDeletion || (event.type !== "podStatus.posted" && event.type !== "sync.wrote")
    || open.answered.revision === event.revision
}

const answersAreTold = always(
  "What a component says of an answer comes with that answer, and of every success it says so", [],
  ({ now }) => {
    const askers = new Map<string, Asker>()
    /** Of pods that are gone a kubelet has nothing to say any more: their deletion may overtake the last answer. */
    const isGone = (uid: string): boolean => now.pods.known(uid) !== undefined && now.pods.get(uid) === undefined
    return (line) => {
      const { actor, at_ms, entity, event } = line
      switch (event.type) {
        case "process.crashed":
        case "process.stopped":
          askers.delete(event.process)
          return undefined
        case "process.paused":
        case "process.resumed": {
          const held = askers.get(event.process)
          if (held === undefined) return undefined
          if (event.type === "process.resumed" && held.isPaused) held.at_ms = at_ms
          held.isPaused = event.type === "process.paused" && held.at_ms === at_ms
          return undefined
        }
      }
      let asker = askers.get(actor)
      if (asker === undefined) askers.set(actor, asker = { sent: new Map(), open: [], at_ms, isPaused: false })
      if (asker.at_ms !== at_ms) {
        const silent = asker.open.find(({ answered, request }) => mustBeSaid(request)
          && !(request === "patch pods/status" && isGone(answered.uid ?? "")))
        asker.open = []
        asker.at_ms = at_ms
        if (silent !== undefined) {
          return `${actor} said nothing of its ${silent.request}, answered in line ${silent.line.seq}`
        }
      }
      if (event.type === "request.sent") asker.sent.set(entity, event)
      else if (event.type === "request.answered") {
        const sent = asker.sent.get(entity)
        asker.sent.delete(entity)
        if (sent === undefined || event.reason !== undefined || event.code >= 300) return undefined
        const request = requestOf(sent)
        const said = saidOfSuccess[component(actor)]?.(request)
        if (said !== undefined) asker.open.push({ line, answered: event, request, said })
      } else if (event.type === "request.outcomeUnknown") asker.sent.delete(entity)
      else if (needsAnswer.has(event.type)) {
        const found = asker.open.findIndex((open) => fits(open, line))
        if (found < 0) {
          return `${actor} says ${event.type} of ${entity}, and no such request was answered in that instant`
        }
        asker.open.splice(found, 1)
      }
      return undefined
    }
  },
  ["request.", ...needers, "process.crashed", "process.stopped", "process.paused",
    "process.resumed"]
)

/** What each component must have said before it asks, and the key under which both are known. */
type Reasons = (line: Line, podOf: (uid: string) => string) => {
  readonly gives?: readonly [reason: string, count: number]
  readonly takes?: string
}
const reasonsOf: Readonly<Record<string, Reasons>> = {
  scheduler: ({ event }) => event.type === "podBinding.began" ? { gives: [`bind ${event.pod}`, 1] } : {},
  "controller-manager": ({ entity, event }) => {
    if (event.type === "sync.batchStarted") return { gives: ["create", event.size] }
    if (event.type === "key.taken") return { gives: [entity, Infinity] }
    const key = entity.slice(entity.indexOf(":") + 1)
    // That pods could not be made or deleted stands in the status, and no plan could know it (ReplicaFailure).
    if (event.type === "sync.failed" && (event.verb === "create" || event.verb === "delete")) {
      return { gives: [`report ${key}`, 2] }
    }
    // Once more after a failure.
    if (event.type === "sync.planned") {
      return { gives: [`report ${key}`, event.acts ? Infinity : event.reports ? 2 : 0] }
    }
    return event.type === "key.done" ? { takes: entity } : {}
  },
  kubelet: ({ entity, event }, podOf) => {
    if (event.type === "kubelet.registered") return { gives: ["node", Infinity] }
    return event.type.startsWith("podWorker.") ? { gives: [podOf(entity), Infinity] } : {}
  }
}
const reasonFor = (sent: Sent, actor: string): string | undefined => {
  if (component(actor) === "controller-manager" && sent.resource !== "nodes") {
    if (sent.verb === "create") return "create"
    if (sent.verb === "update" && sent.subresource === "status" && sent.resource !== "pods") return `report ${sent.key}`
  }
  switch (`${component(actor)} ${requestOf(sent)}`) {
    case "scheduler create pods/binding":
      return `bind ${sent.key}`
    case "controller-manager update nodes/status":
      return `node-lifecycle:${sent.key}`
    case "kubelet patch nodes/status":
      return "node"
    case "kubelet patch pods/status":
      return sent.key
    default:
      return undefined
  }
}

const requestsHaveReasons = always("A component asks only for what it said it would do, and as often", [],
  ({ now }) => {
    const reasons = new Map<string, Map<string, number>>()
    const waiting = new ByActor<true>()
    const podOf = (uid: string): string => {
      const pod = now.pods.known(uid)
      return pod === undefined ? uid : keyOf(pod)
    }
    return (line) => {
      const { actor, entity, event } = line
      if (event.type === "process.crashed" || event.type === "process.stopped") {
        reasons.delete(event.process)
        return undefined
      }
      const rules = reasonsOf[component(actor)]
      if (rules === undefined) return undefined
      let mine = reasons.get(actor)
      if (mine === undefined) reasons.set(actor, mine = new Map())
      if (event.type === "request.postponed") waiting.set(actor, entity, true)
      else if (event.type === "request.sent" && waiting.take(actor, entity) === undefined) {
        const reason = reasonFor(event, actor)
        if (reason === undefined) return undefined
        const left = mine.get(reason) ?? 0
        if (left < 1) return `${actor} sends ${requestOf(event)} of ${event.key} without a reason`
        mine.set(reason, left - 1)
      } else {
        const { gives, takes } = rules(line, podOf)
        if (gives !== undefined) mine.set(gives[0], Math.max(0, mine.get(gives[0]) ?? 0) + gives[1])
        if (takes !== undefined) mine.delete(takes)
      }
      return undefined
    }
  },
  ["request.sent", "request.postponed", "podBinding.began", "sync.batchStarted", "sync.planned", "sync.failed",
    "key.taken", "key.done", "kubelet.registered", "podWorker.", "process.crashed", "process.stopped"])

/** Longer than anything takes when nothing is wrong, and than a dead connection takes to be noticed. ASSUMED. */
const settled_ms = 10_000
const begins: ReadonlySet<string> = new Set(["kv.invoked", "write.requested", "read.requested", "request.sent"])
const nothingIsLeftOpen = eventually("At rest nothing that was asked is left unanswered for long", [],
  () => {
    const open = new ByActor<Line>()
    let now_ms = 0
    return {
      line: (line) => {
        const { actor, at_ms, entity, event } = line
        now_ms = at_ms
        if (event.type === "process.crashed" || event.type === "process.stopped") {
          open.forget(event.process)
          return
        }
        const name = event.type === "kv.invoked" || event.type === "kv.returned" ? event.id : entity
        if (begins.has(event.type)) open.set(actor, name, line)
        else open.take(actor, name)
      },
      holds: () => {
        for (const [, , { actor, at_ms, entity, event, seq }] of open) {
          if (now_ms - at_ms > settled_ms) return `line ${seq}, ${event.type} of ${actor} ${entity}, is unanswered`
        }
        return undefined
      }
    }
  }, ["kv.", "write.", "read.", "request.", "process.crashed", "process.stopped"])

export const properties: ReadonlyArray<Property> = [nothingIsLeftOpen, answersAreTold, requestsHaveReasons]
