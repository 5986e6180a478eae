/** input/plural: the resource of an object that says only what kind it is. */
import { anyResourceOf } from "#model/observed.ts"

/** As kubebuilder's flect does for all but irregular nouns. */
const pluralOf = (kind: string): string => /(?:s|x|z|ch|sh)$/.test(kind) ? `${kind}es`
  : /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`

/** "pods" of "v1", "Pod"; of a kind that no table has, its usual plural. */
export const resourceOf = (apiVersion: string, kind: string): string =>
  anyResourceOf(apiVersion, kind) ?? pluralOf(kind.toLowerCase())
