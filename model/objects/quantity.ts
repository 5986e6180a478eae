/** Kubernetes quantities as integers: CPU in thousandths, everything else in whole units (bytes, pods, devices). */

const suffixes: Readonly<Record<string, number>> = {
  "": 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40
}
const parsed = new Map<string, number>()

/**
 * The value of a quantity: "1.5" → 1.5, "500m" → 0.5, "64Mi" → 67108864.
 * Throws a TypeError that names the text when it is no quantity.
 * Source: apimachinery pkg/api/resource (decimal and binary suffixes; exponents are not modelled).
 */
export const quantity = (text: string): number => {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const match = /^([+-]?\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(text)
  const unit = match === null ? undefined : suffixes[match[2]!]
  if (match === null || unit === undefined) throw new TypeError(`"${text}" is not a Kubernetes quantity`)
  const value = Number(match[1]) * unit
  parsed.set(text, value)
  return value
}

/** The quantity of a resource in the unit that components compute with: milli-CPU for "cpu", units otherwise. */
export const amount = (resource: string, text: string): number =>
  resource === "cpu" ? Math.ceil(quantity(text) * 1000 - 1e-9) : Math.ceil(quantity(text) - 1e-9)
