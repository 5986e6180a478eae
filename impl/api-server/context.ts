/** api-server/context: what every handler of one server process shares. Spec: model/api-server.ts. */
import type { Admission } from "#impl/api-server/admission.ts"
import type { Cacher } from "#impl/api-server/cacher.ts"
import type { Parts } from "#impl/api-server/parts.ts"
import type { Gate } from "#impl/api-server/gate.ts"
import type { ApiFailed } from "#impl/api-server/status.ts"
import type { EtcdClient } from "#impl/api-server/etcd-client.ts"
import type { Storage } from "#impl/api-server/storage.ts"
import type { Journal } from "#impl/journal.ts"
import type { Request, ServerFrame } from "#impl/ports/api.ts"
import type { Draws, Process } from "#impl/ports.ts"
import type { Resource } from "#model/kinds.ts"

export type Cachers = { readonly [R in Resource]: Cacher }

export interface ServerContext {
  readonly process: Process["Service"]
  readonly journal: Journal["Service"]
  readonly draws: Draws["Service"]
  readonly parts: Parts
  readonly etcd: EtcdClient
  readonly storage: Storage
  readonly cachers: Cachers
  readonly admission: Admission
  readonly gate: Gate
}

/** One request of one client. */
export interface Asked<R extends Request = Request> {
  readonly id: number
  /** "<connection>/<request id>": names the request in the journal. */
  readonly entity: string
  readonly agent: string
  readonly request: R
  /** On the process's monotonic clock. */
  readonly deadline_ms: number
}

export const statusFrame = (id: number, failure: ApiFailed): ServerFrame =>
  ({ type: "status", id, status: failure.status })
