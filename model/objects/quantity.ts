/** Kubernetes quantities as integers: CPU in thousandths, everything else in whole units (bytes, pods, devices). */

const decimal: Readonly<Record<string, number>> =
  { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const binary: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }

interface Parsed {
  /** The value in billionths, rounded up: no quantity is finer. */
  readonly nano: bigint
  readonly form: "decimal" | "binary" | "exponent"
}
const nanoPerUnit = 1_000_000_000n

/** Source: apimachinery pkg/api/resource quantity.go ParseQuantity, v1.36. */
const parse = (text: string): Parsed | undefined => {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|([a-zA-Z]*))$/.exec(text)
  if (match === null) return undefined
  const [, sign = "", whole = "", fraction = "", exponent, power = "0", suffix = ""] = match
  if (whole === "" && fraction === "") return undefined
  const digits = BigInt(`${whole}${fraction}` || "0")
  const scaled = (times: bigint, over: bigint): bigint => {
    const value = digits * times * nanoPerUnit
    return (value + over - 1n) / over
  }
  const of = (nano: bigint, form: Parsed["form"]): Parsed => ({ nano: sign === "-" ? -nano : nano, form })
  const fractionScale = 10n ** BigInt(fraction.length)
  if (binary[suffix] !== undefined) return of(scaled(2n ** BigInt(binary[suffix]!), fractionScale), "binary")
  const tens = exponent !== undefined ? Number(power) : decimal[suffix]
  if (tens === undefined || Math.abs(tens) > 100) return undefined
  const form = exponent !== undefined ? "exponent" : "decimal"
  return of(tens >= 0 ? scaled(10n ** BigInt(tens), fractionScale)
    : scaled(1n, fractionScale * 10n ** BigInt(-tens)), form)
}

const known = new Map<string, Parsed | undefined>()
const parsedOf = (text: string): Parsed | undefined => {
  if (!known.has(text)) known.set(text, parse(text))
  return known.get(text)
}

/**
 * The value of a quantity: "1.5" → 1.5, "500m" → 0.5, "64Mi" → 67108864.
 * Throws a TypeError that names the text when it is no quantity.
 */
export const quantity = (text: string): number => {
  const parsed = parsedOf(text)
  if (parsed === undefined) throw new TypeError(`"${text}" is not a Kubernetes quantity`)
  return Number(parsed.nano / nanoPerUnit) + Number(parsed.nano % nanoPerUnit) / 1e9
}

const amounts = new Map<string, number>()

/** The quantity of a resource in the unit that components compute with: milli-CPU for "cpu", units otherwise. */
export const amount = (resource: string, text: string): number => {
  const key = resource === "cpu" ? `m${text}` : text
  const before = amounts.get(key)
  if (before !== undefined) return before
  quantity(text)
  const per = resource === "cpu" ? nanoPerUnit / 1_000n : nanoPerUnit
  const { nano } = parsedOf(text)!
  const value = Number(nano >= 0n ? (nano + per - 1n) / per : nano / per)
  amounts.set(key, value)
  return value
}

const suffixOf = (form: Parsed["form"], tens: number): string => form === "exponent"
  ? tens === 0 ? "" : `e${tens}` : Object.keys(decimal).find((suffix) => decimal[suffix] === tens)!

/** No fraction, and the largest suffix that leaves none. */
const write = ({ form, nano }: Parsed): string => {
  if (nano === 0n) return "0"
  const [sign, size] = nano < 0n ? ["-", -nano] as const : ["", nano] as const
  // Binary suffixes say nothing below 1024, and nothing of fractions.
  if (form === "binary" && size >= 1024n * nanoPerUnit && size % nanoPerUnit === 0n) {
    let units = size / nanoPerUnit
    let suffix = ""
    for (const name of Object.keys(binary)) {
      if (units % 1024n !== 0n) break
      units /= 1024n
      suffix = name
    }
    return `${sign}${units}${suffix}`
  }
  let rest = size
  let tens = -9
  while (rest % 1_000n === 0n && tens < 18) {
    rest /= 1_000n
    tens += 3
  }
  return `${sign}${rest}${suffixOf(form === "binary" ? "decimal" : form, tens)}`
}

const canonicals = new Map<string, string | undefined>()

/** As the API server writes it: "1000m" → "1", "0.5" → "500m", "1048576Ki" → "1Gi"; undefined: no quantity. */
export const canonical = (text: string): string | undefined => {
  if (canonicals.has(text)) return canonicals.get(text)
  const parsed = parsedOf(text)
  const made = parsed === undefined ? undefined : write(parsed)
  canonicals.set(text, made)
  return made
}
