/**
 * Whether a node satisfies a term of a node selector: all of its expressions, over labels and over the node's name.
 *
 * Source: component-helpers/scheduling/corev1/nodeaffinity nodeaffinity.go, v1.36. A term without expressions and
 * fields matches nothing; Gt and Lt compare whole numbers.
 */
import type { NodeSelectorTerm } from "#model/objects/pod.ts"

type Requirement = NonNullable<NodeSelectorTerm["matchExpressions"]>[number]

const isWhole = (text: string | undefined): text is string => text !== undefined && /^[+-]?\d+$/.test(text)

const holds = ({ operator, values = [] }: Requirement, value: string | undefined): boolean => {
  switch (operator) {
    case "In": return value !== undefined && values.includes(value)
    case "NotIn": return value === undefined || !values.includes(value)
    case "Exists": return value !== undefined
    case "DoesNotExist": return value === undefined
    case "Gt": return isWhole(value) && isWhole(values[0]) && Number(value) > Number(values[0])
    case "Lt": return isWhole(value) && isWhole(values[0]) && Number(value) < Number(values[0])
    default: return false
  }
}

export const matchesTerm = (
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm, labels: Readonly<Record<string, string>>, name: string
): boolean => (matchExpressions.length > 0 || matchFields.length > 0)
  && matchExpressions.every((one) => holds(one, labels[one.key]))
  && matchFields.every((one) => holds(one, one.key === "metadata.name" ? name : undefined))
