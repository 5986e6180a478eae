/** The kernel alone: a thousand fibers that sleep, against plain closures on the same heap. */
import { Effect } from "effect"
import { MachineClock } from "#impl/sim/clock.ts"
import { Chance } from "#impl/sim/draws.ts"
import { Kernel } from "#impl/sim/kernel.ts"
import { ProcessScheduler } from "#impl/sim/scheduler.ts"
import { cost_ms, median, type Measured } from "#properties/harness/bench/measured.ts"

const sleepers = 1_000
const wakeUpsEach = 400
const wakeUps = sleepers * wakeUpsEach

const make = (): { readonly kernel: Kernel; readonly process: ProcessScheduler } => {
  const kernel = new Kernel()
  return { kernel, process: new ProcessScheduler(kernel, new MachineClock(), "bench/0", (error) => { throw error }) }
}
const period_ms = (i: number): number => 1 + (i % 7)

const closures = (): number => {
  const { kernel, process } = make()
  let woken = 0
  for (let i = 0; i < sleepers; i++) {
    let left = wakeUpsEach
    const task = (): void => {
      woken++
      if (--left > 0) process.after(period_ms(i), task)
    }
    process.after(period_ms(i), task)
  }
  const cost = cost_ms(() => kernel.run(Number.MAX_SAFE_INTEGER))
  if (woken !== wakeUps) throw new Error(`${woken} wake-ups instead of ${wakeUps}`)
  return wakeUps / cost * 1000
}

const fibers = (): number => {
  const { kernel, process } = make()
  let woken = 0
  const context = process.context(new Chance(1).stream("bench", "random"))
  const sleeper = Effect.fnUntraced(function*(i: number) {
    for (let left = wakeUpsEach; left > 0; left--) {
      yield* process.sleep(period_ms(i))
      woken++
    }
  })
  for (let i = 0; i < sleepers; i++) Effect.runForkWith(context)(sleeper(i))
  const cost = cost_ms(() => kernel.run(Number.MAX_SAFE_INTEGER))
  if (woken !== wakeUps) throw new Error(`${woken} wake-ups instead of ${wakeUps}`)
  return wakeUps / cost * 1000
}

export const kernelBench = (): ReadonlyArray<Measured> => {
  closures()
  fibers()
  const rounds = [0, 1, 2, 3, 4].map(() => ({ closures: closures(), fibers: fibers() }))
  const perSecond = (of: "closures" | "fibers"): number => median(rounds.map((round) => round[of]))
  const ratio = median(rounds.map((round) => round.fibers / round.closures))
  return [
    { name: "closures on the heap", value: perSecond("closures"), unit: "wake-ups/s" },
    { name: "1,000 fibers in the kernel's own sleep", value: perSecond("fibers"), unit: "wake-ups/s" },
    { name: "fibers / closures", value: ratio, unit: "ratio", least: 0.2 }
  ]
}
