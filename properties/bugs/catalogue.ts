/**
 * Planted bugs: real ones, each re-created by replacing a part of the cluster. The row says where it comes from and
 * which guarantees it must be seen to break.
 */
import type { Parts } from "#impl/cluster.ts"

export interface Bug {
  /** Its id in the catalogue of real bugs. */
  readonly id: string
  readonly source: string
  /** The mechanism, one line. */
  readonly mechanism: string
  /** What it violates in the catalogue's words. */
  readonly violates: ReadonlyArray<string>
  /** Invariants, or beginnings of property names or charts, that count as naming the guarantee. */
  readonly names: ReadonlyArray<number | string>
  readonly parts: Parts
}

export const bugs: ReadonlyArray<Bug> = []

export const partsOf = (id: string): Parts | undefined => bugs.find((bug) => bug.id === id)?.parts
