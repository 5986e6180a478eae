/** One figure of a bench. */
export interface Measured {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What is demanded of it. */
  readonly least?: number
  readonly most?: number
}

/** Wall time of `task` in ms. */
export const wall_ms = (task: () => void): number => {
  const began = performance.now()
  task()
  return performance.now() - began
}

/** The median of several measurements. */
export const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
