/** Numbers as they are drawn, and made simpler. */
import * as fc from "fast-check"

/** Without fast-check's bias towards small numbers, which would make ids equal. */
export const id: fc.Arbitrary<number> = fc.noBias(fc.nat(0x7fff_ffff))

/** Log-uniform: as many draws between 100 ms and 1 s as between 10 s and 100 s. */
export const logUniform = (least: number, most: number): fc.Arbitrary<number> =>
  fc.nat(10_000).map((draw) => Math.round(least * (most / least) ** (draw / 10_000)))

/** Without the keys whose value is undefined: in an object or a trace, absent and undefined are not the same. */
export const defined = <O extends object>(object: O): any =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))

/** Round times read better, and a round one is not made rounder: 12,345 becomes 12,000. */
export const roundedTime = (ms: number): number => {
  for (const unit of [10_000, 1_000, 100]) if (ms >= unit && ms % unit !== 0) return ms - ms % unit
  return ms
}
