/**
 * What a container does when it runs. A real image holds a program; here the program is data, which the registry gives
 * for an image's name and the container's arguments, as a shell gives them to a binary.
 *
 *   server (nginx, web, pause)  runs until stopped, leaves on SIGTERM after --stop-ms with --exit-code
 *   job (busybox, openb)        exits with --exit-code after --run-ms
 *   crasher                     exits 1 after --run-ms, each time
 *   stubborn                    a server that ignores SIGTERM and dies only by SIGKILL
 *
 * An argument that is none of these ends the program at once with exit code 2. An unknown name is an image that cannot
 * be pulled. Deviates: registries, tags and digests are not told apart: the last part of the name decides.
 */
import type { GivenContainer } from "#model/objects/pod.ts"

export type ProgramKind = "server" | "job" | "crasher" | "stubborn"
export interface Program {
  readonly kind: ProgramKind
  readonly run_ms?: number
  readonly stop_ms?: number
  readonly exitCode?: number
}

const images: Readonly<Record<string, ProgramKind>> = {
  server: "server", nginx: "server", web: "server", pause: "server",
  job: "job", busybox: "job", openb: "job",
  crasher: "crasher", stubborn: "stubborn"
}
const options: Readonly<Record<string, "run_ms" | "stop_ms" | "exitCode">> =
  { "--run-ms": "run_ms", "--stop-ms": "stop_ms", "--exit-code": "exitCode" }
/** Exit code of a program that does not understand its arguments. Source: the shells' convention. */
const usageExitCode = 2

/** "web" of "registry.example/team/web:1@sha256:…" */
const nameOf = (image: string): string => image.slice(image.lastIndexOf("/") + 1).split(/[:@]/)[0]!
const isMissing = (image: string): boolean => image.startsWith("missing/")

export const kindOfImage = (image: string): ProgramKind | undefined =>
  isMissing(image) ? undefined : images[nameOf(image)]
export const isKnownImage = (image: string): boolean => kindOfImage(image) !== undefined

type Said = Pick<GivenContainer, "image" | "args">
const known = new Map<string, Program>()

const read = (kind: ProgramKind, args: ReadonlyArray<string>): Program => {
  const program: { kind: ProgramKind; run_ms?: number; stop_ms?: number; exitCode?: number } = { kind }
  for (const arg of args) {
    const [, name = "", value = ""] = /^(--[a-z-]+)=(\d+)$/.exec(arg) ?? []
    const field = options[name]
    if (field === undefined) return { kind: "job", run_ms: 0, exitCode: usageExitCode }
    program[field] = Number(value)
  }
  return program
}

/** What the container runs; undefined: its image is not to be had. The same text gives the same object. */
export const programOf = ({ image = "", args = [] }: Said): Program | undefined => {
  const kind = kindOfImage(image)
  if (kind === undefined) return undefined
  const key = `${kind} ${args.join(" ")}`
  let program = known.get(key)
  if (program === undefined) known.set(key, program = read(kind, args))
  return program
}

/** The usual name of an image that holds such a program. */
const usual: Readonly<Record<ProgramKind, string>> =
  { server: "web", job: "job", crasher: "crasher", stubborn: "stubborn" }

/** Image and arguments of a container that runs the program; `tag` tells two versions apart. */
export const containerOf = (
  program: Program, tag = "1"
): { readonly image: string; readonly args?: ReadonlyArray<string> } => {
  const args = Object.entries(options).flatMap(([name, field]) =>
    program[field] === undefined ? [] : [`${name}=${program[field]}`])
  return { image: `${usual[program.kind]}:${tag}`, ...(args.length === 0 ? {} : { args }) }
}
