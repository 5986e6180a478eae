/**
 * api-server/registry/namespaces: content is held by finalizers of the spec, which the subresource finalize alone
 * changes. Spec: model/controllers/namespace.ts. Source: kubernetes registry/core/namespace/strategy.go.
 */
import type { Strategy } from "#impl/api-server/registry/strategy.ts"
import {
  defaultNamespace, type Namespace, newNamespace, validateFinalize, validateNamespace, validateNamespaceStatusUpdate,
  validateNamespaceUpdate
} from "#model/objects/namespace.ts"

export const namespaces: Strategy<Namespace> = {
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  returnsDeleted: false,
  defaulted: defaultNamespace,
  prepareForCreate: newNamespace,
  validate: validateNamespace,
  prepareForUpdate: (namespace, existing) => ({ ...namespace, spec: existing.spec }),
  validateUpdate: validateNamespaceUpdate,
  status: { validate: validateNamespaceStatusUpdate },
  validateFinalize
}
