#!/usr/bin/env node
/**
 * Where `npx plimsoll` begins: plain JavaScript that any Node can read. It says what is missing in a sentence, before
 * main.ts brings in what an old Node cannot run and an empty checkout does not have.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = new URL("../", import.meta.url)
const main = new URL("main.ts", import.meta.url)
const least = Number(/\d+/.exec(JSON.parse(readFileSync(new URL("package.json", root), "utf8")).engines.node)[0])
const isOldNode = Number(process.versions.node.split(".")[0]) < least
/** The Node that npm installed beside the other packages. */
const ownNode = fileURLToPath(new URL("node_modules/.bin/node", root))

/** @param {string} what */
const refuse = (what) => {
  console.error(`plimsoll: ${what}`)
  process.exit(64)
}

if (!existsSync(new URL("node_modules/effect/package.json", root))) {
  refuse(`its packages are not installed: run "npm ci" in ${fileURLToPath(root)} first`)
} else if (!isOldNode) await import(main.href)
else if (!existsSync(ownNode)) {
  refuse(`it needs Node ${least} or newer, this is ${process.versions.node}: "npm ci" brings one where the registry ` +
    "has it for this platform, else install it")
} else {
  const { status } = spawnSync(ownNode, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" })
  process.exit(status ?? 4)
}
