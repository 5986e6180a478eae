/**
 * api-server/admission/pods: what the plugins Priority and DefaultTolerationSeconds say to a pod. Spec: model/pod.ts.
 *
 * What was added to a spec is remembered with it: pods of one template share it.
 * Source: kubernetes plugin/pkg/admission/{priority,defaulttolerationseconds}/admission.go; scheduling
 * SystemPriorityClasses in pkg/apis/scheduling/v1/helpers.go, v1.36.
 */
import { Effect } from "effect"
import { ApiFailed, forbiddenTo } from "#impl/api-server/status.ts"
import { defaultTolerationSeconds_s } from "#model/limits.ts"
import type { Pod, Toleration } from "#model/objects/pod.ts"

const classes: Readonly<Record<string, number>> =
  { "": 0, "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000 }
const defaultPolicy = "PreemptLowerPriority"

const prioritised = new WeakMap<object, Pod["spec"]>()

/** A client says a class; the number follows from it. */
export const withPriority = (pod: Pod): Effect.Effect<Pod, ApiFailed> => {
  const before = prioritised.get(pod.spec)
  if (before !== undefined) return Effect.succeed({ ...pod, spec: before })
  const { preemptionPolicy = defaultPolicy, priority: said, priorityClassName = "" } = pod.spec
  const refuse = (why: string): Effect.Effect<never, ApiFailed> =>
    Effect.fail(new ApiFailed({ status: forbiddenTo("pods", pod.metadata.name, why) }))
  const priority = classes[priorityClassName]
  if (priority === undefined) return refuse(`no PriorityClass with name ${priorityClassName} was found`)
  if (said !== undefined && said !== priority) {
    return refuse(`the integer value of priority (${said}) must not be provided in pod spec; priority admission `
      + `controller computed ${priority} from the given PriorityClass name`)
  }
  if (preemptionPolicy !== defaultPolicy) {
    return refuse(`the string value of PreemptionPolicy (${preemptionPolicy}) must not be provided in pod spec; `
      + `priority admission controller computed ${defaultPolicy} from the given PriorityClass name`)
  }
  const spec: Pod["spec"] = { ...pod.spec, priority, preemptionPolicy }
  prioritised.set(pod.spec, spec)
  return Effect.succeed({ ...pod, spec })
}

/** Who leaves it out does not mean to change it. */
export const keepPriority = (pod: Pod, existing: Pod): Pod => {
  const { preemptionPolicy = existing.spec.preemptionPolicy, priority = existing.spec.priority } = pod.spec
  return {
    ...pod, spec: { ...pod.spec, ...(priority === undefined ? {} : { priority }),
      ...(preemptionPolicy === undefined ? {} : { preemptionPolicy }) }
  }
}

const evictionTaints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]

const toleratesNoExecute = ({ effect, key, operator }: Toleration, taint: string): boolean =>
  (key === taint || (key === undefined && operator === "Exists")) && (effect === undefined || effect === "NoExecute")

const tolerant = new WeakMap<object, Pod["spec"]>()

/** A pod that says nothing of a sick node stays on it for five minutes. */
export const withDefaultTolerations = (pod: Pod): Pod => {
  const before = tolerant.get(pod.spec)
  if (before !== undefined) return before === pod.spec ? pod : { ...pod, spec: before }
  const { tolerations = [] } = pod.spec
  const missing = evictionTaints.filter((taint) => !tolerations.some((one) => toleratesNoExecute(one, taint)))
  const added = missing.map((key): Toleration =>
    ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: defaultTolerationSeconds_s }))
  const spec: Pod["spec"] = added.length === 0 ? pod.spec : { ...pod.spec, tolerations: [...tolerations, ...added] }
  tolerant.set(pod.spec, spec)
  tolerant.set(spec, spec)
  return { ...pod, spec }
}
