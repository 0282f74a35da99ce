// The rows of `login.providers` and `login.originLogin`: what they become, and the mistakes they can hold.
import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../../src/config/settings.ts'
import type { IdentityProvider } from '../../../src/login/oidc/provider.ts'
import { subjectOf } from '../../../src/tokens/token-subject.ts'
import { createSecrets } from '../../../tools/dev/environment.ts'
import { shippedConfig } from '../../support/site-config.ts'

const environment = {
  MODE: 'production',
  PUBLIC_URL: 'https://example.com',
  DATABASE_URL: 'postgres://user:secret-password@db.example.com/site',
  ORIGIN_URL: 'http://127.0.0.1:9000',
  RESEND_API_KEY: 're_secret',
  PROVIDER_SECRET: 'from outside',
  ...(await createSecrets(2048)),
}

const parse = (login: unknown): ReturnType<typeof parseSettings> =>
  parseSettings({ ...shippedConfig, login }, environment)
const problemsOf = (login: unknown): readonly { readonly field: string; readonly expected: string }[] => {
  const parsed = parse(login)
  return parsed.ok ? [] : parsed.problem
}
function providerOf(row: unknown): IdentityProvider {
  const parsed = parse({ providers: [row] })
  const [provider] = parsed.ok ? parsed.value.config.login.providers : []
  if (provider === undefined) throw new Error(JSON.stringify(parsed))
  return provider
}
function emailFrom(row: unknown, claims: Readonly<Record<string, unknown>>): string | null | undefined {
  const provider = providerOf(row)
  return provider.kind === 'oidc' ? subjectOf(claims, provider.rules, 0)?.verifiedEmail : undefined
}

const secret = { env: 'PROVIDER_SECRET' }
const google = { kind: 'google', id: 'google', clientId: 'c', clientSecret: secret }
const tenantId = '11111111-2222-4333-8444-555555555555'
const microsoft = { kind: 'microsoft', id: 'microsoft', clientId: 'c', clientSecret: secret, tenantId }
const github = { kind: 'github', id: 'github', clientId: 'c', clientSecret: secret }
const oidc = {
  kind: 'oidc',
  id: 'one',
  name: 'One',
  issuer: 'https://id.example.com',
  clientId: 'c',
  clientSecret: 's',
}

describe('a row of login.providers', () => {
  it('for Google vouches for Google’s own addresses and those of its customers’ domains', () => {
    expect(providerOf(google)).toMatchObject({
      name: 'Google',
      issuer: 'https://accounts.google.com',
      clientSecret: 'from outside',
      tokenAuth: 'post',
      rules: { audiences: ['c'], algorithms: ['RS256'], jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs' },
    })
    const claims = { sub: '1', email_verified: true }
    expect(emailFrom(google, { ...claims, email: 'ann@gmail.com' })).toBe('ann@gmail.com')
    expect(emailFrom(google, { ...claims, email: 'ann@example.com', hd: 'example.com' })).toBe('ann@example.com')
    expect(emailFrom(google, { ...claims, email: 'ann@example.com' })).toBe(null)
    expect(emailFrom(google, { ...claims, email: 'ann@gmail.com', email_verified: false })).toBe(null)
    const ours = providerOf({ ...google, hostedDomain: 'example.com' })
    expect(ours).toMatchObject({
      hints: { hd: 'example.com' },
      rules: { tokenType: { claims: { hd: 'example.com' } } },
    })
  })

  it('for Microsoft takes an address only where its domain is known to be the tenant’s', () => {
    const claims = { sub: 'pairwise', oid: 'person', email: 'ann@example.com', email_verified: true }
    expect(emailFrom(microsoft, claims)).toBe(null)
    expect(emailFrom(microsoft, { ...claims, xms_edov: '1' })).toBe('ann@example.com')
    expect(emailFrom({ ...microsoft, emailVerified: true }, claims)).toBe('ann@example.com')
    expect(emailFrom({ ...microsoft, emailVerified: true, emailDomains: ['other.example'] }, claims)).toBe(null)
    const provider = providerOf(microsoft)
    expect(provider.issuer).toBe(`https://login.microsoftonline.com/${tenantId}/v2.0`)
    expect(provider.kind === 'oidc' && subjectOf(claims, provider.rules, 0)?.identity).toBe(`${provider.issuer}#person`)
  })

  it('for GitHub and for others says what is left out', () => {
    expect(providerOf(github)).toMatchObject({ issuer: 'https://github.com', api: 'https://api.github.com' })
    expect(providerOf(oidc)).toMatchObject({
      endpoints: null,
      tokenAuth: 'basic',
      scopes: ['openid', 'email', 'profile'],
    })
    expect(providerOf({ ...oidc, clientSecret: undefined })).toMatchObject({ tokenAuth: 'none', clientSecret: null })
    const endpoints = {
      authorization: 'https://a.example/a',
      token: 'https://a.example/t',
      jwks: 'https://a.example/k',
    }
    expect(providerOf({ ...oidc, endpoints })).toMatchObject({
      endpoints: { authorization: 'https://a.example/a', userinfo: null, namesIssuer: false },
      rules: { jwksUrl: 'https://a.example/k' },
    })
  })

  it.each<[string, unknown]>([
    ['providers[0].kind', { ...google, kind: 'facebook' }],
    ['providers[0].clientSecret', { ...google, clientSecret: undefined }],
    ['providers[0].clientSecrets', { ...google, clientSecrets: 'x' }],
    ['providers[0].id', { ...google, id: 'Google!' }],
    ['providers[0].tenantId', { ...microsoft, tenantId: 'common' }],
    ['providers[0].issuer', { ...oidc, issuer: 'http://id.example.com' }],
    ['providers[0].algorithm', { ...oidc, algorithm: 'HS256' }],
    ['providers[0].algorithm', { ...oidc, algorithm: 'none' }],
    ['providers[0].scopes', { ...oidc, scopes: ['email'] }],
    ['providers[0]', { ...oidc, clientSecret: undefined, tokenAuth: 'basic' }],
    ['providers[0]', { ...oidc, tokenAuth: 'none' }],
    ['providers[0].site', { ...github, site: 'http://github.example' }],
  ])('with a wrong %s is named', (field, row) => {
    const [problem] = problemsOf({ providers: [row] })
    const isUnknown = field.endsWith('clientSecrets')
    expect(problem?.field).toBe(`gateway.config.ts: login.${isUnknown ? 'providers[0]' : field}`)
  })

  it('stands for itself: no two have one id or one issuer', () => {
    expect(problemsOf({ providers: [google, { ...oidc, id: 'google' }] })[0]?.expected).toContain('an id of its own')
    expect(problemsOf({ providers: [oidc, { ...oidc, id: 'two' }] })[0]?.expected).toContain('one row for each issuer')
  })

  it('names the environment value that is missing, and never a secret', () => {
    const problems = problemsOf({ providers: [{ ...google, clientSecret: { env: 'NOT_THERE' } }] })
    expect(problems.map(({ field }) => field)).toEqual(['environment: NOT_THERE'])
    expect(JSON.stringify(problemsOf({ providers: [{ ...oidc, clientSecret: ['hush'] }] }))).not.toContain('hush')
  })
})

describe('login.originLogin', () => {
  const row = {
    url: 'https://app.internal/login',
    send: 'form',
    body: { user: '{email}', pass: '{password}' },
    accepts: { status: [302], cookie: 'sid' },
  }

  it('says what is left out', () => {
    const parsed = parse({ originLogin: row })
    expect(parsed.ok && parsed.value.config.login.originLogin).toMatchObject({
      method: 'POST',
      timeoutMs: 3000,
      addressesAreProven: false,
      forUsersWithoutPassword: false,
      accepts: { status: [302], cookie: 'sid', header: null, field: null },
    })
    expect(problemsOf({ originLogin: null })).toEqual([])
  })

  it.each<[string, unknown]>([
    ['.url', { ...row, url: 'ftp://app.internal/login' }],
    ['.url', { ...row, url: 'https://user:pass@app.internal/login' }],
    ['.accepts.status', { ...row, accepts: { status: [] } }],
    ['.accepts.status[0]', { ...row, accepts: { status: [401] } }],
    ['', { ...row, body: { user: '{email}', pass: { nested: '{password}' } } }],
    ['', { ...row, body: {} }],
    ['', { ...row, send: 'basic' }],
    ['', { ...row, method: 'GET' }],
    ['', { ...row, forUsersWithoutPassword: true }],
    ['.timeoutMs', { ...row, timeoutMs: 60_000 }],
  ])('with a wrong %s is named', (field, originLogin) => {
    expect(problemsOf({ originLogin })[0]?.field).toBe(`gateway.config.ts: login.originLogin${field}`)
  })
})
