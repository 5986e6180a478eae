import "#impl/sim/plain-fibers.ts"
import { answers, auditFiles, audited } from "#properties/harness/differential/recorded.ts"
import { play } from "#properties/harness/differential/play.ts"
import { report } from "#properties/harness/differential/report.ts"
const which = process.argv[2]
const lists = which === "audit" ? auditFiles().map(audited) : [answers()]
console.log(report(lists.flatMap((list) => play(list))).join("\n"))
