/** plimsoll draw: one Markdown page per component with its charts, in model/charts/. */
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath, pathToFileURL } from "node:url"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { ExitWith, writeText } from "#properties/harness/commands/outcome.ts"
import type { AnyStateMachine } from "xstate"

const root = fileURLToPath(new URL("../../../", import.meta.url))

interface Module {
  readonly charts?: Readonly<Record<string, AnyStateMachine>>
}

/** They only bring together what has its own page, or draw it. */
const collections: ReadonlySet<string> = new Set(["cluster", "controllers", "draw"])

/** File name → text, for every model file that holds charts. */
export const pages = async (): Promise<ReadonlyMap<string, string>> => {
  const { page } = await import("#model/draw.ts")
  const drawn = new Map<string, string>()
  const files = globSync("model/{,controllers/}*.ts", { cwd: root }).filter((file) => !file.endsWith(".test.ts"))
  for (const file of files.toSorted()) {
    const component = file.slice("model/".length, -".ts".length)
    if (collections.has(component)) continue
    const { charts } = (await import(pathToFileURL(root + file).href)) as Module
    if (charts === undefined || Object.keys(charts).length === 0) continue
    drawn.set(`model/charts/${component}.md`, page(component, charts, readFileSync(root + file, "utf8")))
  }
  return drawn
}

const onDisk = (file: string): string | undefined => {
  try {
    return readFileSync(root + file, "utf8")
  } catch {
    return undefined
  }
}
/** Pages that are missing or no longer say what the charts say. */
export const stale = async (): Promise<ReadonlyArray<string>> =>
  [...(await pages())].filter(([file, text]) => onDisk(file) !== text).map(([file]) => file)

export const draw = Command.make("draw", {
  check: Flag.Boolean("check").pipe(
    Flag.withDescription("Write nothing; fail when a page is stale"), Flag.withDefault(false))
}, ({ check }) => Effect.gen(function*() {
  const outdated = yield* Effect.promise(stale)
  if (check) {
    if (outdated.length === 0) return yield* Console.log("every page says what its charts say")
    yield* Console.error(`plimsoll: stale: ${outdated.join(", ")}; run npm run draw`)
    return yield* new ExitWith({ code: 1 })
  }
  const drawn = yield* Effect.promise(pages)
  const write = (): void => {
    for (const [file, text] of drawn) writeText(root + file, text)
  }
  yield* Effect.try({ try: write, catch: (error) => error })
  yield* Console.log(`${drawn.size} pages in model/charts/, ${outdated.length} of them changed`)
})).pipe(Command.withDescription("Draw the charts: Markdown with Mermaid, one page per component"))
