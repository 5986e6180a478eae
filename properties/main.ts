#!/usr/bin/env node
/**
 * The `plimsoll` command. It alone may import everything and write files; each command stands in commands/<name>.ts
 * and loads the heavy modules itself, so that `--help` stays quick.
 *
 * Exit codes: 0 held, 1 safety, 2 liveness, 3 conformance, 4 crash or nondeterminism of Plimsoll itself, 5 unknown,
 * 64 usage or bad input.
 */
import "#impl/sim/plain-fibers.ts"
import { NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit } from "effect"
import { CliError, CliOutput, Command } from "effect/cli"
import { BadInput, ExitWith, version } from "#properties/harness/commands/outcome.ts"
import { aim } from "#properties/harness/commands/aim.ts"
import { bugs } from "#properties/harness/commands/bugs.ts"
import { check } from "#properties/harness/commands/check.ts"
import { draw } from "#properties/harness/commands/draw.ts"
import { judge } from "#properties/harness/commands/judge.ts"
import { merge } from "#properties/harness/commands/merge.ts"
import { modelCheck } from "#properties/harness/commands/model-check.ts"
import { rates } from "#properties/harness/commands/rates.ts"
import { record } from "#properties/harness/commands/record.ts"
import { replay } from "#properties/harness/commands/replay.ts"
import { show } from "#properties/harness/commands/show.ts"
import { teeth } from "#properties/harness/commands/teeth.ts"

const plimsoll = Command.make("plimsoll").pipe(
  Command.withDescription(
    "An executable specification of a Kubernetes cluster, and the harness that holds implementations to it."),
  Command.withSubcommands([check, merge, replay, show, modelCheck, judge, record, bugs, aim, teeth, draw, rates])
)

/** Help that was asked for goes to stdout; a mistake gets its sentence on stderr and where to find help. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    switch (event._tag) {
      case "Help":
        return Console.log(
          CliOutput.defaultFormatter({ colors: process.stdout.isTTY === true }).formatHelpDoc(event.helpDoc))
      case "InvalidInvocation":
        return Console.error(`${event.errors.map((error) => `plimsoll: ${error.message}`).join("\n")}\n` +
          `Try: ${event.commandPath.join(" ")} --help`)
      case "Version":
        return Console.log(event.version)
    }
  }
}

/** What the process ends with. Sentences for mistakes; a defect of Plimsoll's own keeps its stack, it is a bug. */
const exitCode = (exit: Exit.Exit<void, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  const error = Cause.squash(exit.cause)
  if (error instanceof ExitWith) return error.code
  if (error instanceof BadInput) {
    console.error(`plimsoll: ${error.message}`)
    return 64
  }
  if (CliError.isCliError(error)) return error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 64
  console.error("plimsoll: this is a bug of Plimsoll itself; please report it with the command that shows it")
  console.error(error instanceof Error ? error.stack : error)
  return 4
}

const main = Command.runWith(plimsoll, { version, renderErrors: true })(process.argv.slice(2)).pipe(
  Effect.provideService(CliOutput.Presenter, presenter),
  Effect.provide(NodeServices.layer)
)
const code = exitCode(await Effect.runPromiseExit(main))
process.exitCode = code
