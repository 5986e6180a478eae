/**
 * Kubernetes' stamps: RFC 3339 text in UTC, of a second (`Time`) or a microsecond (`MicroTime`). This file alone
 * converts between them and milliseconds of a wall clock. Nobody takes a duration from stamps that others wrote.
 *
 * What is below the resolution is cut off, as Go's Format does. Source: apimachinery meta/v1 time.go, micro_time.go.
 */

/** "2026-01-01T00:00:09Z" */
export type Time = string
/** "2026-01-01T00:00:09.250000Z" */
export type MicroTime = string

const second_ms = 1_000
let lastSecond = Number.NaN
let lastText = ""

/** "2026-01-01T00:00:09" of the second. A run writes many stamps of one second. */
const textOf = (second: number): string => {
  if (second !== lastSecond) {
    lastSecond = second
    lastText = new Date(second * second_ms).toISOString().slice(0, 19)
  }
  return lastText
}

export const timeOf = (wall_ms: number): Time => `${textOf(Math.floor(wall_ms / second_ms))}Z`

export const microTimeOf = (wall_ms: number): MicroTime => {
  const second = Math.floor(wall_ms / second_ms)
  const micros = Math.floor((wall_ms - second * second_ms) * 1_000)
  return `${textOf(second)}.${String(micros).padStart(6, "0")}Z`
}

const known = new Map<string, number>()
const known_max = 20_000

/**
 * Milliseconds since 1970 of a stamp of either kind, with fractions of a MicroTime. Throws a TypeError that names it.
 */
export const millisOf = (stamp: Time | MicroTime): number => {
  const before = known.get(stamp)
  if (before !== undefined) return before
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(stamp)
  const whole = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`)
  if (Number.isNaN(whole)) throw new TypeError(`"${stamp}" is not a stamp of RFC 3339`)
  const value = whole + Math.round(Number(match![2] ?? 0) * 1e6) / 1_000
  if (known.size >= known_max) known.clear()
  known.set(stamp, value)
  return value
}

/** The stamp as much later (or earlier) as that; a whole number of seconds keeps a Time a Time. */
export const laterBy = (stamp: Time, by_s: number): Time => timeOf(millisOf(stamp) + by_s * second_ms)

/** The latest wall-clock time that a stamp may stand for: what it cut off is less than its resolution. */
export const timeGrain_ms = second_ms
export const microTimeGrain_ms = 0.001
