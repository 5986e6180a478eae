/**
 * input/audit: an API server's audit log. A write whose answer has a body is a change; a binding is one by its request;
 * an answer without a body that says that something is gone is a removal between two revisions. A write without a body
 * leaves a hole: what comes next of that object is a sight. All writes are requests: who asked, on which version, with
 * which grace and preconditions.
 *
 * Source: apiserver pkg/endpoints/handlers/delete.go (a Status when it was removed at once, else the object),
 * registry/generic/registry/store.go (whoever takes the last finalizer is answered what they sent), v1.36.
 */
import { epoch_ms } from "#model/limits.ts"
import { type Facts, type ForeignObject, type Heard, revisionOf } from "#properties/harness/judge/input/heard.ts"

interface AuditEvent {
  readonly kind?: string
  readonly stage?: string
  readonly level?: string
  readonly auditID?: string
  readonly verb?: string
  readonly userAgent?: string
  readonly requestURI?: string
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string
    readonly subresource?: string; readonly uid?: string }
  readonly responseStatus?: { readonly code?: number }
  readonly requestObject?: any
  readonly responseObject?: any
  readonly stageTimestamp?: string
}
export const isAudit = (first: object): boolean =>
  "auditID" in first || ("apiVersion" in first && String(first.apiVersion).startsWith("audit.k8s.io/"))

const writes: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"])
/** They write nothing that is stored under the object's name. */
const pure: ReadonlySet<string> = new Set(["token", "exec", "attach", "portforward", "proxy", "log"])

interface Write {
  readonly at_ms: number
  readonly where: string
  readonly verb: string
  readonly resource: string
  readonly subresource: string
  /** "namespace/name". */
  readonly name: string
  readonly code: number
  readonly asked: any
  readonly answered: any
  readonly id: string
  readonly agent: string
}

const hasEnded = ({ metadata }: any): boolean => metadata.deletionTimestamp !== undefined
  && (metadata.finalizers?.length ?? 0) === 0 && (metadata.deletionGracePeriodSeconds ?? 0) === 0
const isGone = (resource: string, object: any): boolean =>
  hasEnded(object) && (resource !== "namespaces" || (object.spec?.finalizers?.length ?? 0) === 0)

const scheduled = (pod: any, node: string, stamp: string): ForeignObject => {
  const { nominatedNodeName: _nominated, ...status } = pod.status ?? {}
  const conditions = (status.conditions ?? []).filter(({ type }: { readonly type: string }) => type !== "PodScheduled")
  return { ...pod, spec: { ...pod.spec, nodeName: node }, status: { ...status, conditions: [...conditions,
    { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: stamp }] } }
}

export class AuditReader {
  readonly #facts: Facts
  readonly #onlyRequests: boolean
  /** The last that is known of each object, by "resource namespace/name". */
  readonly #known = new Map<string, ForeignObject>()
  readonly #holed = new Set<string>()
  readonly #kinds = new Set<string>()
  readonly #unheard = new Set<string>()
  #revision = 0
  #told = 0

  /** `onlyRequests`: other files tell of the changes. */
  constructor(facts: Facts, onlyRequests: boolean) {
    this.#facts = facts
    this.#onlyRequests = onlyRequests
    facts.sources.add("requests")
  }

  read(event: AuditEvent, where: string): ReadonlyArray<Heard> {
    const write = this.#writeOf(event, where)
    if (write === undefined) return []
    const changes = this.#onlyRequests || write.code >= 300 ? [] : this.#changesOf(write)
    return this.#asRequest(write, changes)
  }

  #writeOf(event: AuditEvent, where: string): Write | undefined {
    const { objectRef, responseStatus, stage, verb = "" } = event
    if (stage !== "ResponseComplete" || !writes.has(verb) || objectRef?.resource === undefined) return undefined
    if (event.requestURI?.includes("dryRun=All") === true || pure.has(objectRef.subresource ?? "")) return undefined
    const { requestObject: asked, responseObject: answered } = event
    const bare = objectRef.name ?? answered?.metadata?.name ?? answered?.details?.name ?? ""
    return {
      at_ms: Date.parse(event.stageTimestamp ?? "") - epoch_ms, where, verb, resource: objectRef.resource,
      subresource: objectRef.subresource ?? "",
      name: objectRef.namespace === undefined || objectRef.resource === "namespaces" ? bare
        : `${objectRef.namespace}/${bare}`,
      code: responseStatus?.code ?? 0, asked, answered, id: event.auditID ?? where,
      agent: (event.userAgent ?? "").split("/")[0]!
    }
  }

  #changesOf(write: Write): ReadonlyArray<Heard> {
    const { answered, at_ms, name, resource, subresource, verb, where } = write
    const key = `${resource} ${name}`
    if (this.#unheard.has(resource)) return []
    const known = this.#known.get(key)
    if (subresource === "binding") {
      if (known === undefined || write.asked?.target?.name === undefined) return this.#hole(key)
      const stamp = `${new Date(at_ms + epoch_ms).toISOString().slice(0, 19)}Z`
      const revision = this.#revision + this.#step()
      const object = scheduled(known, write.asked.target.name, stamp)
      return [this.#change(write, "updated", { ...object,
        metadata: { ...object.metadata, resourceVersion: String(revision) } }, revision)]
    }
    if (subresource === "eviction") return this.#hole(key)
    if (answered?.metadata?.uid !== undefined) return this.#withBody(write, answered, key)
    if (verb === "delete" && answered?.kind === "Status") {
      return known === undefined ? [] : [this.#change(write, "deleted", known, this.#revision)]
    }
    if (verb === "create" || verb === "deletecollection" || (verb === "delete" && answered === undefined)) {
      return this.#unhear(resource, at_ms, where)
    }
    return this.#hole(key)
  }

  #withBody(write: Write, answered: ForeignObject, key: string): ReadonlyArray<Heard> {
    const { resource, verb } = write
    const revision = revisionOf(answered)
    if (isGone(resource, answered) && verb !== "create") {
      const known = this.#known.get(key)
      if (known === undefined) return []
      // Whoever was answered what is gone with its own revision is the one who deleted it.
      return [verb === "delete" ? this.#change(write, "deleted", answered, revision)
        : this.#change(write, "deleted", { ...known, metadata: { ...known.metadata } }, this.#revision)]
    }
    return [this.#change(write, verb === "create" ? "created" : "updated", answered, revision)]
  }

  #change({ at_ms, name, resource, where }: Write, type: "created" | "updated" | "deleted", object: ForeignObject,
    revision: number): Heard {
    const key = `${resource} ${name}`
    const isLatecomer = type === "updated" && !this.#known.has(key)
    const isAfterHole = this.#holed.delete(key)
    this.#kinds.add(resource)
    if (type === "deleted") this.#known.delete(key)
    else this.#known.set(key, object)
    if (revision > this.#revision) {
      this.#revision = revision
      this.#told = 0
    }
    return { what: "change", at_ms, where, resource, type, revision, object,
      ...(isAfterHole && type === "updated" ? { isAfterHole: true } : {}), ...(isLatecomer ? { isLatecomer } : {}) }
  }
  #hole(key: string): ReadonlyArray<Heard> {
    this.#holed.add(key)
    return []
  }
  /** Behind the last revision, before the next. */
  #step(): number {
    return 1 - 1 / 2 ** ++this.#told
  }

  /** There may be objects that nobody tells of. */
  #unhear(resource: string, at_ms: number, where: string): ReadonlyArray<Heard> {
    this.#unheard.add(resource)
    if (!this.#kinds.has(resource)) return []
    const why = "a write without a body"
    this.#facts.notes.push(`${where}: ${why}: from here on ${resource} are not heard`)
    return [{ what: "gap", at_ms, where, resource, revision: this.#revision, why, isForGood: true }]
  }

  #asRequest(write: Write, changes: ReadonlyArray<Heard>): ReadonlyArray<Heard> {
    const { answered, at_ms, code, id, name, resource, verb, where } = write
    if (verb !== "update" && verb !== "patch" && verb !== "delete") return changes
    const [done] = changes
    const revision = done?.what === "change" ? done.revision
      : this.#onlyRequests && answered?.metadata?.resourceVersion !== undefined ? revisionOf(answered) : undefined
    const line = { at_ms, clock_ms: at_ms, actor: "api-server/audit", chart: "api-server.write", entity: id }
    const at = revision ?? this.#revision
    const preconditions = write.asked?.preconditions
    const expected = Number(preconditions?.resourceVersion ?? (verb === "delete" ? 0
      : write.asked?.metadata?.resourceVersion ?? 0))
    const grace = verb === "delete" ? write.asked?.gracePeriodSeconds : undefined
    const requested: Heard = { what: "told", at_ms, where, revision: at - 0.25, line: { ...line, event: {
      type: "write.requested", agent: write.agent, verb, resource, key: `/registry/${resource}/${name}`, expected,
      uid: preconditions?.uid ?? "", ...(typeof grace === "number" ? { grace } : {}) } } }
    if (code >= 300) {
      return [requested, { what: "told", at_ms, where, revision: at, line: { ...line, event: {
        type: "write.refused", code, reason: String(answered?.reason ?? "") } } }]
    }
    if (revision === undefined || answered?.metadata?.uid === undefined) return [requested, ...changes]
    return [requested, ...changes, { what: "told", at_ms, where, revision: at + 0.25, line: { ...line, event: {
      type: "write.done", uid: answered.metadata.uid, revision,
      removed: done?.what === "change" && done.type === "deleted" } } }]
  }
}
