/**
 * api-server/registry/strategy: what a kind may decide about its own objects. Spec: model/api-server.ts.
 *
 * Source: apiserver registry/rest/{create,update,delete}.go RESTCreateStrategy, RESTUpdateStrategy.
 */
import type { ApiObject } from "#model/kinds.ts"
import type { Causes } from "#model/objects/causes.ts"

export interface Strategy<O extends ApiObject> {
  /** PUT to a missing object creates it. */
  readonly allowsCreateOnUpdate: boolean
  /** PUT without resourceVersion overwrites. */
  readonly allowsUnconditionalUpdate: boolean
  /** A deletion answers with the object that is gone; else with a Status. */
  readonly returnsDeleted: boolean
  /** What stands for a field that a client leaves out, whenever it writes. Absent: the kind has no defaults. */
  readonly defaulted?: (object: O) => O
  /** What a client may not choose at creation. Metadata, defaults and admission are done. */
  readonly prepareForCreate: (object: O, now_ms: number) => O
  readonly validate: (object: O) => Causes
  /** What a client may not choose in a later write; the status is the old one already. */
  readonly prepareForUpdate?: (object: O, existing: O) => O
  readonly validateUpdate: (object: O, existing: O) => Causes
  /** Absent: the kind has no status. Spec is the old one already. */
  readonly status?: {
    readonly prepare?: (object: O, existing: O) => O
    readonly validate: (object: O, existing: O) => Causes
  }
  /** Of the subresource finalize. */
  readonly validateFinalize?: (object: O, existing: O) => Causes
}
