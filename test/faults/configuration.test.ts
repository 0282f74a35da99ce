// A wrong configuration keeps everything closed and says in the log what would be right, without saying what is there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { newVisitor } from '../support/visitor.ts'
import type { Bundle } from '../../tools/dev/bundle.ts'

let gateway: TestGateway
let unknownOrigin: Bundle
beforeAll(async () => {
  gateway = await startGateway()
  const routes = [...shippedConfig.routes, { path: '/api/*', require: 'signed-in', origin: 'nowhere' }]
  unknownOrigin = bundleWith({ ...shippedConfig, routes })
})
afterAll(() => gateway.stop())

const without = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(gateway.bindings).filter(([key]) => key !== name))

const secretNames = ['DATA_KEY', 'PASSWORD_PEPPER', 'ASSERTION_KEYS', 'RESEND_API_KEY', 'DATABASE_URL']

/** field, what would be right, and how it is made wrong. */
const mistakes: readonly [
  field: string,
  expected: RegExp,
  changes: () => Parameters<TestGateway['workerd']['restart']>[0],
][] = [
  ['MODE', /development.*test.*production/, () => ({ bindings: without('MODE') })],
  [
    'DATA_KEY',
    /32 random bytes.*secrets/,
    () => ({ bindings: { ...gateway.bindings, DATA_KEY: 'a-secret-that-is-too-short' } }),
  ],
  [
    'DATABASE_URL',
    /postgres:/,
    () => ({ bindings: { ...gateway.bindings, DATABASE_URL: 'mysql://a-secret-that-is-too-short' } }),
  ],
  ['RESEND_API_KEY', /key of the mail vendor/, () => ({ bindings: without('RESEND_API_KEY') })],
  [
    'ASSERTION_KEYS',
    /JSON Web Key Set.*secrets/,
    () => ({ bindings: { ...gateway.bindings, ASSERTION_KEYS: '{a-secret-that-is-too-short' } }),
  ],
  ['PUBLIC_URL', /origin people see/, () => ({ bindings: { ...gateway.bindings, PUBLIC_URL: 'http://site.example' } })],
  [
    'ORIGIN_URL',
    /http or https URL/,
    () => ({ bindings: { ...gateway.bindings, ORIGIN_URL: 'ftp://a-secret-that-is-too-short' } }),
  ],
  ['routes[4].origin', /one of site/, () => ({ bundle: unknownOrigin, bindings: gateway.bindings })],
]

describe('a configuration that is wrong', () => {
  it.each(mistakes)(
    'in %s keeps every path closed, and the log says what is wrong and what would be right',
    async (field, expected, changes) => {
      const logsBefore = gateway.workerd.logs().length
      await gateway.workerd.restart(changes())
      const visitor = newVisitor(gateway)
      for (const path of [
        '/',
        '/public/x',
        '/private',
        '/auth/login',
        '/auth/v1/session',
        '/.well-known/jwks.json',
        '/auth/metrics',
      ]) {
        const answer = await visitor.send('GET', path)
        expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
          path,
          503,
          'application/problem+json',
        ])
        expect(await answer.json()).toMatchObject({ code: 'misconfigured', status: 503 })
      }
      expect((await visitor.send('GET', '/healthz')).status).toBe(200)
      const ready = await visitor.send('GET', '/readyz')
      expect([ready.status, await ready.json()]).toMatchObject([503, { code: 'misconfigured' }])
      const log = (): string => gateway.workerd.logs().slice(logsBefore).join('\n')
      await expect.poll(log, { timeout: 5000 }).toContain(field)
      expect(
        log()
          .split('\n')
          .find((line) => line.includes(field)),
      ).toMatch(expected)
      expect(log()).not.toContain('a-secret-that-is-too-short')
      for (const name of secretNames) expect(log()).not.toContain(gateway.bindings[name])
    },
  )
})
