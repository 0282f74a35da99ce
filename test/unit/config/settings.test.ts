import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../../src/config/settings.ts'
import { createSecrets } from '../../../tools/dev/environment.ts'
import { shippedConfig } from '../../support/site-config.ts'

const environment = {
  MODE: 'production',
  PUBLIC_URL: 'https://example.com',
  DATABASE_URL: 'postgres://user:secret-password@db.example.com/site',
  ORIGIN_URL: 'http://127.0.0.1:9000',
  RESEND_API_KEY: 're_secret',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'twilio_secret',
  ...(await createSecrets(2048)),
}

function problems(
  config: unknown,
  changed: Record<string, unknown> = {},
): readonly { field: string; found: string; expected: string }[] {
  const parsed = parseSettings(config, { ...environment, ...changed })
  return parsed.ok ? [] : parsed.problem
}

describe('the settings', () => {
  it('the shipped ones are right, and defaults are filled in', () => {
    const parsed = parseSettings(shippedConfig, environment)
    expect(parsed.ok && parsed.value.config.basePath).toBe('/auth')
    expect(parsed.ok && parsed.value.origins.get('site')).toEqual({
      id: 'site',
      target: { kind: 'url', base: 'http://127.0.0.1:9000' },
      timeoutMs: 30_000,
    })
  })

  it.each([
    'MODE',
    'PUBLIC_URL',
    'DATABASE_URL',
    'ASSERTION_KEYS',
    'DATA_KEY',
    'PASSWORD_PEPPER',
    'RESEND_API_KEY',
    'ORIGIN_URL',
  ])('without %s the field is named', (name) => {
    expect(problems(shippedConfig, { [name]: undefined }).map(({ field }) => field)).toEqual([`environment: ${name}`])
  })

  it.each([
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://login.example.com', true],
    ['login.example.com', 'https://example.com', false],
    ['ample.com', 'https://example.com', false],
    ['https://example.com', 'https://example.com', false],
    ['Example.com', 'https://example.com', false],
  ])('passkeys for %s at %s: %s', (passkeyDomain, url, isRight) => {
    const found = problems({ ...shippedConfig, login: { passkeyDomain } }, { PUBLIC_URL: url })
    expect(found.map(({ field }) => field)).toEqual(isRight ? [] : ['gateway.config.ts: login.passkeyDomain'])
  })

  it.each([
    [{ rules: { logim: { limit: 5 } } }, 'limits.rules'],
    [{ rules: { login: { limit: 0 } } }, 'limits.rules.login.limit'],
    [{ rules: { login: { windowS: 100_000 } } }, 'limits.rules.login.windowS'],
    [{ rules: { login: { limit: 2, cost: 3 } } }, 'limits.rules.login'],
    [{ rules: { login: { state: 'on' } } }, 'limits.rules.login.state'],
    [{ rules: { login: { state: { enforcePercent: 101 } } } }, 'limits.rules.login.state.enforcePercent'],
    [{ rules: { login: { state: { since: 'tomorrow' } } } }, 'limits.rules.login.state.since'],
    [{ rules: { login: { unreachable: 'maybe' } } }, 'limits.rules.login.unreachable'],
    [{ apiPaths: ['api'] }, 'limits.apiPaths[0]'],
    [{ ipv6Prefix: 16 }, 'limits.ipv6Prefix'],
    [{ lockout: { failures: 0 } }, 'limits.lockout.failures'],
  ])('limits that make no sense are named: %j', (limits, field) => {
    expect(problems({ ...shippedConfig, limits })[0]?.field).toBe(`gateway.config.ts: ${field}`)
  })

  it.each([
    ['MODE', 'prod'],
    ['PUBLIC_URL', 'http://example.com'],
    ['PUBLIC_URL', 'https://example.com/path'],
    ['PUBLIC_URL', 'https://example.com/'],
    ['DATABASE_URL', 'mysql://x'],
    ['ASSERTION_KEYS', '{"keys":[]}'],
    ['ASSERTION_KEYS', 'not json'],
    ['DATA_KEY', 'too-short'],
    ['PASSWORD_PEPPER', `${'A'.repeat(42)}=`],
    ['METRICS_TOKEN', 'short'],
    ['ORIGIN_URL', 'https://origin.example.com/path'],
    ['ORIGIN_URL', 'ftp://origin.example.com'],
    ['ORIGIN_URL', 'https://user:pass@origin.example.com'],
  ])('%s = %s is refused by name, and its value is not repeated', (name, value) => {
    const found = problems(shippedConfig, { [name]: value })
    expect(found.length).toBeGreaterThan(0)
    expect(found.every(({ field }) => field.startsWith(`environment: ${name}`))).toBe(true)
    expect(JSON.stringify(found)).not.toContain(JSON.stringify(value))
  })

  it.each<[string, unknown, string]>([
    [
      'a route without a requirement',
      { ...shippedConfig, routes: [{ path: '/*' }] },
      'gateway.config.ts: routes[0].require',
    ],
    [
      'a path without a slash',
      { ...shippedConfig, routes: [{ path: 'x', require: 'public' }] },
      'gateway.config.ts: routes[0].path',
    ],
    [
      'a star in the middle',
      { ...shippedConfig, routes: [{ path: '/a*b', require: 'public' }] },
      'gateway.config.ts: routes[0].path',
    ],
    ['no routes', { ...shippedConfig, routes: [] }, 'gateway.config.ts: routes'],
    ['no origins', { ...shippedConfig, origins: [] }, 'gateway.config.ts: origins'],
    [
      'an unknown origin',
      { ...shippedConfig, routes: [{ path: '/*', require: 'public', origin: 'x' }] },
      'gateway.config.ts: routes[0].origin',
    ],
    [
      'a repeated origin',
      { ...shippedConfig, origins: [...shippedConfig.origins, ...shippedConfig.origins] },
      'gateway.config.ts: origins[1].id',
    ],
    [
      'a missing service',
      { ...shippedConfig, origins: [{ id: 'site', service: 'SITE' }] },
      'gateway.config.ts: origins[0].service',
    ],
    ['an unknown setting', { ...shippedConfig, routs: [] }, 'gateway.config.ts: '],
    ['a colour by name', { ...shippedConfig, theme: { accentColor: 'red' } }, 'gateway.config.ts: theme.accentColor'],
    [
      'a dark colour by name',
      { ...shippedConfig, theme: { dark: { accentColor: 'red' } } },
      'gateway.config.ts: theme.dark.accentColor',
    ],
    [
      'a logo for dark pages alone',
      { ...shippedConfig, theme: { dark: { logoUrl: '/night.svg' } } },
      'gateway.config.ts: theme.logoUrl',
    ],
    [
      'a scheme nobody knows',
      { ...shippedConfig, theme: { colorScheme: 'dim' } },
      'gateway.config.ts: theme.colorScheme',
    ],
    [
      'a header that is none',
      { ...shippedConfig, identityHeaders: { email: 'x y' } },
      'gateway.config.ts: identityHeaders.email',
    ],
    [
      'an origin with a path',
      { ...shippedConfig, cors: { allowedOrigins: ['https://a.example/x'] } },
      'gateway.config.ts: cors.allowedOrigins[0]',
    ],
  ])('%s is refused by name', (_, config, field) => {
    expect(problems(config).map((problem) => problem.field)).toContain(field)
  })
})
