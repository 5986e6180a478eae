/**
 * Plays recorded requests, one after the other and at their own times, through our API server on its etcd, alone, and
 * holds its answers against the recorded ones.
 */
import { Effect } from "effect"
import * as apiServer from "#impl/api-server.ts"
import { type Answer, Transport } from "#impl/client/transport.ts"
import * as etcd from "#impl/etcd.ts"
import type { Request } from "#impl/ports/api.ts"
import { Network, Process } from "#impl/ports.ts"
import { World } from "#impl/sim/world.ts"
import { epoch_ms, requestTimeout_ms } from "#model/limits.ts"
import { type GivenObject, isResource, type Resource } from "#model/kinds.ts"
import type { Pod } from "#model/objects/pod.ts"
import { timeOf } from "#model/objects/time.ts"
import { compare, ourAnswer, theirAnswer } from "#properties/harness/differential/compare.ts"
import { Names } from "#properties/harness/differential/names.ts"
import type { Json, Recorded } from "#properties/harness/differential/recorded.ts"
import { askingOf, type Place, placeOf } from "#properties/harness/differential/request.ts"

export interface Verdict {
  readonly recorded: Recorded
  readonly resource: string
  /** "create", "patch (json)", "update of status" … */
  readonly verb: string
  /** The feature that is missing; then nothing was compared. */
  readonly later: string | undefined
  readonly differs: ReadonlyArray<string>
  /** Whether the sentences agree too, to the letter. Undefined where there is none. */
  readonly sameWords: boolean | undefined
}

/** Time for members and caches to come up before the first request. */
const warmUp_ms = 20_000
const machine = "cp-0"

const verbOf = (request: Request): string => {
  const subresource = "subresource" in request && request.subresource !== undefined ? ` of ${request.subresource}` : ""
  return `${request.verb}${subresource}${request.verb === "patch" ? ` (${request.type ?? "merge"})` : ""}`
}
/** The server's own writes: ours makes its own, so that the object is only looked at. */
const isOwn = ({ by, method, path }: Recorded): boolean =>
  by === "system:apiserver" && method === "POST" && placeOf(path).resource === "namespaces"

/** Asks one request after the other, and remembers what differed. */
class Player {
  readonly verdicts: Array<Verdict> = []
  readonly #names = new Names()
  /** What was made by a feature that is not here. */
  readonly #absent = new Set<string>()
  readonly #process: Process["Service"]
  readonly #transport: Transport
  #id = 0

  constructor(process: Process["Service"], network: Network["Service"]) {
    this.#process = process
    this.#transport = new Transport(process, network, "api-server", "driver")
  }

  #call(request: Request): Effect.Effect<Answer> {
    return this.#transport.call(this.#id++, request, request.verb, { timeout_ms: requestTimeout_ms })
  }

  /** What an eviction writes before it deletes. Source: addConditionAndDeletePod in kubernetes registry/core/pod. */
  #disrupt(namespace: string, name: string): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const found = yield* this.#call({ verb: "get", resource: "pods", namespace, name })
      if (found.type !== "object") return
      const pod = found.object as Pod
      const conditions = [...pod.status.conditions ?? [], {
        type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI", message: "Eviction API: evicting",
        lastTransitionTime: timeOf(this.#process.wall_ms())
      }]
      yield* this.#call({ verb: "update", resource: "pods", subresource: "status", namespace, name,
        object: { ...pod, status: { ...pod.status, conditions } } })
    })
  }

  /** The object as theirs answered. */
  #overwrite(resource: Resource, { name, namespace }: Place, theirs: unknown): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const found = yield* this.#call({ verb: "get", resource, namespace, name })
      if (found.type !== "object") return
      const made = this.#names.body(theirs) as { readonly metadata: Json }
      const { resourceVersion } = found.object.metadata
      const answer = yield* this.#call({ verb: "update", resource, namespace, name,
        object: { ...made, metadata: { ...made.metadata, resourceVersion } } as GivenObject })
      if (answer.type === "object") this.#names.learn(theirs, answer.object)
    })
  }

  /** The state after a request that cannot be made here, as far as it can be made otherwise. */
  #catchUp(recorded: Recorded): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const place = placeOf(this.#names.path(recorded.path))
      const { name, namespace, resource, subresource } = place
      if (recorded.code >= 300 || recorded.method === "GET" || name === "" || !isResource(resource)) return
      if (subresource === "eviction") {
        yield* this.#disrupt(namespace, name)
        yield* this.#call({ verb: "delete", resource, namespace, name })
      }
      if (subresource === "scale") {
        const { spec } = recorded.answer as { readonly spec: { readonly replicas: number } }
        yield* this.#call({ verb: "patch", resource, namespace, name, patch: { spec: { replicas: spec.replicas } } })
      }
      const kind = (recorded.answer as { readonly kind?: string } | undefined)?.kind
      if (subresource === "" && kind !== undefined && kind !== "Status") {
        yield* this.#overwrite(resource, place, recorded.answer)
      }
    })
  }

  #later(recorded: Recorded, resource: string, feature: string): Effect.Effect<void> {
    const place = placeOf(recorded.path)
    if (recorded.method === "POST" && recorded.code < 300 && place.subresource === "" && isResource(place.resource)) {
      this.#absent.add(keyOf({ ...place, name: place.name === "" ? nameOf(recorded.answer) : place.name }))
    }
    this.verdicts.push({
      recorded, resource, verb: recorded.method, later: feature, differs: [], sameWords: undefined
    })
    return this.#catchUp(recorded)
  }

  #judge(recorded: Recorded, resource: Resource, request: Request, answer: Answer): void {
    const verdict = { recorded, resource, verb: verbOf(request), later: undefined }
    if (answer.type !== "object" && answer.type !== "list" && answer.type !== "status") {
      this.verdicts.push({ ...verdict, differs: [`no answer: ${answer.type}`], sameWords: undefined })
      return
    }
    const own = isOwn(recorded)
    const theirs = theirAnswer(own ? 200 : recorded.code, recorded.answer)
    const ours = ourAnswer(answer)
    if (theirs.code < 300 && answer.type === "object") this.#names.learn(recorded.answer, answer.object)
    if (answer.type === "list") learnItems(this.#names, theirs.object, ours.object)
    const differs = compare(theirs, ours, this.#names)
    this.verdicts.push({
      ...verdict, sameWords: theirs.message === "" ? undefined : theirs.message === ours.message,
      differs: differs.filter((text) => !own || !text.startsWith("metadata.creationTimestamp"))
    })
  }

  ask(recorded: Recorded): Effect.Effect<void> {
    return Effect.suspend(() => {
      const place = placeOf(recorded.path)
      if (this.#absent.has(keyOf(place))) return this.#later(recorded, place.resource, ofAbsent)
      const asking = askingOf({
        ...recorded, path: this.#names.path(recorded.path), body: this.#names.body(recorded.body)
      })
      if (asking.type === "later") return this.#later(recorded, asking.resource, asking.feature)
      const { resource } = asking
      const request: Request = isOwn(recorded)
        ? { verb: "get", resource, namespace: "", name: nameOf(recorded.answer) } : asking.request
      return Effect.map(this.#call(request), (answer) => this.#judge(recorded, resource, request, answer))
    })
  }
}

export const play = (recordedList: ReadonlyArray<Recorded>): ReadonlyArray<Verdict> => {
  const began_ms = recordedList[0]!.at_ms
  let verdicts: ReadonlyArray<Verdict> = []
  const driver = Effect.gen(function* () {
    const process = yield* Process
    const player = new Player(process, yield* Network)
    verdicts = player.verdicts
    for (const recorded of recordedList) {
      const wait_ms = recorded.at_ms - began_ms + warmUp_ms - process.monotonic_ms()
      if (wait_ms > 0) yield* Effect.sleep(wait_ms)
      yield* player.ask(recorded)
    }
    // A process that ends is started again.
    yield* Effect.never
  })
  run(driver, began_ms, recordedList.at(-1)!.at_ms)
  if (verdicts.length !== recordedList.length) {
    throw new Error(`${verdicts.length} of ${recordedList.length} requests were answered`)
  }
  return verdicts
}

const ofAbsent = "an object that is not here"
const keyOf = ({ name, namespace, resource }: Place): string => `${resource}/${namespace}/${name}`

const nameOf = (object: unknown): string =>
  String((object as { readonly metadata?: Json } | undefined)?.metadata?.["name"] ?? "")

const learnItems = (names: Names, theirs: unknown, ours: unknown): void => {
  if (!Array.isArray(theirs) || !Array.isArray(ours)) return
  theirs.forEach((one, i) => names.learn(one, ours[i]))
}

const run = (driver: Effect.Effect<void, never, Process | Network>, began_ms: number, ended_ms: number): void => {
  const world = new World({ seed: 1, freeze: true })
  world.addMachine({ name: machine, role: "control-plane", capacity: {}, labels: {} })
  world.machines.get(machine)!.jumpClock(began_ms - warmUp_ms - epoch_ms)
  world.addProcess({ name: "etcd/0", machine, program: etcd.program({ members: ["etcd/0"], id: "etcd/0" }) })
  world.addProcess({ name: "api-server/0", machine, program: apiServer.program({ id: 0, etcdEndpoints: ["etcd/0"] }) })
  world.addBalancer("api-server", ["api-server/0"])
  world.addProcess({ name: "driver/0", machine, program: driver })
  world.start()
  world.run(warmUp_ms + ended_ms - began_ms + 2 * requestTimeout_ms)
  const [panic] = world.panics
  if (panic !== undefined) throw panic.error
}
