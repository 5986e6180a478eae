/** node-lifecycle/rest: at rest the controller that leads has the nodes before it that there are, as they are. */
import type { Line } from "#model/events.ts"
import { readyOf } from "#properties/controllers/node-lifecycle/committed-nodes.ts"
import type { History } from "#properties/history.ts"
import { eventually, type Property } from "#properties/property.ts"

const picturesNodes = ({ now, processes }: History) => {
  const known = new Map<string, Map<string, string>>()
  return {
    line: ({ actor, entity, event }: Line) => {
      if (event.type === "process.crashed" || event.type === "process.stopped") return void known.delete(event.process)
      let mine = known.get(actor)
      if (mine === undefined) known.set(actor, mine = new Map())
      if (event.type === "nodeHealth.seen" || event.type === "nodeHealth.observed") mine.set(entity, event.ready)
      else if (event.type === "nodeHealth.markedUnknown") mine.set(entity, "Unknown")
      else if (event.type === "nodeHealth.gone") mine.delete(entity)
    },
    holds: (): string | undefined => {
      const leader = processes.leaderOf("kube-controller-manager")?.actor
      if (leader === undefined) return undefined
      const mine = new Map(known.get(leader))
      for (const node of now.nodes.all()) {
        const { name } = node.metadata
        const ready = mine.get(name)
        mine.delete(name)
        if (ready !== readyOf(node)) return `${name} is ${readyOf(node)}, and ${ready ?? "not there"} for ${leader}`
      }
      const [gone] = mine.keys()
      return gone === undefined ? undefined : `${leader} sees ${gone}, which is gone`
    }
  }
}

export const rest: ReadonlyArray<Property> = [
  eventually("at rest the node controller sees the nodes as they are", [109], picturesNodes,
    ["nodeHealth.seen", "nodeHealth.observed", "nodeHealth.markedUnknown", "nodeHealth.gone", "process.crashed",
      "process.stopped"])
]
