/**
 * api-server/registry/strategy: what a kind may decide about its own objects. Spec: model/api-server.ts.
 *
 * Source: apiserver registry/rest/{create,update}.go RESTCreateStrategy, RESTUpdateStrategy.
 */
import type { Cause } from "#impl/api-server/status.ts"
import type { ApiObject } from "#model/kinds.ts"
import { equal } from "#model/objects/equality.ts"

export interface Strategy<O extends ApiObject> {
  readonly hasStatus: boolean
  /** PUT to a missing object creates it. */
  readonly allowsCreateOnUpdate: boolean
  /** PUT without resourceVersion overwrites. */
  readonly allowsUnconditionalUpdate: boolean
  /** What stands for a field that a client leaves out, whenever it writes. Absent: the kind has no defaults. */
  readonly defaulted?: (object: O) => O
  /** Admission, and what a client may not choose at creation. Metadata and defaults are done. */
  readonly prepareForCreate: (object: O) => O
  readonly validate: (object: O) => ReadonlyArray<Cause>
  /** What may not change together with what was asked; both have the same metadata rules behind them. */
  readonly validateUpdate: (object: O, existing: O) => ReadonlyArray<Cause>
}

/** The old value when the new one says the same, so that whoever compares next sees it at once. */
export const kept = <A>(before: A, after: A): A => (equal(before, after) ? before : after)

export const required = (field: string, message = "Required value"): Cause =>
  ({ reason: "FieldValueRequired", message, field })
export const invalidValue = (field: string, message: string): Cause => ({ reason: "FieldValueInvalid", message, field })
export const forbidden = (field: string, message: string): Cause => ({ reason: "FieldValueForbidden", message, field })
export const duplicate = (field: string, value: string): Cause =>
  ({ reason: "FieldValueDuplicate", message: `Duplicate value: "${value}"`, field })
