// Each preset against tokens shaped as its vendor documents them, and the mistakes a row can hold.
import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../../src/config/settings.ts'
import { subjectOf } from '../../../src/tokens/token-subject.ts'
import type { TrustedIssuer } from '../../../src/tokens/trusted-issuer.ts'
import { faultInClaims } from '../../../src/tokens/validate-claims.ts'
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

const nowMs = 1_800_000_000_000
const times = { iat: 1_800_000_000, exp: 1_800_000_300 }

interface Sample {
  readonly row: Record<string, unknown>
  readonly issuer: string
  readonly jwksUrl: string
  readonly header: string | null
  readonly claims: Record<string, unknown>
  readonly subject: Record<string, unknown>
  /** What the same keys sign besides, or what must not count. */
  readonly others: Readonly<Record<string, Record<string, unknown>>>
}

const samples: Readonly<Record<string, Sample>> = {
  cognito: {
    row: { preset: 'cognito', region: 'eu-central-1', userPoolId: 'eu-central-1_AbCdEf', clientIds: ['app'] },
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf',
    jwksUrl: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf/.well-known/jwks.json',
    header: null,
    claims: {
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      device_key: 'aaaa',
      'cognito:groups': ['admin'],
      token_use: 'access',
      scope: 'openid',
      auth_time: 1_799_999_990,
      version: 2,
      client_id: 'app',
      username: 'ann',
    },
    subject: {
      name: 'ann',
      verifiedEmail: null,
      roles: ['admin'],
      aal: 1,
      authTimeMs: 1_799_999_990_000,
      provenAtMs: 1_799_999_990_000,
    },
    others: {
      'an ID token': { token_use: 'id', aud: 'app', client_id: undefined },
      'another app': { client_id: 'other' },
    },
  },
  'cognito with ID tokens': {
    row: {
      preset: 'cognito',
      region: 'eu-central-1',
      userPoolId: 'eu-central-1_A',
      clientIds: ['app'],
      tokenUse: 'id',
    },
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_A',
    jwksUrl: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_A/.well-known/jwks.json',
    header: null,
    claims: { sub: 'a', aud: 'app', token_use: 'id', email: 'Ann@example.com', email_verified: true, name: 'Ann' },
    subject: { name: 'Ann', verifiedEmail: 'ann@example.com', roles: [] },
    others: { 'an access token': { token_use: 'access', aud: undefined, client_id: 'app' } },
  },
  auth0: {
    row: { preset: 'auth0', domain: 'my-domain.eu.auth0.com', audience: 'https://example.com/api' },
    issuer: 'https://my-domain.eu.auth0.com/',
    jwksUrl: 'https://my-domain.eu.auth0.com/.well-known/jwks.json',
    header: 'JWT',
    claims: {
      sub: 'auth0|123456',
      aud: ['https://example.com/api', 'https://my-domain.eu.auth0.com/userinfo'],
      azp: 'my_client_id',
      scope: 'openid profile',
      roles: ['admin'],
    },
    subject: { identity: 'https://my-domain.eu.auth0.com/#auth0|123456', roles: [], verifiedEmail: null },
    others: { 'an ID token': { aud: 'my_client_id', nonce: 'x' } },
  },
  'auth0 with RFC 9068': {
    row: {
      preset: 'auth0',
      domain: 'my-domain.eu.auth0.com',
      audience: 'https://example.com/api',
      profile: 'rfc9068',
      claims: { roles: 'https://example.com/roles' },
    },
    issuer: 'https://my-domain.eu.auth0.com/',
    jwksUrl: 'https://my-domain.eu.auth0.com/.well-known/jwks.json',
    header: 'at+jwt',
    claims: { sub: 'auth0|1', aud: 'https://example.com/api', client_id: 'x', 'https://example.com/roles': ['admin'] },
    subject: { roles: ['admin'] },
    others: { 'another API': { aud: 'https://example.com/other' } },
  },
  clerk: {
    row: { preset: 'clerk', frontendApi: 'https://clerk.example.com', authorizedParties: ['https://app.example.com'] },
    issuer: 'https://clerk.example.com',
    jwksUrl: 'https://clerk.example.com/.well-known/jwks.json',
    header: 'JWT',
    claims: {
      sub: 'user_2a',
      sid: 'sess_2a',
      azp: 'https://app.example.com',
      v: 2,
      fva: [0, -1],
      nbf: 1_799_999_990,
      sts: 'active',
    },
    subject: { identity: 'https://clerk.example.com#user_2a', verifiedEmail: null, roles: [] },
    others: {
      'a token of a template': { sid: undefined },
      'an unfinished session': { sts: 'pending' },
      'another application': { azp: 'https://evil.example.com' },
      'no application': { azp: undefined },
    },
  },
  keycloak: {
    row: { preset: 'keycloak', url: 'https://id.example.com', realm: 'demo', audiences: ['site'] },
    issuer: 'https://id.example.com/realms/demo',
    jwksUrl: 'https://id.example.com/realms/demo/protocol/openid-connect/certs',
    header: 'JWT',
    claims: {
      sub: '5e1b',
      typ: 'Bearer',
      azp: 'app',
      aud: ['site', 'account'],
      acr: '1',
      realm_access: { roles: ['admin', 'offline_access'] },
      resource_access: { account: { roles: ['manage-account'] } },
      email: 'ann@example.com',
      email_verified: true,
      name: 'Ann Example',
      preferred_username: 'ann',
    },
    subject: { name: 'Ann Example', verifiedEmail: 'ann@example.com', roles: ['admin', 'offline_access'] },
    others: {
      'an ID token': { typ: 'ID' },
      'a refresh token': { typ: 'Refresh' },
      'a logout token': { typ: 'Logout' },
    },
  },
  entra: {
    row: {
      preset: 'entra',
      tenantId: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
      clientId: '00001111-aaaa-2222-bbbb-3333cccc4444',
    },
    issuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
    jwksUrl: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/discovery/v2.0/keys',
    header: 'JWT',
    claims: {
      aud: '00001111-aaaa-2222-bbbb-3333cccc4444',
      sub: 'pairwise',
      oid: 'person',
      tid: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
      ver: '2.0',
      scp: 'access_as_user',
      roles: ['admin'],
      email: 'victim@example.com',
      azp: 'app',
    },
    subject: {
      identity: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0#person',
      // The tenant's administrator writes it; nobody has proven it.
      verifiedEmail: null,
      roles: ['admin'],
    },
    others: { 'an ID token': { scp: undefined }, 'version 1': { ver: '1.0' }, 'another API': { aud: 'x' } },
  },
  google: {
    row: { preset: 'google', clientIds: ['1.apps.googleusercontent.com'], hostedDomain: 'example.com' },
    issuer: 'https://accounts.google.com',
    jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
    header: 'JWT',
    claims: {
      azp: '1.apps.googleusercontent.com',
      aud: '1.apps.googleusercontent.com',
      sub: '110169484474386276334',
      hd: 'example.com',
      email: 'ann@example.com',
      email_verified: true,
      name: 'Ann',
    },
    subject: { verifiedEmail: 'ann@example.com', roles: [] },
    others: {
      'another Workspace': { hd: 'other.example' },
      'no Workspace': { hd: undefined },
      'another app': { aud: 'x' },
    },
  },
  supabase: {
    row: { preset: 'supabase', projectUrl: 'https://abc.supabase.co' },
    issuer: 'https://abc.supabase.co/auth/v1',
    jwksUrl: 'https://abc.supabase.co/auth/v1/.well-known/jwks.json',
    header: 'JWT',
    claims: {
      aud: 'authenticated',
      sub: '123e4567-e89b-12d3-a456-426614174000',
      role: 'authenticated',
      aal: 'aal2',
      session_id: 'x',
      email: 'victim@example.com',
      phone: '',
      is_anonymous: false,
      amr: [
        { method: 'totp', timestamp: 1_799_999_999 },
        { method: 'password', timestamp: 1_799_999_990 },
      ],
      user_metadata: { email_verified: true, roles: ['admin'] },
      app_metadata: { provider: 'email' },
    },
    subject: { verifiedEmail: null, roles: [], amr: ['totp', 'password'], aal: 2 },
    others: {
      'a visitor without an account': { is_anonymous: true },
      'the service': { role: 'service_role' },
      anonymous: { aud: 'anon', role: 'anon' },
    },
  },
}

describe.each(Object.entries(samples))(
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
