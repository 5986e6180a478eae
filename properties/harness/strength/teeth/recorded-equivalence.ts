/**
 * Which lies about a recording nobody can see: what is told then could have been recorded of a real cluster, too.
 */
import type { Lie, Story } from "#properties/harness/strength/teeth/recorded-story.ts"

/** Why the lie is none that a watch could show; undefined: it is one. */
export const whyEquivalent = (_kind: string, _lie: Lie, _story: Story): string | undefined => undefined
