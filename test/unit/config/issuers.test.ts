// Each preset against tokens shaped as its vendor documents them, and the mistakes a row can hold.
import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../../src/config/settings.ts'
import { subjectOf } from '../../../src/tokens/token-subject.ts'
import type { TrustedIssuer } from '../../../src/tokens/trusted-issuer.ts'
import { faultInClaims } from '../../../src/tokens/validate-claims.ts'
import { createSecrets } from '../../../tools/dev/environment.ts'
import { presetSamples, sampleSecond } from '../../support/preset-samples.ts'
import { shippedConfig } from '../../support/site-config.ts'

const environment = {
  MODE: 'production',
  PUBLIC_URL: 'https://example.com',
  DATABASE_URL: 'postgres://user:secret-password@db.example.com/site',
  ORIGIN_URL: 'http://127.0.0.1:9000',
  RESEND_API_KEY: 're_secret',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'twilio_secret',
  ...(await createSecrets()),
}

const parse = (...issuers: unknown[]): ReturnType<typeof parseSettings> =>
  parseSettings({ ...shippedConfig, issuers }, environment)

function rulesOf(row: unknown): TrustedIssuer {
  const parsed = parse(row)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problem))
  const [rules] = parsed.value.config.issuers
  if (rules === undefined) throw new Error('no row')
  return rules
}

const nowMs = sampleSecond * 1000
const times = { iat: sampleSecond, exp: sampleSecond + 300 }

describe.each(Object.entries(presetSamples))(
  'the preset %s',
  (_, { row, issuer, jwksUrl, header, claims, subject, others }) => {
    const rules = rulesOf(row)
    const token = { ...times, iss: issuer, ...claims }

    it('knows where the issuer and its keys are', () => {
      expect([rules.issuer, rules.jwksUrl]).toEqual([issuer, jwksUrl])
    })

    it('accepts its tokens and reads who they are about', () => {
      expect(faultInClaims(token, header, rules, nowMs)).toBe(null)
      expect(subjectOf(token, rules, nowMs)).toMatchObject(subject)
    })

    it.each(Object.keys(others))('refuses %s', (name) => {
      expect(faultInClaims({ ...token, ...others[name] }, header, rules, nowMs)).toMatch(/^wrong (?:type|audience)$/)
    })

    it('refuses what is bound to a key, and what is good for years', () => {
      expect(faultInClaims({ ...token, cnf: { jkt: 'x' } }, header, rules, nowMs)).toBe('bound to a key')
      expect(faultInClaims({ ...token, exp: 1_900_000_000 }, header, rules, nowMs)).toBe('good for too long')
    })
  },
)

describe('an address', () => {
  const told = (row: Record<string, unknown>, claims: Record<string, unknown>): string | null | undefined =>
    subjectOf({ sub: 'x', email_verified: true, ...claims }, rulesOf(row), nowMs)?.verifiedEmail
  const google = { preset: 'google', clientIds: ['x'] }
  const plain = { issuer: 'https://id.example.com', audiences: ['x'] }

  it.each([
    ['of Google’s own', google, { email: 'Ann@gmail.com' }, 'ann@gmail.com'],
    ['of a customer of Google', google, { email: 'ann@corp.example', hd: 'corp.example' }, 'ann@corp.example'],
    ['that Google saw proven long ago', google, { email: 'ann@corp.example' }, null],
    ['whose domain only looks like it', google, { email: 'ann@notgmail.com' }, null],
    [
      'of a domain the row lists',
      { ...plain, claims: { emailDomains: ['Corp.example'] } },
      { email: 'a@corp.example' },
      'a@corp.example',
    ],
    [
      'of another domain',
      { ...plain, claims: { emailDomains: ['corp.example'] } },
      { email: 'a@sub.corp.example' },
      null,
    ],
    ['that is not proven', plain, { email: 'a@corp.example', email_verified: false }, null],
    ['whose proof is text', plain, { email: 'a@corp.example', email_verified: 'true' }, 'a@corp.example'],
    ['whose proof is another text', plain, { email: 'a@corp.example', email_verified: 'no' }, null],
    ['without a word about proof', plain, { email: 'a@corp.example', email_verified: undefined }, null],
    [
      'of an issuer all of whose are',
      { ...plain, claims: { emailVerified: true } },
      { email: 'a@b.example', email_verified: false },
      'a@b.example',
    ],
    ['that is two', plain, { email: 'a@b.example,c@d.example' }, null],
    ['with a control character', plain, { email: 'a@b.example\u0000' }, null],
    ['that is not ASCII', plain, { email: 'a@b\uff0eexample' }, null],
    ['that is a list', plain, { email: ['a@b.example'] }, null],
  ])('%s', (_, row, claims, expected) => {
    expect(told(row, claims)).toBe(expected)
  })
})

describe('a row without a preset', () => {
  const row = { issuer: 'https://id.example.com', audiences: ['https://site.example'] }

  it('has the standards for defaults', () => {
    expect(rulesOf(row)).toMatchObject({
      jwksUrl: null,
      algorithms: ['RS256'],
      audienceClaim: 'aud',
      tokenType: { header: 'at+jwt', claims: {} },
      leewayMs: 30_000,
      maxLifetimeMs: 86_400_000,
      unknownUsers: 'create',
      linkVerifiedEmail: true,
      forwardToken: false,
    })
  })

  it('takes media types as they may be written', () => {
    const token = { ...times, aud: 'https://site.example' }
    for (const type of ['at+jwt', 'AT+JWT', 'application/at+jwt'])
      expect(faultInClaims(token, type, rulesOf(row), nowMs)).toBe(null)
    for (const type of [null, 'JWT', 'text/at+jwt', 'application/application/at+jwt'])
      expect(faultInClaims(token, type, rulesOf(row), nowMs)).toBe('wrong type')
  })
})

describe('a mistake in a row', () => {
  const row = { issuer: 'https://id.example.com', audiences: ['x'] }
  it.each([
    ['issuers[0].issuer', { ...row, issuer: 'http://id.example.com' }],
    ['issuers[0].issuer', { ...row, issuer: 'https://id.example.com/?x' }],
    ['issuers[0].issuer', { ...row, issuer: 'https://id.example.com/#' }],
    ['issuers[0].jwksUrl', { ...row, jwksUrl: 'ftp://id.example.com' }],
    ['issuers[0].audiences', { ...row, audiences: [] }],
    ['issuers[0].audiences', { issuer: row.issuer }],
    ['issuers[0].algorithms[0]', { ...row, algorithms: ['HS256'] }],
    ['issuers[0].algorithms[0]', { ...row, algorithms: ['none'] }],
    ['issuers[0].algorithms', { ...row, algorithms: [] }],
    ['issuers[0].leewaySeconds', { ...row, leewaySeconds: 120 }],
    ['issuers[0].tokenType', { ...row, tokenType: {} }],
    ['issuers[0].unknownUsers', { ...row, unknownUsers: 'maybe' }],
    ['issuers[0].preset', { preset: 'okta' }],
    ['issuers[0].userPoolId', { preset: 'cognito', region: 'eu-central-1', clientIds: ['x'] }],
    ['issuers[0].tenantId', { preset: 'entra', tenantId: 'common', clientId: 'x' }],
    ['issuers[0].domain', { preset: 'auth0', domain: 'https://x.auth0.com', audience: 'x' }],
    ['issuers[0].projectUrl', { preset: 'supabase', projectUrl: 'https://abc.supabase.co/' }],
    ['issuers', [row, row]],
  ])('is named by its field: %s', (field, rows) => {
    const parsed = parse(...[rows].flat())
    const fields = parsed.ok ? [] : parsed.problem.map((problem) => problem.field)
    expect(fields).toEqual([`gateway.config.ts: ${field}`])
  })

  it.each([
    { preset: 'supabase', projectUrl: 'http://abc.supabase.co' },
    { preset: 'clerk', frontendApi: 'http://clerk.example.com', authorizedParties: ['http://localhost:3000'] },
    { preset: 'keycloak', url: 'http://id.example.com', realm: 'x', audiences: ['x'] },
  ])('lets no keys come unprotected: %j', (unprotected) => {
    expect(parse(unprotected).ok).toBe(false)
  })

  it('of a name is told with what would be right', () => {
    const parsed = parse({ preset: 'entra', tenantId: 'common', clientId: 'x' })
    expect(parsed.ok ? '' : parsed.problem[0]?.expected).toContain('the id of the tenant')
  })
})

describe('a row that leaves a text to the environment', () => {
  const row = { preset: 'cognito', region: { env: 'REGION' }, userPoolId: 'x_1', clientIds: ['a', { env: 'CLIENT' }] }
  const parseWith = (values: Record<string, unknown>): ReturnType<typeof parseSettings> =>
    parseSettings({ ...shippedConfig, issuers: [row] }, { ...environment, ...values })

  it('means what stands there', () => {
    const parsed = parseWith({ REGION: 'us-east-1', CLIENT: 'b' })
    expect(parsed.ok && parsed.value.config.issuers).toMatchObject([
      { issuer: 'https://cognito-idp.us-east-1.amazonaws.com/x_1', audiences: ['a', 'b'] },
    ])
  })

  it('is a mistake of the environment when nothing does', () => {
    const parsed = parseWith({ CLIENT: '' })
    expect(parsed.ok ? [] : parsed.problem.map(({ field }) => field)).toEqual([
      'environment: REGION',
      'environment: CLIENT',
    ])
  })
})
