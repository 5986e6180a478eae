/**
 * The runtime's view of its sandboxes and containers, who subscribes to it, and the journal of what really runs.
 */
import type { Connection } from "#impl/ports.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { Content } from "#impl/container-runtime/records.ts"
import type { ContainerState, RuntimeFrame, SandboxStatus } from "#impl/ports/runtime.ts"
import type { Event } from "#model/events.ts"
import type { charts } from "#model/container-runtime.ts"

type Charts = typeof charts

export class RuntimeState {
  readonly content: Content
  readonly #journal: Journal["Service"]
  readonly #subscribers = new Set<Connection>()

  constructor(content: Content, journal: Journal["Service"]) {
    this.content = content
    this.#journal = journal
  }

  subscribe(connection: Connection): void {
    this.#subscribers.add(connection)
    const frame: RuntimeFrame = {
      type: "snapshot",
      sandboxes: [...this.content.sandboxes.values()],
      containers: [...this.content.containers.values()]
    }
    connection.send(frame, "snapshot")
  }
  unsubscribe(connection: Connection): void {
    this.#subscribers.delete(connection)
  }
  #tell(frame: RuntimeFrame, id: string): void {
    for (const connection of this.#subscribers) connection.send(frame, `${frame.type} ${id}`)
  }

  putSandbox(sandbox: SandboxStatus): void {
    this.content.sandboxes.set(sandbox.id, sandbox)
    this.#tell({ type: "sandbox", sandbox }, sandbox.id)
  }
  putContainer(container: ContainerState): void {
    this.content.containers.set(container.id, container)
    this.#tell({ type: "container", container }, container.id)
  }
  removeSandbox(sandbox: SandboxStatus): void {
    this.content.sandboxes.delete(sandbox.id)
    this.#tell({ type: "removed", id: sandbox.id, pod: sandbox.pod }, sandbox.id)
  }
  removeContainer(container: ContainerState): void {
    this.content.containers.delete(container.id)
    this.#tell({ type: "removed", id: container.id, pod: container.pod }, container.id)
  }
  containersOf(sandbox: string): Array<ContainerState> {
    const found: Array<ContainerState> = []
    for (const container of this.content.containers.values()) if (container.sandbox === sandbox) found.push(container)
    return found
  }

  wroteSandbox(sandbox: SandboxStatus, event: Event, state: StateOf<Charts["container-runtime.sandbox"]>): void {
    this.#journal.wrote("container-runtime.sandbox", sandbox.id, event, state)
  }
  wroteContainer(container: ContainerState, event: Event, state: StateOf<Charts["container-runtime.container"]>): void {
    this.#journal.wrote("container-runtime.container", container.id, event, state)
  }
  wroteImage(image: string, event: Event, state: StateOf<Charts["container-runtime.image"]>): void {
    this.#journal.wrote("container-runtime.image", image, event, state)
  }
}

export const labelsOf = (one: SandboxStatus | ContainerState) =>
  ({ podUid: one.pod.uid, namespace: one.pod.namespace, pod: one.pod.name })
