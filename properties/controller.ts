/**
 * What all controllers promise, and `controllerPromises`, which makes each of them promise it for its own objects:
 * eventually stable reconciliation, no endless writes, never more from one view than wanted, only lawful owners,
 * status true at rest.
 */
import { kinds, type Resource } from "#model/kinds.ts"
import { saysSomethingNew } from "#properties/cluster/idle-writes.ts"
import { actsSoon, adoptsOrphans, comesToItsNumber, isTrueAtRest } from "#properties/controller/converge.ts"
import { heardByLowered, lowersWhatFailed } from "#properties/controller/lowered.ts"
import { neverOvershoots } from "#properties/controller/overshoot.ts"
import {
  adoptsWhatCounts, changesOneOwner, livesWithTheLiving, movesByItsController, oneController
} from "#properties/controller/owners.ts"
import { keyIn, type Ruled } from "#properties/controller/ruled.ts"
import { heardBySight, writesByItsSight } from "#properties/controller/sight.ts"
import { failsForAReason, forgetsTheGone, looksForAReason, triesAgain } from "#properties/controller/syncs.ts"
import { after, said } from "#properties/order.ts"
import { anywhere } from "#properties/order/keys.ts"
import { always, eventually, leadsTo, needing, type Property, sometimes } from "#properties/property.ts"

const ends = ["process.crashed", "process.stopped"]

export const properties: ReadonlyArray<Property> = [
  always("a sync that failed is tried again, and no other", [107], triesAgain,
    ["key.taken", "key.done", "retry.postponed", "sync.began", "sync.stale", "sync.ended", ...ends]),
  always("while no fault has struck a sync fails only if something failed", [107], failsForAReason,
    ["fault.injected", "object.updated", "object.deleted", "sync.began", "sync.planned", "sync.failed", "sync.ended"]),
  after({ name: "A controller writes only for a key that one of its workers has", first: said("key.taken"),
    until: said("key.done"),
    second: { ...said("sync.began"), ...said("sync.stale"), ...said("sync.planned"), ...said("sync.wrote"),
      ...said("sync.failed"), ...said("expectations.set") } }),
  sometimes("a sync waits until the informers show what was written before", () => () => true, ["sync.stale"]),
  sometimes("what a controller has done is shown before it is answered", () => {
    const begun = new Set<string>()
    return ({ actor, entity, event }) => {
      if (event.type === "sync.began") begun.add(`${actor} ${entity}`)
      else if (event.type === "sync.ended") begun.delete(`${actor} ${entity}`)
      return event.type === "expectations.met" && begun.has(`${actor} ${entity}`)
    }
  }, ["sync.began", "sync.ended", "expectations.met"])
]

const owning = <R extends Resource, W extends Resource>(ruled: Ruled<R, W>): ReadonlyArray<Property> => {
  const { name, of, owns } = ruled
  const owned = kinds[owns].kind
  const changes = [`${of}.`, `${owns}.`]
  return [
    always(`${owned}s have at most one controller`, [81], oneController(owns), [`${owns}.`]),
    needing([of, owns, "times"],
      always(`${owned}s come to ${name} only if it exists`, [81], livesWithTheLiving(ruled), changes)),
    needing([owns, "times"],
      always(`${owned}s that count no longer are not adopted by ${name}`, [81], adoptsWhatCounts(ruled), [`${owns}.`])),
    always(`${owned}s come to ${name} or leave it one at a time, and their other owners stay`, [81],
      changesOneOwner(ruled), changes),
    leadsTo(`${owned}s come to ${name} and leave it by its own controller`, [81], movesByItsController(ruled),
      ["object.updated", "sync.wrote", "request.outcomeUnknown", ...ends]),
    needing([of, owns, "times"],
      leadsTo(`${owned}s without a controller that ${name} selects are adopted`, [81], adoptsOrphans(ruled), changes)),
    after({ name: `What is expected of ${name} is forgotten only when it is gone`, home: anywhere, stays: true,
      first: said("object.deleted", ({ key, resource }) =>
        resource === of ? `${ruled.queue}:${key.slice(`/registry/${of}/`.length)}` : undefined),
      second: said("expectations.forgotten", (_, { entity }) =>
        keyIn(ruled.queue, entity) === undefined ? undefined : entity) }),
    always(`what ${name}'s controller expects is lowered by what failed and by what its informer shows`, [80],
      lowersWhatFailed(ruled), heardByLowered),
    leadsTo(`Who expects something of ${name} that is gone forgets it`, [], forgetsTheGone(ruled),
      ["object.deleted", "expectations.", ...ends])
  ]
}

const reached = ({ name, ownerOf, queue }: Ruled<never, never>): ReadonlyArray<Property> => {
  const write = (sentence: string, type: "sync.wrote" | "sync.failed", verb: string): Property =>
    sometimes(`${name} ${sentence}`, () => ({ entity, event }) =>
      event.type === type && event.verb === verb && keyIn(queue, entity) !== undefined, [type])
  return [write("creates", "sync.wrote", "create"), write("cannot create", "sync.failed", "create"),
    ...ownerOf !== undefined ? []
      : [write("deletes", "sync.wrote", "delete"), write("adopts or releases", "sync.wrote", "patch")]]
}

export const controllerPromises = <R extends Resource, W extends Resource>(
  ruled: Ruled<R, W>
): ReadonlyArray<Property> => {
  const { name, of, owns } = ruled
  const changes = [`${of}.`, `${owns}.`]
  const hasStatus = ruled.status.length > 0
  return [
    // What it waits for by its own word only puts off what it must do.
    needing([of, owns, "times"], leadsTo(`${name} comes to have as many as it wants`, [79], comesToItsNumber(ruled),
      [...changes, "expectations.", ...ends])),
    needing([of, owns, "namespaces", "times"], eventually(
      `at rest ${name} has what it wants and its status says so`, [79], isTrueAtRest(ruled), ["object."])),
    needing([of, owns, "faults", "times"], always(
      `while nothing is wrong ${name} is as it should be within ten seconds`, [79], actsSoon(ruled), ["object."])),
    // Of others' controllers a take-over of the lease alone excuses.
    needing([of, owns, "leases", "times"], always(`${name} never creates more than it wants`, [80],
      neverOvershoots(ruled), [...changes, "controllerManager.led", "sync.failed", "sync.wrote",
        "expectations.expired", "process.resumed", ...ends])),
    always(`${name} writes only what is lawful in what its informers showed`, [79, 80, 81], writesByItsSight(ruled),
      heardBySight),
    always(`while no fault has struck ${name} is looked at only if something of it has changed`, [107],
      looksForAReason(ruled), ["fault.injected", ...changes, "key.added", "retry.postponed", "sync.ended",
        "expectations.", "controllerManager.controllerStarted"]),
    ...hasStatus ? [always(`${name}'s status is written only when it says something new`, [],
      saysSomethingNew("kube-controller-manager", of), ["write.", "request.", ...ends])] : [],
    ...ruled.ownerOf === undefined ? owning(ruled) : [],
    ...reached(ruled as never)
  ]
}
