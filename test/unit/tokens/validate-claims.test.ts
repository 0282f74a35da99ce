// To the millisecond and to the letter: what a row asks of the claims of a token.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatewaySchema } from '../../../src/config/gateway-schema.ts'
import type { TrustedIssuer } from '../../../src/tokens/trusted-issuer.ts'
import { earliestIssueMs, expiryMs, faultInClaims, longestLifeMs } from '../../../src/tokens/validate-claims.ts'
import { shippedConfig } from '../../support/site-config.ts'

function rules(changed: object = {}): TrustedIssuer {
  const row = { issuer: 'https://i.example', audiences: ['site', 'other'], ...changed }
  const [parsed] = gatewaySchema.parse({ ...shippedConfig, issuers: [row] }).issuers
  if (parsed === undefined) throw new Error('no row')
  return parsed
}

const second = 1_800_000_000
const now = second * 1000
const good = { aud: 'site', exp: second + 300 }
const fault = (
  claims: object,
  row: TrustedIssuer = rules(),
  nowMs = now,
  type: string | null = 'at+jwt',
): string | null => faultInClaims({ ...good, ...claims }, type, row, nowMs)

describe('the times of a token', () => {
  it('count to the millisecond, with thirty seconds for the clocks', () => {
    expect(fault({ exp: second }, rules(), now + 29_999)).toBe(null)
    expect(fault({ exp: second }, rules(), now + 30_000)).toBe('expired')
    // Nothing that is open is given the thirty seconds.
    expect(expiryMs({ exp: second })).toBe(now)
    expect(fault({ nbf: second + 30 })).toBe(null)
    expect(fault({ nbf: second + 30.001 })).toBe('not yet valid')
    expect(fault({ iat: second + 30 })).toBe(null)
    expect(fault({ iat: second + 30.001 })).toBe('issued in the future')
    expect(fault({ exp: second + 86_430 })).toBe(null)
    expect(fault({ exp: second + 86_430.001 })).toBe('good for too long')
  })

  it('are counted from when it was issued, too, so that one that is good for years does not count in the end', () => {
    const day = 86_400
    expect(fault({ iat: second - day, exp: second + 30 })).toBe(null)
    expect(fault({ iat: second - day, exp: second + 31 })).toBe('good for too long')
    // Its issuer's clock may be ahead, which makes it no older.
    expect(fault({ iat: second + 30, exp: second + day + 30 })).toBe(null)
    expect(fault({ iat: second + 30, exp: second + day + 31 })).toBe('good for too long')
  })

  it('say when it was issued at the earliest, and for how long after that it can count', () => {
    const row = rules({ maxLifetimeHours: 1 })
    expect(earliestIssueMs({ iat: second, exp: second + 60 }, row)).toBe(now - 30_000)
    expect(earliestIssueMs({ exp: second + 60 }, row)).toBe(now + 60_000 - 3_600_000 - 30_000)
    const time = fc.integer({ min: second - 20_000, max: second + 20_000 })
    fc.assert(
      fc.property(time, fc.option(time, { nil: undefined }), (exp, iat) => {
        if (fault({ exp, iat }, row) !== null) return
        expect(now - earliestIssueMs({ exp, iat }, row)).toBeLessThanOrEqual(longestLifeMs(row))
      }),
    )
  })

  it('have no leeway where the row gives none', () => {
    const strict = rules({ leewaySeconds: 0, maxLifetimeHours: 1 })
    expect(fault({ exp: second + 1 }, strict)).toBe(null)
    expect(fault({ exp: second }, strict)).toBe('expired')
    expect(fault({ nbf: second, iat: second }, strict)).toBe(null)
    expect(fault({ nbf: second + 1 }, strict)).toBe('not yet valid')
    expect(fault({ exp: second + 3601 }, strict)).toBe('good for too long')
  })

  it('are finite numbers, and the expiry is there', () => {
    for (const time of ['1', null, true, [], {}, Number.POSITIVE_INFINITY, Number.NaN])
      for (const name of ['exp', 'nbf', 'iat']) expect(fault({ [name]: time })).toBe('times are not numbers')
    expect(fault({ exp: undefined })).toBe('no expiry')
    expect(fault({ nbf: undefined, iat: undefined })).toBe(null)
  })

  it('let no token count outside its own, whatever they are', () => {
    const time = fc.oneof(fc.integer({ min: second - 200, max: second + 200 }), fc.constant(undefined))
    fc.assert(
      fc.property(time, time, time, (exp, nbf, iat) => {
        const counts = fault({ exp, nbf, iat }) === null
        const inTime = exp !== undefined && exp + 30 > second && (nbf ?? 0) - 30 <= second && (iat ?? 0) - 30 <= second
        expect(counts).toBe(inTime)
      }),
    )
  })
})

describe('the audience of a token', () => {
  it.each(['site', 'other', ['site'], ['elsewhere', 'site'], ['other', 'site']])('may be %j', (aud) => {
    expect(fault({ aud })).toBe(null)
  })

  it.each([
    undefined,
    null,
    '',
    'sit',
    'site ',
    [],
    ['elsewhere'],
    ['site', 1],
    [null, 'site'],
    [['site']],
    { site: 1 },
    1,
  ])('may not be %j', (aud) => {
    expect(fault({ aud })).toBe('wrong audience')
  })

  it('is read from the claim the row names, and from no other', () => {
    const row = rules({ audienceClaim: 'client_id' })
    expect(fault({ client_id: 'site', aud: 'elsewhere' }, row)).toBe(null)
    expect(fault({ aud: 'site' }, row)).toBe('wrong audience')
  })

  it('does not help a token that its holder has to prove', () => {
    expect(fault({ cnf: { jkt: 'x' } })).toBe('bound to a key')
    expect(fault({ cnf: null })).toBe('bound to a key')
  })
})

describe('the kind of a token', () => {
  const kind = (tokenType: object, claims: object, type: string | null): string | null =>
    fault(claims, rules({ tokenType }), now, type)

  it('is its header, a claim, or both', () => {
    expect(kind({ header: 'JWT' }, {}, 'jwt')).toBe(null)
    expect(kind({ header: 'JWT' }, {}, null)).toBe('wrong type')
    const both = { header: 'JWT', claims: { use: 'access' } }
    expect(kind(both, { use: 'access' }, 'JWT')).toBe(null)
    expect(kind(both, { use: 'access' }, 'at+jwt')).toBe('wrong type')
    expect(kind(both, { use: 'id' }, 'JWT')).toBe('wrong type')
    expect(kind({ claims: { use: 'access' } }, { use: 'access' }, null)).toBe(null)
    expect(kind({ claims: { use: 'access' } }, { use: ['access'] }, null)).toBe('wrong type')
  })

  it('may be told by a claim that is there, or is not something', () => {
    const present = { claims: { sid: { present: true } } }
    expect(kind(present, { sid: 'x' }, null)).toBe(null)
    expect(kind(present, { sid: 0 }, null)).toBe(null)
    for (const sid of [undefined, null, '']) expect(kind(present, { sid }, null)).toBe('wrong type')
    const not = { claims: { anonymous: { not: true } } }
    for (const anonymous of [undefined, false, 'true']) expect(kind(not, { anonymous }, null)).toBe(null)
    expect(kind(not, { anonymous: true }, null)).toBe('wrong type')
    expect(kind({ claims: { n: 1, f: false } }, { n: 1, f: false }, null)).toBe(null)
    expect(kind({ claims: { n: 1 } }, { n: '1' }, null)).toBe('wrong type')
  })
})
