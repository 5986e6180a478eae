/**
 * api-server/registry/nodes: admission and validation of nodes. Spec: model/api-server.ts.
 *
 * Source: kubernetes registry/core/node/strategy.go; apis/core/validation ValidateNodeUpdate;
 * plugin/pkg/admission/nodetaint.
 */
import { duplicate, forbidden, type Strategy } from "#impl/api-server/registry/strategy.ts"
import type { Cause } from "#impl/api-server/status.ts"
import { defaultNode, type Node, type Taint } from "#model/objects/node.ts"

const notReady: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }
const isSame = (one: Taint, other: Taint): boolean => one.key === other.key && one.effect === other.effect

const validateTaints = (taints: ReadonlyArray<Taint>): ReadonlyArray<Cause> =>
  taints.flatMap((taint, index) => taints.slice(0, index).some((earlier) => isSame(earlier, taint))
    ? [duplicate(`spec.taints[${index}]`, `${taint.key}:${taint.effect}`)] : [])

export const nodes: Strategy<Node> = {
  hasStatus: true,
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  defaulted: defaultNode,
  /** TaintNodesByCondition: nothing is scheduled on a node before a controller has seen it ready. */
  prepareForCreate: (node) => {
    const taints = node.spec.taints ?? []
    return taints.some((taint) => isSame(taint, notReady)) ? node
      : { ...node, spec: { ...node.spec, taints: [...taints, notReady] } }
  },
  validate: (node) => validateTaints(node.spec.taints ?? []),
  validateUpdate: (node, existing) => {
    const { providerID = "" } = existing.spec
    return [
      ...(node.spec === existing.spec ? [] : validateTaints(node.spec.taints ?? [])),
      ...(providerID !== "" && node.spec.providerID !== providerID
        ? [forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid")] : [])
    ]
  }
}
