/**
 * The calls of CRI. What changes a sandbox or a container is written to disk before it is answered. The order of
 * record and journal is chosen so that a crash between the two leaves a history that the charts allow: a creation is
 * journalled as it is appended, a start after it is durable, a removal after it is durable.
 */
import { Effect } from "effect"
import type { Cell, Draws, ImageRegistry, Process } from "#impl/ports.ts"
import type { Containers } from "#impl/container-runtime/containers.ts"
import type { Endings } from "#impl/container-runtime/endings.ts"
import type { Record, Records } from "#impl/container-runtime/records.ts"
import { labelsOf, type RuntimeState } from "#impl/container-runtime/state.ts"
import type { Answer, Call, ContainerState, SandboxStatus } from "#impl/ports/runtime.ts"
import { programOf } from "#model/objects/programs.ts"

export interface CallFailed {
  readonly message: string
}
const failed = (message: string): Effect.Effect<never, CallFailed> => Effect.fail({ message })
const done: Answer = { type: "done" }

export interface Context {
  readonly process: Process["Service"]
  readonly draws: Draws["Service"]
  readonly registry: ImageRegistry["Service"]
  readonly records: Records
  readonly state: RuntimeState
  readonly containers: Containers
  readonly endings: Endings
  /** Pulls under way, by image: who asks for one of them waits for its outcome. */
  readonly pulls: Map<string, Cell<string | undefined>>
  /** Whose creation is on its way to the disk: their names are taken, and nobody is shown them yet. */
  readonly creations: Map<string, ContainerState>
  readonly sandboxCreations: Map<string, SandboxStatus>
  /** False once the caller is gone: what has not begun by then does not begin. */
  readonly callerIsThere: () => boolean
}

const onDisk = <A>(effect: Effect.Effect<A, { readonly reason: string }>): Effect.Effect<A, CallFailed> =>
  Effect.mapError(effect, (error) => ({ message: `disk: ${error.reason}` }))
const persist = (context: Context, record: Record) =>
  onDisk(Effect.andThen(context.records.append(record), context.records.sync))

/** What went wrong, if anything did: the rest has to be done either way. */
const ended = (effect: Effect.Effect<unknown, CallFailed>): Effect.Effect<CallFailed | undefined> =>
  Effect.match(effect, { onSuccess: () => undefined, onFailure: (error) => error })

/** A number for the machine's pod network; the same in every run. */
const networkOf = (machine: string): number => {
  let value = 0
  for (let i = 0; i < machine.length; i++) value = (value * 31 + machine.charCodeAt(i)) % 65_536
  return value
}

/** Also those that are being made: nobody is shown them yet, but their names and addresses are taken. */
const sandboxesOf = ({ sandboxCreations, state }: Context): ReadonlyArray<SandboxStatus> =>
  [...state.content.sandboxes.values(), ...sandboxCreations.values()]

const freeIp = (context: Context): string => {
  const used = new Set<string>()
  for (const sandbox of sandboxesOf(context)) used.add(sandbox.ip)
  const network = networkOf(context.process.machine)
  const prefix = `10.${network >> 8}.${network & 255}.`
  const first = context.draws.below("container-runtime/ip", context.process.machine, 254)
  for (let i = 0; i < 254; i++) {
    const ip = `${prefix}${1 + (first + i) % 254}`
    if (!used.has(ip)) return ip
  }
  return `${prefix}255`
}

const runSandbox = (context: Context, call: Extract<Call, { verb: "runSandbox" }>) => Effect.gen(function*() {
  const { sandboxCreations, state } = context
  for (const sandbox of sandboxesOf(context)) {
    if (sandbox.pod.uid !== call.pod.uid || sandbox.attempt !== call.attempt) continue
    const isMade = sandbox.state === "ready" && !sandboxCreations.has(sandbox.id)
    if (isMade) return { type: "sandbox", sandbox } satisfies Answer
    return yield* failed(`name of sandbox ${call.pod.name} attempt ${call.attempt} is reserved for ${sandbox.id}`)
  }
  const id = context.draws.uuid("container-runtime/sandbox", `${call.pod.uid}/${call.attempt}`)
  const sandbox: SandboxStatus = { id, pod: call.pod, attempt: call.attempt, ip: freeIp(context), state: "ready" }
  yield* onDisk(context.records.append({ kind: "sandbox", sandbox }))
  context.containers.sandboxes.add(id)
  state.wroteSandbox(sandbox, {
    type: "sandbox.created", ...labelsOf(sandbox), attempt: sandbox.attempt, ip: sandbox.ip
  }, "ready")
  // Who sees it makes containers in it, and the next one's attempt counts on from it: it must survive a loss of power.
  sandboxCreations.set(id, sandbox)
  const failure = yield* ended(onDisk(context.records.sync))
  sandboxCreations.delete(id)
  state.putSandbox(sandbox)
  return failure === undefined ? { type: "sandbox", sandbox } satisfies Answer : yield* Effect.fail(failure)
})

const stopSandbox = (context: Context, id: string) => Effect.gen(function*() {
  const sandbox = context.state.content.sandboxes.get(id)
  if (sandbox === undefined || sandbox.state === "notReady") return done
  for (const container of context.state.containersOf(id)) {
    if (container.state === "running") context.endings.kill(container.id)
  }
  const stopped: SandboxStatus = { ...sandbox, state: "notReady" }
  context.containers.sandboxes.delete(id)
  context.state.wroteSandbox(stopped, { type: "sandbox.stopped", ...labelsOf(stopped), lost: false }, "notReady")
  context.state.putSandbox(stopped)
  yield* persist(context, { kind: "sandbox", sandbox: stopped })
  return done
})

const removeContainer = (context: Context, id: string) => Effect.gen(function*() {
  const { state } = context
  const container = state.content.containers.get(id)
  if (container === undefined) return done
  if (container.state === "running") return yield* failed(`container ${id} is running`)
  yield* persist(context, { kind: "removed", id })
  if (state.content.containers.get(id) === undefined) return done
  context.containers.forget(id)
  state.wroteContainer(container, { type: "container.removed", ...labelsOf(container) }, "removed")
  state.removeContainer(container)
  return done
})

const removeSandbox = (context: Context, id: string) => Effect.gen(function*() {
  yield* stopSandbox(context, id)
  for (const container of context.state.containersOf(id)) yield* removeContainer(context, container.id)
  const sandbox = context.state.content.sandboxes.get(id)
  if (sandbox === undefined) return done
  yield* persist(context, { kind: "removed", id })
  if (context.state.content.sandboxes.get(id) === undefined) return done
  context.state.wroteSandbox(sandbox, { type: "sandbox.removed", ...labelsOf(sandbox) }, "removed")
  context.state.removeSandbox(sandbox)
  yield* onDisk(context.records.compact)
  return done
})

const namesake = ({ creations, state }: Context, { uid }: ContainerState["pod"],
  call: Extract<Call, { verb: "createContainer" }>): ContainerState | undefined => {
  for (const containers of [state.content.containers, creations]) {
    for (const one of containers.values()) {
      if (one.pod.uid === uid && one.name === call.name && one.attempt === call.attempt) return one
    }
  }
  return undefined
}

const createContainer = (context: Context, call: Extract<Call, { verb: "createContainer" }>) =>
  Effect.gen(function*() {
    const { creations, state } = context
    const sandbox = state.content.sandboxes.get(call.sandbox)
    if (sandbox === undefined || sandbox.state !== "ready") return yield* failed(`sandbox ${call.sandbox} is not ready`)
    if (!state.content.images.has(call.image)) return yield* failed(`image ${call.image} is not present`)
    const other = namesake(context, sandbox.pod, call)
    if (other !== undefined) {
      return yield* failed(`name of container ${call.name} attempt ${call.attempt} is reserved for ${other.id}`)
    }
    const identity = `${sandbox.pod.uid}/${call.name}/${call.attempt}`
    const id = context.draws.uuid("container-runtime/container", identity)
    const program = programOf(call)
    if (program === undefined) return yield* failed(`image ${call.image} holds no program`)
    const container: ContainerState = {
      id, sandbox: sandbox.id, pod: sandbox.pod, name: call.name, attempt: call.attempt, image: call.image,
      program, state: "created"
    }
    yield* onDisk(context.records.append({ kind: "container", container }))
    state.wroteContainer(container, {
      type: "container.created", ...labelsOf(container), name: call.name, attempt: call.attempt,
      sandbox: sandbox.id, image: call.image, program
    }, "created")
    // Whoever sees it counts its attempt as a restart, and a count must not be lost with the power.
    creations.set(id, container)
    const failure = yield* ended(onDisk(context.records.sync))
    creations.delete(id)
    state.putContainer(container)
    if (!state.content.sandboxes.has(sandbox.id)) yield* removeContainer(context, id)
    return failure === undefined ? { type: "container", container } satisfies Answer : yield* Effect.fail(failure)
  })

const startContainer = (context: Context, id: string) => Effect.gen(function*() {
  const { state } = context
  const created = state.content.containers.get(id)
  if (created === undefined) return yield* failed(`no container ${id}`)
  if (created.state !== "created") return yield* failed(`container ${id} is ${created.state}`)
  context.containers.begun.add(id)
  yield* persist(context, { kind: "container", container: { ...created, state: "running" } })
  const sandbox = state.content.sandboxes.get(created.sandbox)
  if (state.content.containers.get(id) !== created) return yield* failed(`container ${id} has changed`)
  if (sandbox?.state !== "ready") return yield* failed(`sandbox ${created.sandbox} is not ready`)
  if (!context.callerIsThere()) return yield* failed("the caller is gone")
  const running = context.containers.start(id, created.program)
  const started: ContainerState = {
    ...created, state: "running", started_ms: running.started_ms, started_wall: Math.round(context.process.wall_ms())
  }
  state.wroteContainer(started, {
    type: "container.started", ...labelsOf(started), name: started.name, attempt: started.attempt
  }, "running")
  state.putContainer(started)
  context.endings.arm(id)
  return { type: "container", container: started } satisfies Answer
})

const pull = (context: Context, image: string) => Effect.gen(function*() {
  const pulled = yield* Effect.match(context.registry.pull(image, `${context.process.machine}/${image}`), {
    onSuccess: () => undefined,
    onFailure: (error) => error.reason
  })
  if (pulled !== undefined || context.state.content.images.has(image)) return pulled
  return yield* Effect.match(persist(context, { kind: "image", image }), {
    onSuccess: () => undefined,
    onFailure: (error) => error.message
  })
})

const pullImage = (context: Context, image: string) => Effect.gen(function*() {
  const { state } = context
  const underWay = context.pulls.get(image)
  if (underWay !== undefined) {
    const reason = yield* underWay.await
    return reason === undefined ? done : yield* failed(reason)
  }
  const outcome = context.process.cell<string | undefined>()
  context.pulls.set(image, outcome)
  state.wroteImage(image, { type: "image.pullBegan" }, "pulling")
  const reason = yield* pull(context, image)
  context.pulls.delete(image)
  outcome.succeed(reason)
  if (reason !== undefined) {
    state.wroteImage(image, { type: "image.pullFailed", reason }, "absent")
    return yield* failed(reason)
  }
  state.content.images.add(image)
  state.wroteImage(image, { type: "image.pulled" }, "present")
  return done
})

/** `stopContainer` is not here: it is answered by an end, not by an effect. */
export const perform = (
  context: Context, call: Exclude<Call, { verb: "stopContainer" }>
): Effect.Effect<Answer, CallFailed> => {
  switch (call.verb) {
    case "runSandbox": return runSandbox(context, call)
    case "stopSandbox": return stopSandbox(context, call.id)
    case "removeSandbox": return removeSandbox(context, call.id)
    case "createContainer": return createContainer(context, call)
    case "startContainer": return startContainer(context, call.id)
    case "removeContainer": return removeContainer(context, call.id)
    case "pullImage": return pullImage(context, call.image)
    case "imageStatus":
      return Effect.sync((): Answer => ({ type: "image", present: context.state.content.images.has(call.image) }))
    case "status": return Effect.succeed(done)
  }
}
