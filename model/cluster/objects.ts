/** A pod as the store holds it, in the few versions that a scope needs. Revisions count from 1 without gaps. */
import { timeOf } from "#model/objects/time.ts"
import type { EventValue } from "#model/cluster/scope.ts"

export interface PodVersion {
  readonly revision: number
  readonly node?: string
  readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed"
  readonly generation?: number
  /** Deleted, with so much grace left. */
  readonly grace_s?: number
}

const created = timeOf(1_000)
const deleted_ms = 100_000

/** The object at one version of its life. */
const podObject = (name: string, version: PodVersion): object => {
  const { revision, node, phase = "Pending", generation = 1, grace_s } = version
  return {
    apiVersion: "v1", kind: "Pod",
    metadata: { name, namespace: "default", uid: name, resourceVersion: String(revision), generation,
      creationTimestamp: created,
      ...grace_s === undefined ? {}
        : { deletionTimestamp: timeOf(deleted_ms + grace_s * 1000), deletionGracePeriodSeconds: grace_s } },
    spec: { containers: [], ...node === undefined ? {} : { nodeName: node } },
    status: { phase }
  }
}

const common = (name: string, revision: number): object =>
  ({ revision, resource: "pods", key: `/registry/pods/default/${name}` })

export const podCreated = (name: string, version: PodVersion): EventValue =>
  ({ type: "object.created", ...common(name, version.revision), object: podObject(name, version) })
export const podUpdated = (name: string, before: PodVersion, version: PodVersion): EventValue =>
  ({ type: "object.updated", ...common(name, version.revision), object: podObject(name, version),
    previous: podObject(name, before) })
/** The last state, at the revision of the removal. */
export const podDeleted = (name: string, version: PodVersion): EventValue =>
  ({ type: "object.deleted", ...common(name, version.revision), object: podObject(name, version) })
