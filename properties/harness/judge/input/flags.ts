/**
 * input/flags: the flags of somebody's cluster that differ from the defaults, as the header of a recording has them or
 * `--flag kube-controller-manager.node-monitor-grace-period=12s` says, and the limits of charts and promises by them.
 */
import { BadInputFile } from "#properties/harness/judge/input/heard.ts"
import { type Limits, limits as defaults } from "#properties/history/limits.ts"

/** By component and flag: the limit that it sets, and how its value is read. */
const known: Readonly<Record<string, { readonly limit: keyof Limits; readonly of: (text: string) => number }>> = {
  "kube-controller-manager.node-monitor-grace-period": { limit: "nodeMonitorGracePeriod_ms", of: durationOf },
  "kube-controller-manager.node-monitor-period": { limit: "nodeMonitorPeriod_ms", of: durationOf },
  "kube-controller-manager.node-eviction-rate": { limit: "nodeEvictionRate_per_s", of: Number },
  "kube-controller-manager.secondary-node-eviction-rate": { limit: "secondaryNodeEvictionRate_per_s", of: Number },
  "kube-controller-manager.large-cluster-size-threshold": { limit: "largeClusterThreshold", of: Number },
  "kube-controller-manager.unhealthy-zone-threshold": { limit: "unhealthyZoneThreshold", of: Number },
  "kube-controller-manager.terminated-pod-gc-threshold": { limit: "terminatedPods_max", of: Number },
  "kube-controller-manager.leader-elect-lease-duration": { limit: "leaseDuration_ms", of: durationOf },
  "kube-controller-manager.leader-elect-renew-deadline": { limit: "renewDeadline_ms", of: durationOf }
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Go's durations in milliseconds: "12s", "1m30s"; NaN of anything else. */
export function durationOf(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  return parts.map(([part]) => part).join("") !== text || parts.length === 0 ? NaN
    : parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0)
}

/** "--a=1 --b=2", a list of such, or an object by flag. */
const pairsOf = (flags: unknown): ReadonlyArray<readonly [flag: string, value: string]> => {
  if (typeof flags === "object" && flags !== null && !Array.isArray(flags)) {
    return Object.entries(flags).map(([flag, value]) => [flag.replace(/^--/, ""), String(value)])
  }
  const words = Array.isArray(flags) ? flags.map(String) : String(flags).split(/\s+/)
  return words.filter((word) => word.startsWith("--")).map((word) => {
    const [flag = "", value = "true"] = word.slice(2).split(/=(.*)/s)
    return [flag, value]
  })
}

/** "kube-controller-manager.node-monitor-grace-period=12s" → the same form as a header's. */
export const givenFlag = (text: string): readonly [component: string, flag: string] => {
  const [, component, flag, value] = /^([\w-]+)\.(?:--)?([\w-]+)=(.*)$/s.exec(text) ?? []
  if (component === undefined) {
    throw new BadInputFile(`--flag ${text}: write COMPONENT.FLAG=VALUE, as kube-controller-manager.${
      "node-monitor-grace-period"}=12s`)
  }
  return [component, `--${flag}=${value}`]
}

/** The limits of a cluster with these flags. A flag that no promise asks about changes nothing. */
export const limitsOf = (flags: Readonly<Record<string, unknown>>): Limits => {
  const limits = { ...defaults }
  for (const [component, all] of Object.entries(flags)) {
    for (const [flag, value] of pairsOf(all)) {
      const one = known[`${component}.${flag}`]
      if (one === undefined) continue
      const number = one.of(value)
      if (Number.isNaN(number)) {
        throw new BadInputFile(`the flag --${flag} of ${component} has the value "${value}"; ` +
          "it is a number, or a duration as 12s")
      }
      limits[one.limit] = number
    }
  }
  return limits
}

/** By chart. */
export const chartLimits = ({ leaseDuration_ms, renewDeadline_ms }: Limits): Readonly<Record<string, object>> => ({
  "leader-election.lease": { leaseDuration_ms, renewDeadline_ms }
})
