import { defineConfig } from "vitest/config"

export default defineConfig({
  test: { include: ["properties/mutation.test.ts"], pool: "forks", testTimeout: 120_000, bail: 1 }
})
