/** How many of how many agree, by kind and verb, and what differs. */
import type { Verdict } from "#properties/harness/differential/play.ts"

const count = <T>(
  list: ReadonlyArray<T>, key: (one: T) => string
): ReadonlyArray<readonly [string, ReadonlyArray<T>]> => {
  const groups = new Map<string, Array<T>>()
  for (const one of list) {
    const known = groups.get(key(one))
    if (known === undefined) groups.set(key(one), [one])
    else known.push(one)
  }
  return [...groups].toSorted(([a], [b]) => a < b ? -1 : 1)
}

export const agrees = ({ differs }: Verdict): boolean => differs.length === 0

/** Lines to print. */
export const report = (verdicts: ReadonlyArray<Verdict>): ReadonlyArray<string> => {
  const now = verdicts.filter(({ later }) => later === undefined)
  const worded = now.filter(({ sameWords }) => sameWords !== undefined)
  return [
    `${now.filter(agrees).length} of ${now.length} requests agree; of ${worded.length} failures ` +
      `${worded.filter(({ sameWords }) => sameWords).length} in the very words`,
    ...count(now, ({ resource }) => resource).flatMap(([resource, of]) => [
      `${resource.padEnd(18)} ${of.filter(agrees).length} of ${of.length}`,
      ...count(of, ({ verb }) => verb).map(([verb, some]) =>
        `  ${verb.padEnd(24)} ${some.filter(agrees).length} of ${some.length}`)
    ]),
    ...count(verdicts.filter(({ later }) => later !== undefined), ({ later }) => later!)
      .map(([feature, of]) => `later: ${feature.padEnd(26)} ${of.length}`),
    ...now.filter((one) => !agrees(one)).flatMap(({ differs, recorded, verb }) => [
      `differs: ${verb} ${recorded.path}, ${recorded.why}`, ...differs.slice(0, 4).map((text) => `    ${text}`)
    ])
  ]
}
