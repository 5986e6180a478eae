/**
 * service-account: keeps an account `default` in each active namespace, for pods that name none.
 * Spec: model/controllers/service-account.ts.
 *
 * Source: pkg/controller/serviceaccount/serviceaccounts_controller.go, v1.36.
 */
import { controller as make, type Plan, type Seen } from "#impl/controller.ts"
import { defaultAccount, workers } from "#model/limits/controllers/service-account.ts"

const plan = ({ object, view }: Seen<"namespaces", never, {}>): Plan<"namespaces"> => {
  const { metadata: { name: namespace }, status: { phase } } = object
  const isThere = view.of("serviceaccounts").get(`${namespace}/${defaultAccount}`) !== undefined
  return { writes: phase !== "Active" || isThere ? [] : [{
    verb: "create", resource: "serviceaccounts",
    object: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: defaultAccount, namespace } }
  }] }
}

export const controller = make<"namespaces">("serviceaccount-controller", {
  queue: "serviceaccount", of: "namespaces", workers, parts: {}, plan,
  also: {
    serviceaccounts: ({ metadata: { name, namespace } }, _, change) =>
      change === "deleted" && name === defaultAccount ? [namespace] : []
  }
})
