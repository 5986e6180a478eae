/**
 * To be imported before anything that imports effect. At each suspension of a fiber, effect makes an AsyncResource for
 * those who trace asynchronous calls; nothing here does, and it costs a quarter of a wake-up. Effect does without when
 * it does not find the class while it is loaded. Without this import everything works the same, only slower.
 */
const asyncHooks = "node:async_hooks"
const found = process.getBuiltinModule

process.getBuiltinModule = ((name: string) =>
  name === asyncHooks ? undefined : found.call(process, name)) as typeof found
await import("effect")
process.getBuiltinModule = found
