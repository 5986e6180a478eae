import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { setup } from "xstate"
import { mermaid, page } from "#model/draw.ts"

const door = setup({ guards: { isFree: () => true }, actions: { ring: () => {} } }).createMachine({
  id: "door", type: "parallel", on: { "door.burnt": ".leaf.gone" },
  states: {
    leaf: { description: "What moves.", initial: "shut", states: {
      shut: { description: "Closed.", on: { "door.opened": { guard: "isFree", target: "open", actions: "ring" } } },
      open: { on: { "door.shut": "shut", "door.knocked": { actions: "ring" } } },
      gone: { type: "final" } } },
    lock: { initial: "off", states: { off: {} } }
  }
})

describe("a chart as a drawing", () => {
  it("shows regions, guards, actions, loops and ends", () => {
    expect(mermaid(door as never)).toBe(`stateDiagram-v2
  state "door" as whole {
    state "leaf" as leaf {
      [*] --> leaf_shut
      leaf_shut: shut
      leaf_open: open
      leaf_gone: gone
      leaf_gone --> [*]
    }
    --
    state "lock" as lock {
      [*] --> lock_off
      lock_off: off
    }
  }
  any: in any state
  any --> leaf_gone: door.burnt
  leaf_shut --> leaf_open: door.opened [isFree] / ring
  leaf_open --> leaf_shut: door.shut
  leaf_open --> leaf_open: door.knocked / ring`)
  })
  it("is a page with the header of its file", () => {
    const header = "/**\n * door: it opens.\n *\n * States: shut,\n *         open.\n * Time:   none.\n */"
    const text = page("door", { "door.door": door as never }, header)
    expect(text).toContain("door: it opens.\n\n- **States**: shut, open.\n- **Time**: none.")
    expect(text).toContain("| `leaf.shut` (initial) | Closed. |")
    expect(text).toContain("| `leaf.shut` | `door.opened` | `isFree` | `leaf.open` | `ring` |")
    expect(text).toContain("| `any` | `door.burnt` |  | `leaf.gone` |  |")
  })
  it.each(Object.keys(charts))("draws %s", (name) => {
    const lines = mermaid(charts[name]!).split("\n")
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.filter((line) => line.includes("undefined"))).toEqual([])
  })
})
