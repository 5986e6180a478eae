/**
 * A chart as a string: a Mermaid state diagram, and a Markdown page with its states, events, guards and the header of
 * the file that it stands in. `plimsoll draw` writes the pages to charts/<component>.md.
 */
import type { AnyStateMachine, StateNode } from "xstate"

interface Edge {
  readonly source: string
  readonly target: string
  readonly label: string
}

/** The chart as a Mermaid stateDiagram-v2. Regions are divided by `--`; what stays in its state is drawn as a loop. */
export const mermaid = (chart: AnyStateMachine): string => {
  const root = chart.root as StateNode
  const drawn = states(root).flatMap(edges)
  const lines = ["stateDiagram-v2"]
  // Mermaid knows regions only inside a state.
  if (root.type === "parallel") {
    lines.push(`  state "${chart.id}" as whole {`)
    drawStates(root, "    ", lines)
    lines.push("  }")
  } else drawStates(root, "  ", lines)
  if (drawn.some((edge) => edge.source === any)) lines.push(`  ${any}: in any state`)
  return [...lines, ...drawn.map((edge) => `  ${edge.source} --> ${edge.target}: ${edge.label}`)].join("\n")
}

/** One page per component: the header of its model file, then each chart with diagram, states and transitions. */
export const page = (component: string, charts: Readonly<Record<string, AnyStateMachine>>, source: string): string => {
  const header = headerOf(source)
  const parts = [`# ${component}`,
    `<!-- Written by \`plimsoll draw\` from model/${component}.ts. Do not edit. -->`, header]
  for (const [name, chart] of Object.entries(charts)) {
    parts.push(`## ${name}`, "```mermaid\n" + mermaid(chart) + "\n```", stateTable(chart), transitionTable(chart))
  }
  return parts.join("\n\n") + "\n"
}

const drawStates = (node: StateNode, indent: string, lines: Array<string>): void => {
  const children = Object.values(node.states) as Array<StateNode>
  const initial = node.type === "compound" ? node.initial.target?.[0] : undefined
  if (initial !== undefined) lines.push(`${indent}[*] --> ${id(initial as StateNode)}`)
  for (const [i, child] of children.entries()) {
    if (node.type === "parallel" && i > 0) lines.push(`${indent}--`)
    if (Object.keys(child.states).length === 0) {
      lines.push(`${indent}${id(child)}: ${child.key}`)
      if (child.type === "final") lines.push(`${indent}${id(child)} --> [*]`)
      continue
    }
    lines.push(`${indent}state "${child.key}" as ${id(child)} {`)
    drawStates(child, `${indent}  `, lines)
    lines.push(`${indent}}`)
  }
}

const states = (node: StateNode): ReadonlyArray<StateNode> =>
  [node, ...Object.values(node.states).flatMap((child) => states(child as StateNode))]

/** A transition of the root holds in any state. One without a target stays where it is. */
const edges = (node: StateNode): Array<Edge> => transitionsOf(node).flatMap((transition) => {
  const source = node.parent === undefined ? any : id(node)
  const targets: ReadonlyArray<StateNode> = transition.target ?? []
  return (targets.length === 0 ? [source] : targets.map(id))
    .map((target) => ({ source, target, label: label(transition) }))
})

const transitionsOf = (node: StateNode): ReadonlyArray<any> =>
  [...node.transitions.values()].flat()

/** Guards and actions are names: the compiler of the charts refuses what is not. */
const label = ({ actions, eventType, guard }: any): string =>
  `${eventType}${guard === undefined ? "" : ` [${guard}]`}${actions.length === 0 ? "" : ` / ${actions.join(", ")}`}`
    .replaceAll(";", ",").replaceAll(":", "=")

const any = "any"
const id = (node: StateNode): string => node.path.join("_").replaceAll(/\W/g, "_")

const stateTable = (chart: AnyStateMachine): string => table(["state", "what it means"],
  states(chart.root as StateNode).filter((node) => node.path.length > 0).map((node) =>
    [`\`${node.path.join(".")}\`${marks(node)}`, node.description ?? ""]))

const marks = (node: StateNode): string => {
  const parent = node.parent
  const words = [parent?.type === "compound" && (parent.initial.target?.[0] as unknown) === node ? "initial" : "",
    node.type === "final" ? "final" : "", node.type === "parallel" ? "parallel" : "", ...node.tags]
    .filter((word) => word !== "")
  return words.length === 0 ? "" : ` (${words.join(", ")})`
}

const transitionTable = (chart: AnyStateMachine): string => table(["in", "event", "if", "to", "does"],
  states(chart.root as StateNode).flatMap((node) => transitionsOf(node).map((transition) => {
    const targets: ReadonlyArray<StateNode> = transition.target ?? []
    return [code(node.path.join(".") || any), code(transition.eventType), code(transition.guard ?? ""),
      targets.length === 0 ? "stays" : targets.map((target) => code(target.path.join("."))).join(", "),
      transition.actions.map(code).join(", ")]
  })))

const code = (text: string): string => text === "" ? "" : `\`${text}\``

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n")

/** The comment at the top of a file: its sentences as text, its labels as a list. */
const headerOf = (source: string): string => {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? ""
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
  const joined: Array<string> = []
  for (const line of lines) {
    const label = /^(States|Time|Errors|Source):\s*(.*)/.exec(line)
    if (label !== null) joined.push(`- **${label[1]}**: ${label[2]}`)
    else if (/^\s+\S/.test(line) && joined.length > 0) joined[joined.length - 1] += ` ${line.trim()}`
    else joined.push(line)
  }
  return joined.join("\n").trim()
}
