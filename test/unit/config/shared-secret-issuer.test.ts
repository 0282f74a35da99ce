// A row that accepts HS256 for a migration, and the mistakes it must not hold.
import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../../src/config/settings.ts'
import { createSecrets } from '../../../tools/dev/environment.ts'
import { shippedConfig } from '../../support/site-config.ts'

const environment = {
  MODE: 'production',
  PUBLIC_URL: 'https://example.com',
  DATABASE_URL: 'postgres://user:password@db.example.com/site',
  ORIGIN_URL: 'http://127.0.0.1:9000',
  RESEND_API_KEY: 're_secret',
  TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000000',
  TWILIO_AUTH_TOKEN: 'twilio-secret',
  ...(await createSecrets()),
}
const secret = 'a-secret-of-thirty-two-characters'
const row = { preset: 'hs256', issuer: 'old', secret: { env: 'OLD' }, until: '2027-03-31', audiences: ['site'] }

const parse = (value: string, ...rows: unknown[]): ReturnType<typeof parseSettings> =>
  parseSettings({ ...shippedConfig, issuers: rows }, { ...environment, OLD: value })

const fieldsOf = (parsed: ReturnType<typeof parseSettings>): string[] =>
  parsed.ok ? [] : parsed.problem.map(({ field }) => field)

describe('a row with a shared secret', () => {
  it('means its secret until its date, and no key under any algorithm', () => {
    const parsed = parse(secret, row)
    expect(parsed.ok && parsed.value.config.issuers).toMatchObject([
      {
        issuer: 'old',
        jwksUrl: null,
        algorithms: [],
        sharedSecret: { bytes: new TextEncoder().encode(secret), untilMs: Date.UTC(2027, 2, 31) },
      },
    ])
  })

  it.each([
    ['base64', Buffer.alloc(32, 0xff).toString('base64')],
    ['base64url', Buffer.alloc(32, 0xff).toString('base64url')],
  ])('may be written in %s', (secretEncoding, value) => {
    const parsed = parse(value, { ...row, secretEncoding })
    expect(parsed.ok && parsed.value.config.issuers[0]?.sharedSecret?.bytes).toEqual(new Uint8Array(32).fill(0xff))
  })

  it.each([
    ['issuers[0].until', { until: undefined }],
    ['issuers[0].until', { until: 'never' }],
    ['issuers[0].until', { until: '2027-13-31' }],
    ['issuers[0].secret', { secret }],
    ['issuers[0].secret', { secretEncoding: 'base64url', secret: { env: 'PADDED' } }],
    ['issuers[0].issuer', { issuer: 'a#b' }],
    ['issuers[0].audiences', { audiences: [] }],
    ['issuers[0]', { jwksUrl: 'https://id.example.com/keys' }],
    ['issuers[0]', { algorithms: ['RS256'] }],
  ])('is a mistake at %s: %j', (field, change) => {
    const issuers = [{ ...row, ...change }]
    const values = { ...environment, OLD: secret, PADDED: `${Buffer.alloc(32).toString('base64url')}=` }
    const parsed = parseSettings({ ...shippedConfig, issuers }, values)
    expect(fieldsOf(parsed)).toEqual([`gateway.config.ts: ${field}`])
    expect(JSON.stringify(parsed)).not.toContain(secret)
  })

  it.each([
    'short',
    `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(64)}\n-----END PUBLIC KEY-----`,
    `{"kty":"RSA","n":"${'A'.repeat(64)}","e":"AQAB"}`,
    `ssh-rsa ${'A'.repeat(64)}`,
  ])('is no short secret and no public key: %s', (value) => {
    expect(fieldsOf(parse(value, row))).toEqual(['gateway.config.ts: issuers[0].secret'])
  })

  it('stands once for an issuer, beside one row for its keys', () => {
    const keys = { issuer: 'https://id.example.com', audiences: ['site'] }
    const same = { ...row, issuer: keys.issuer }
    expect(parse(secret, same, keys).ok).toBe(true)
    expect(fieldsOf(parse(secret, same, same))).toEqual(['gateway.config.ts: issuers'])
    expect(fieldsOf(parse(secret, keys, keys))).toEqual(['gateway.config.ts: issuers'])
  })
})
