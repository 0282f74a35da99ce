import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { scriptedDatabase } from './test/objects/support/scripted-database.ts'
import { createSecrets } from './tools/dev/environment.ts'

// Flow, attack and fault suites share one PostgreSQL server (a database each) and one bundle; see test/support/start.ts.
const frontDoor = { globalSetup: ['test/support/start.ts'], testTimeout: 60_000, hookTimeout: 60_000 }

/** Those that wait more than they work: they run beside the others and take nothing from them. */
const waiting = [
  'test/faults/mail-vendor.test.ts',
  'test/faults/sms-vendor.test.ts',
  'test/faults/unchecked-session.test.ts',
  'test/flows/answer-times.test.ts',
  'test/flows/bearer-streams.test.ts',
  'test/flows/origin-login.test.ts',
  'test/flows/shared-secret.test.ts',
]

// Objects alone, in workerd, with a database that does what a test says: what must hold without it is stated there.
const objects = cloudflareTest({
  wrangler: { configPath: './wrangler.toml' },
  miniflare: {
    bindings: {
      MODE: 'development',
      PUBLIC_URL: 'http://localhost',
      ORIGIN_URL: 'http://origin.test',
      DATABASE_URL: 'postgres://nobody:nothing@database.test/none',
      DATABASE_ENDPOINT: 'http://database.test/sql',
      RESEND_API_KEY: 're_test',
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'twilio_test',
      ...(await createSecrets(2048)),
      DATA_KEY_PREVIOUS: Buffer.alloc(32, 1).toString('base64url'),
    },
    outboundService: scriptedDatabase,
  },
})

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'flows',
          include: ['test/{flows,attacks,faults,contract}/**/*.test.ts'],
          exclude: waiting,
          ...frontDoor,
        },
      },
      { test: { name: 'waiting', include: waiting, ...frontDoor } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...frontDoor, testTimeout: 120_000 } },
      {
        plugins: [objects],
        test: {
          name: 'objects',
          include: ['test/objects/**/*.test.ts'],
          globalSetup: ['test/support/start-database.ts'],
          // A hash takes seconds here, in code that V8 does not optimise while it can be debugged.
          testTimeout: 120_000,
          // The scripted database is one for all of them.
          fileParallelism: false,
        },
      },
    ],
  },
})
