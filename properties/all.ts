/** Every promise that Plimsoll checks, in the order in which a breach is reported. */
import type { Property } from "#properties/property.ts"

const components = [
  "hardware", "etcd", "linearizability", "api-server", "pod", "client", "informer", "work-queue", "leader-election",
  "scheduler", "replica-set", "node-lifecycle", "pod-gc", "controller-manager", "kubelet", "container-runtime",
    "run", "rest"
] as const

const load = async (name: string): Promise<ReadonlyArray<Property>> => {
  try {
    return ((await import(`#properties/${name}.ts`)) as { readonly properties: ReadonlyArray<Property> })
      .properties ?? []
  } catch (error) {
    if ((error as { readonly code?: string }).code === "ERR_MODULE_NOT_FOUND") return []
    throw error
  }
}

export const properties: ReadonlyArray<Property> = (await Promise.all(components.map(load))).flat()
