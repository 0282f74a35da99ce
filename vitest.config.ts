import { defineConfig } from 'vitest/config'

// Flow, attack and fault suites share one PostgreSQL server (a database each) and one bundle; see test/support/start.ts.
const frontDoor = { globalSetup: ['test/support/start.ts'], testTimeout: 60_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'], testTimeout: 30_000, hookTimeout: 60_000 } },
      { test: { name: 'flows', include: ['test/{flows,attacks,faults,contract}/**/*.test.ts'], ...frontDoor } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...frontDoor, testTimeout: 120_000 } },
    ],
  },
})
