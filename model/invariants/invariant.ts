/** What the catalogue says of one invariant. Part of model/invariants.ts. */

/** safety: nothing bad happens. liveness: something good comes. none: it looks promised and is not. */
export type Kind = "safety" | "liveness" | "none"

export interface Invariant {
  readonly kind: Kind
  /** One sentence that is false when it fails. */
  readonly says: string
  readonly source: string
  /** When it may lawfully be false: exactly then, and never else. */
  readonly unless: ReadonlyArray<string>
}

const row = <K extends Kind>(kind: K) =>
  (says: string, source: string, ...unless: ReadonlyArray<string>): Invariant & { readonly kind: K } =>
    ({ kind, says, source, unless })
export const safety = row("safety")
export const liveness = row("liveness")
export const notPromised = row("none")
