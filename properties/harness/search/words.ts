/** Event values for people. */
import type { EventValue } from "#model/cluster/scope.ts"

export const show = ({ type, ...fields }: EventValue): string => {
  const told = Object.entries(fields).map(([key, value]) => `${key} ${brief(value)}`)
  return told.length === 0 ? type : `${type} (${told.join(", ")})`
}
/** Whole objects are told by their kind, name and version. */
export const brief = (value: any): string => value?.metadata === undefined ? JSON.stringify(value) ?? "none"
  : `${value.kind} ${value.metadata.name} at ${value.metadata.resourceVersion}`
