/** input/charts-of: kinds by what others call them, and the chart that follows an object's committed life. */
import { isResource, kinds, resourceOfKind } from "#model/kinds.ts"

/** Laws of every object. */
const anyObject = "api-server.object"

export const chartOf = (resource: string): string => isResource(resource) ? kinds[resource].chart : anyObject

/** "pods" of "Pod"; of a kind that no table has, its usual plural. */
export const resourceOf = (kind: string): string => resourceOfKind(kind) ?? pluralOf(kind.toLowerCase())

/** As kubebuilder's flect does for all but irregular nouns. */
const pluralOf = (kind: string): string => /(?:s|x|z|ch|sh)$/.test(kind) ? `${kind}es`
  : /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`
