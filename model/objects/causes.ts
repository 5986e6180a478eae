/**
 * Why an object is refused: one cause per field, in Kubernetes' words, which clients and people read.
 * Source: apimachinery util/validation/field errors.go, v1.36.
 */
export interface Cause {
  readonly reason: string
  readonly message: string
  readonly field: string
}
export type Causes = ReadonlyArray<Cause>

/** Texts in quotes, the rest as JSON. */
const shown = (value: unknown): string => value === undefined ? "null" : JSON.stringify(value)
const withDetail = (text: string, detail: string): string => detail === "" ? text : `${text}: ${detail}`

export const required = (field: string, detail = ""): Cause =>
  ({ reason: "FieldValueRequired", message: withDetail("Required value", detail), field })
export const invalidValue = (field: string, value: unknown, detail: string): Cause =>
  ({ reason: "FieldValueInvalid", message: withDetail(`Invalid value: ${shown(value)}`, detail), field })
export const forbidden = (field: string, detail: string): Cause =>
  ({ reason: "FieldValueForbidden", message: `Forbidden: ${detail}`, field })
export const duplicate = (field: string, value: unknown, detail = ""): Cause =>
  ({ reason: "FieldValueDuplicate", message: withDetail(`Duplicate value: ${shown(value)}`, detail), field })
export const notSupported = (field: string, value: unknown, supported: ReadonlyArray<string>): Cause => ({
  reason: "FieldValueNotSupported", field,
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map((one) => `"${one}"`).join(", ")}`
})
export const tooLong = (field: string, most: number): Cause =>
  ({ reason: "FieldValueTooLong", message: `Too long: may not be more than ${most} bytes`, field })

export const immutable = "field is immutable"

/** One cause for each complaint about the value. */
export const each = (field: string, value: unknown, complaints: ReadonlyArray<string>): Causes =>
  complaints.map((complaint) => invalidValue(field, value, complaint))

export const notNegative = (field: string, value: number | undefined): Causes =>
  value !== undefined && value < 0 ? [invalidValue(field, value, "must be greater than or equal to 0")] : []
export const positive = (field: string, value: number | undefined): Causes =>
  value !== undefined && value <= 0 ? [invalidValue(field, value, "must be greater than 0")] : []
export const between = (field: string, value: number, least: number, most: number): Causes =>
  value >= least && value <= most ? []
    : [invalidValue(field, value, `must be between ${least} and ${most}, inclusive`)]
export const oneOf = (field: string, value: string | undefined, supported: ReadonlyArray<string>): Causes =>
  value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)]
