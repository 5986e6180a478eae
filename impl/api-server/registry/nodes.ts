/** api-server/registry/nodes. Spec: model/kubelet.ts. Source: kubernetes registry/core/node/strategy.go. */
import type { Strategy } from "#impl/api-server/registry/strategy.ts"
import { defaultNode, type Node, validateNode, validateNodeUpdate } from "#model/objects/node.ts"

export const nodes: Strategy<Node> = {
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  returnsDeleted: false,
  defaulted: defaultNode,
  prepareForCreate: (node) => node,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  status: { validate: validateNodeUpdate }
}
