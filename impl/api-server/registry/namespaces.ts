/**
 * api-server/registry/namespaces: what a namespace begins with. Spec: model/controllers/namespace.ts.
 *
 * Source: kubernetes registry/core/namespace/strategy.go; apis/core/v1/defaults.go SetDefaults_Namespace.
 */
import type { Strategy } from "#impl/api-server/registry/strategy.ts"
import { defaultNamespace, type Namespace } from "#model/objects/namespace.ts"

const finalizer = "kubernetes"

export const namespaces: Strategy<Namespace> = {
  hasStatus: true,
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  defaulted: defaultNamespace,
  prepareForCreate: (namespace) => {
    const { finalizers = [] } = namespace.spec
    return {
      ...namespace, status: { phase: "Active" },
      spec: finalizers.includes(finalizer) ? namespace.spec : { ...namespace.spec, finalizers: [...finalizers, finalizer] }
    }
  },
  validate: () => [],
  // Its finalizers change through the subresource finalize alone.
  validateUpdate: () => []
}
