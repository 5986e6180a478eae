/**
 * What is recorded: the kinds of model/kinds.ts and those whose committed life is judged beside them, and which of them
 * a cluster serves. Secrets are not among them, and will not be.
 */
import { kinds } from "#model/kinds.ts"
import type { Cluster } from "#properties/harness/record/cluster.ts"

export interface Kind {
  /** The plural name of its resource. */
  readonly resource: string
  readonly group: string
  readonly version: string
}

const beside: ReadonlyArray<readonly [group: string, version: string, resources: ReadonlyArray<string>]> = [
  ["", "v1", ["configmaps", "resourcequotas", "services"]],
  ["apps", "v1", ["controllerrevisions", "daemonsets", "deployments", "statefulsets"]],
  ["batch", "v1", ["jobs"]],
  ["discovery.k8s.io", "v1", ["endpointslices"]],
  ["events.k8s.io", "v1", ["events"]],
  ["policy", "v1", ["poddisruptionbudgets"]],
  ["scheduling.k8s.io", "v1", ["priorityclasses"]]
]

/** All that can be recorded, by name. */
export const recordable: ReadonlyArray<Kind> = [
  ...Object.entries(kinds).map(([resource, { group, version }]) => ({ resource, group, version })),
  ...beside.flatMap(([group, version, resources]) => resources.filter((resource) => !Object.hasOwn(kinds, resource))
    .map((resource) => ({ resource, group, version })))
].sort((a, b) => a.resource < b.resource ? -1 : 1)

const groupPath = ({ group, version }: Kind): string => group === "" ? `/api/${version}` : `/apis/${group}/${version}`
export const pathOf = (kind: Kind): string => `${groupPath(kind)}/${kind.resource}`

export interface Missing {
  readonly resource: string
  readonly why: string
}
interface Discovered {
  readonly resources?: ReadonlyArray<{ readonly name?: string; readonly verbs?: ReadonlyArray<string> }>
}

/** Asks the cluster, once for each group and version. What it does not serve is no mistake: clusters differ. */
export const discover = async (
  cluster: Cluster, wanted: ReadonlyArray<Kind>, signal: AbortSignal
): Promise<{ readonly served: ReadonlyArray<Kind>; readonly missing: ReadonlyArray<Missing> }> => {
  const served: Array<Kind> = []
  const missing: Array<Missing> = []
  for (const [path, ofGroup] of Map.groupBy(wanted, groupPath)) {
    const said = await cluster.json<Discovered>(path, signal)
    for (const kind of ofGroup) {
      const found = said.value?.resources?.find(({ name }) => name === kind.resource)
      const lacks = ["list", "watch"].filter((verb) => found?.verbs?.includes(verb) !== true)
      if (said.value === undefined && said.code !== 404) missing.push({ resource: kind.resource, why: said.why })
      else if (found === undefined) missing.push({ resource: kind.resource, why: "the cluster does not serve it" })
      else if (lacks.length > 0) missing.push({ resource: kind.resource, why: `it has no ${lacks.join(" and ")}` })
      else served.push(kind)
    }
  }
  return { served, missing }
}
