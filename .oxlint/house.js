/** Two rules of the house that oxlint does not have: how wide a line may be, and how a private member is written. */

const columns = 120

const maxColumns = {
  create: (context) => ({
    Program(node) {
      const lines = context.sourceCode.lines
      lines.forEach((text, index) => {
        if (text.length <= columns) return
        const line = index + 1
        context.report({
          node, message: `${text.length} columns; a line has at most ${columns}`,
          loc: { start: { line, column: columns }, end: { line, column: text.length } }
        })
      })
    }
  })
}

const refuse = (context) => (node) => {
  if (node.accessibility !== "private") return
  context.report({ node, message: "write #name: one style of private members, and the one that the machine keeps" })
}
const hashPrivate = {
  create: (context) => ({ PropertyDefinition: refuse(context), MethodDefinition: refuse(context) })
}

export default { meta: { name: "house" }, rules: { "max-columns": maxColumns, "hash-private": hashPrivate } }
