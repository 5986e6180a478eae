/**
 * Our API server on its etcd, alone, against a real kube-apiserver 1.36.3: every recorded request of a kind of today
 * whose feature exists here is answered alike: code, reason, causes and object. Only where the recordings are.
 */
import { existsSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { play, type Verdict } from "#properties/harness/differential/play.ts"
import { answers, auditFiles, audited, recordings } from "#properties/harness/differential/recorded.ts"
import { agrees } from "#properties/harness/differential/report.ts"
import { resources } from "#model/kinds.ts"

/** By the end of the path and the writer: why ours may part from it. */
const explained: ReadonlyArray<{ readonly path: string; readonly why: string; readonly because: string }> = [{
  path: "/apis/apps/v1/namespaces/default/replicasets/or-d5579844f", why: "generic-garbage-collector",
  because: "Kubernetes takes the last finalizer in one step and removes the object in another, "
    + "on no condition: a status that was written in between was lost. "
    + "The log has it before; ours refuses, as the condition was no longer true."
}]
const isExplained = ({ recorded }: Verdict): boolean =>
  explained.some(({ path, why }) => recorded.path.startsWith(path) && recorded.why.endsWith(why))

const ofToday = (verdicts: ReadonlyArray<Verdict>): ReadonlyArray<Verdict> =>
  verdicts.filter(({ later }) => later === undefined)
const told = ({ differs, recorded }: Verdict): string =>
  `${recorded.method} ${recorded.path} (${recorded.why}): ${differs[0]}`
const unexplained = (verdicts: ReadonlyArray<Verdict>): ReadonlyArray<string> =>
  verdicts.filter((one) => !agrees(one) && !isExplained(one)).map(told)

describe.skipIf(!existsSync(recordings))("our API server answers as a real one", () => {
  it("to 3,245 requests over all kinds", () => {
    const verdicts = ofToday(play(answers()))
    expect(unexplained(verdicts)).toEqual([])
    for (const resource of resources) {
      expect(verdicts.filter((one) => one.resource === resource).length, resource).toBeGreaterThan(75)
    }
  })
  it("to the writes of twelve scenarios", () => {
    const verdicts = auditFiles().flatMap((file) => ofToday(play(audited(file))))
    expect(unexplained(verdicts)).toEqual([])
    expect(verdicts.filter((one) => !agrees(one)).length).toBeLessThanOrEqual(explained.length)
    expect(verdicts.length).toBeGreaterThan(1_700)
  })
})

it("tells when an answer is another one", () => {
  const recorded = {
    at_ms: Date.UTC(2026, 0, 1), why: "made up", method: "POST", path: "/api/v1/namespaces", type: "", accept: "",
    body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "here" } }, code: 201, warning: "", by: "",
    answer: { apiVersion: "v1", kind: "Namespace", metadata: {
      name: "here", uid: "12345678-0000-0000-0000-000000000000",
      creationTimestamp: "2026-01-01T00:00:00Z", labels: { "kubernetes.io/metadata.name": "here" } },
    spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } }
  }
  const verdict = (changed: object): ReadonlyArray<string> => play([{ ...recorded, ...changed }])[0]!.differs
  expect(verdict({})).toEqual([])
  expect(verdict({ code: 409 })).toHaveLength(1)
  expect(verdict({ answer: { ...recorded.answer, spec: {} } })[0]).toContain("spec.finalizers")
  expect(verdict({ answer: { ...recorded.answer, metadata: { ...recorded.answer.metadata,
    creationTimestamp: "2026-01-01T00:00:09Z" } } })[0]).toContain("metadata.creationTimestamp")
})
