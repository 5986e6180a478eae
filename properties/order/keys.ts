/** By what the laws of several components count: whose line it is, which start, which pod on which node. */
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import { said, type Said } from "#properties/order.ts"

/** The whole world is one home. */
export const anywhere = (): string => ""
/** One of an actor: it stands for itself. */
export const itself = (_event: object, { actor }: Line): string => actor
/** The home of a start is the process that starts, not the machine that says so. */
export const processOf = ({ actor, event }: Line): string => event.type === "process.started" ? event.process : actor
/** A start of a process with that name before the slash, as the incarnation that it is. */
export const startOf = (component: string): Said => said("process.started", ({ incarnation, process }) =>
  process.startsWith(`${component}/`) ? String(incarnation) : undefined)

/** Kubelet and runtime of one node are one home. */
export const nodeOf = ({ actor }: Line): string => actor.slice(actor.indexOf("/") + 1)
export const onNode = ({ node }: { readonly node: string }, { entity }: Line): string => `${entity} on ${node}`
export const onOwnNode = (_event: object, line: Line): string => `${line.entity} on ${nodeOf(line)}`

type Stored = { readonly resource: string; readonly object?: unknown }
const boundTo = ({ object, resource }: Stored, { entity }: Line): string | undefined => {
  const node = resource === "pods" ? (object as Pod).spec.nodeName ?? "" : ""
  return node === "" ? undefined : `${entity} on ${node}`
}
/** A pod is committed as bound to a node. */
export const boundAsCommitted: Said = { ...said("object.created", boundTo), ...said("object.updated", boundTo) }
/** A node is committed for the first time. */
export const registered: Said = said("object.created", ({ key, resource }) =>
  resource === "nodes" ? key.slice("/registry/nodes/".length) : undefined)

/** A clock may be a tenth slow, and what holds a process up for a moment is not told. */
export const clockLeeway = 1.25
