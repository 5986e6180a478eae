import { describe, expect, it } from "vitest"
import { Kernel, Livelock, type Owner } from "#impl/sim/kernel.ts"

const owner = (name = "p"): Owner & { dead: boolean } => ({
  name, dead: false, paused: false, hold: () => {}, failed: (error) => { throw error }
})

const order = (choices: ReadonlyArray<number>, n: number): string => {
  const kernel = new Kernel(choices)
  const seen: Array<number> = []
  for (let i = 0; i < n; i++) kernel.enqueue(() => seen.push(i), owner())
  kernel.run(0)
  return seen.join(" ")
}

describe("kernel", () => {
  it("is first in, first out without choices and with choices of 0", () => {
    expect(order([], 5)).toBe("0 1 2 3 4")
    expect(order([0, 0, 0], 5)).toBe("0 1 2 3 4")
  })

  it("runs the chosen task next and keeps the order of the others", () => {
    expect(order([3], 5)).toBe("3 0 1 2 4")
    expect(order([4, 16 + 1, 32, 48 + 1], 5)).toBe("4 1 0 3 2")
    expect(order([48 + 1], 6)).toBe("0 1 2 4 3 5")
    // Two for one step: the last counts. One that reaches further than there are tasks begins anew.
    expect(order([3, 2], 5)).toBe("2 0 1 3 4")
    expect(order([15], 4)).toBe("3 0 1 2")
  })

  it("keeps its order when the ring grows around its end", () => {
    const kernel = new Kernel()
    const seen: Array<number> = []
    const o = owner()
    for (let i = 0; i < 1_000; i++) kernel.enqueue(() => seen.push(i), o)
    kernel.enqueue(() => {
      for (let i = 1_000; i < 4_000; i++) kernel.enqueue(() => seen.push(i), o)
    }, o)
    kernel.run(0)
    expect(seen).toEqual(Array.from({ length: 4_000 }, (_, i) => i))
  })

  it("runs timers in the order of time, then of scheduling; cancelled ones leave", () => {
    const kernel = new Kernel()
    const seen: Array<string> = []
    const timers = [5, 3, 9, 3, 1, 7].map((at, i) => kernel.wake(at, () => seen.push(`${at}/${i}`), owner()))
    timers[0]!.cancel()
    timers[4]!.cancel()
    timers[4]!.cancel()
    expect(kernel.timersArmed).toBe(4)
    kernel.run(8)
    expect(seen).toEqual(["3/1", "3/3", "7/5"])
    expect(kernel.now_us).toBe(8)
    timers[1]!.cancel()
    kernel.run(9)
    expect(seen.at(-1)).toBe("9/2")
  })

  it("keeps its heap in order under random cancellations", () => {
    const kernel = new Kernel()
    const seen: Array<number> = []
    let x = 1
    const next = (): number => (x = (x * 48_271) % 2_147_483_647)
    const timers = Array.from({ length: 2_000 }, () => {
      const at = next() % 500
      return kernel.at(at, () => seen.push(at))
    })
    const kept = timers.filter((timer) => next() % 3 > 0 || (timer.cancel(), false))
    kernel.run(500)
    expect(seen).toEqual(kept.map(({ time_us }) => time_us).sort((a, b) => a - b))
  })

  it("drops what the dead had queued", () => {
    const kernel = new Kernel()
    const o = owner()
    let ran = 0
    kernel.enqueue(() => { o.dead = true }, owner())
    kernel.enqueue(() => ran++, o)
    kernel.wake(5, () => ran++, o)
    kernel.run(10)
    expect(ran).toBe(0)
  })

  it("names who runs in a circle instead of hanging", () => {
    const kernel = new Kernel([], 5_000)
    const circle = owner("circle/0")
    const again = (): void => kernel.enqueue(again, circle)
    again()
    const failure = (() => { try { kernel.run(1) } catch (error) { return error } return undefined })()
    expect(failure).toBeInstanceOf(Livelock)
    expect((failure as Livelock).message).toMatch(/circle\/0 × 1000/)
  })

  it("names who sends messages in a storm, although time goes on", () => {
    const kernel = new Kernel([], 5_000)
    const storm = owner("storm/0")
    const again = (): void => void kernel.wake(kernel.now_us + 10, again, storm)
    again()
    const failure = (() => { try { kernel.run(10_000_000) } catch (error) { return error } return undefined })()
    expect(failure).toBeInstanceOf(Livelock)
    expect((failure as Livelock).at_ms).toBeLessThan(1_000)
  })

  it("can be left in the midst of a stretch and goes on as if it had not been", () => {
    const ran = (steps: number): ReadonlyArray<number> => {
      const kernel = new Kernel()
      const o = owner()
      const seen: Array<number> = []
      for (let i = 0; i < 50; i++) {
        kernel.wake(i % 7, () => {
          seen.push(i)
          kernel.enqueue(() => seen.push(-i), o)
        }, o)
      }
      while (!kernel.run(10, steps)) { /* goes on */ }
      return seen
    }
    expect(ran(3)).toEqual(ran(Infinity))
    expect(ran(1)).toHaveLength(100)
  })

  it("hands the cause on with tasks and timers", () => {
    const kernel = new Kernel()
    const causes: Array<number> = []
    const o = owner()
    kernel.enqueue(() => {
      kernel.cause = 7
      kernel.enqueue(() => causes.push(kernel.cause), o)
      kernel.at(3, () => causes.push(kernel.cause))
    }, o)
    kernel.enqueue(() => causes.push(kernel.cause), o)
    kernel.run(5)
    expect(causes).toEqual([-1, 7, 7])
  })
})
