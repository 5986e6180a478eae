/** What a planted bug is. */
import type { Parts } from "#impl/cluster.ts"

export interface Bug {
  /** Its id in the catalogue of real bugs. */
  readonly id: string
  /** Issue, pull request or paper. */
  readonly source: string
  /** The mechanism, one line. */
  readonly mechanism: string
  /** What it violates in the catalogue's words. */
  readonly violates: ReadonlyArray<string>
  /** What counts as naming the guarantee: invariant numbers, or the beginning of a property's sentence or a chart. */
  readonly names: ReadonlyArray<number | string>
  readonly parts: Parts
}
