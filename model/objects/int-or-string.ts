/**
 * A number, or a share of another: "25%".
 * Source: apimachinery pkg/util/intstr GetScaledValueFromIntOrPercent, v1.36.
 */
import type { Schemas } from "#model/objects/metadata.ts"

type IntOrString = Schemas["io.k8s.apimachinery.pkg.util.intstr.IntOrString"]

/** Undefined: none. A share is rounded down, unless it is to be rounded up. */
export const scaled = (
  value: IntOrString | undefined, total: number, rounding: "down" | "up" = "down"
): number => {
  if (value === undefined) return 0
  if (typeof value === "number") return value
  const share = (Number.parseInt(value, 10) * total) / 100
  return rounding === "up" ? Math.ceil(share) : Math.floor(share)
}
