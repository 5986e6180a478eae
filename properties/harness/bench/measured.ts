/** One figure of a bench. */
export interface Measured {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The least and the most that was measured. */
  readonly spread?: readonly [number, number]
  /** What is demanded of it. */
  readonly least?: number
  readonly most?: number
}

/**
 * What `task` costs in ms: the time that this thread was on a core. On an idle machine that is the wall time; on a
 * shared one the wall time measures the neighbours. What the collector does on threads of its own is not counted.
 */
export const cost_ms = (task: () => void): number => {
  const began = process.threadCpuUsage()
  task()
  const { user, system } = process.threadCpuUsage(began)
  return (user + system) / 1_000
}

/** The same of a task that waits for files meanwhile. */
export const costOfWaiting_ms = async (task: () => Promise<void>): Promise<number> => {
  const began = process.threadCpuUsage()
  await task()
  const { user, system } = process.threadCpuUsage(began)
  return (user + system) / 1_000
}

/** The median of several measurements, and how far they lie apart. */
export const measured = (values: ReadonlyArray<number>): Required<Pick<Measured, "value" | "spread">> =>
  ({ value: median(values), spread: [Math.min(...values), Math.max(...values)] })

/** The median of several measurements. */
export const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
