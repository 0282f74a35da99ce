import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionPrincipal } from '../../../src/identity/principal.ts'
import type { Lease } from '../../../src/sessions/gate.ts'
import { headerValue, makePassport, passportAtHand } from '../../../src/tokens/passport.ts'

const principal: SessionPrincipal = {
  userId: 'user',
  sessionId: 'session',
  email: 'ann@example.com',
  emailVerified: true,
  name: 'Ann, Ünder\r\nx-evil: 1',
  roles: ['admin', 'a,b'],
  amr: ['pwd'],
  aal: 1,
  authTimeMs: 0,
  provenAtMs: 0,
  shard: 'eu-1',
  sessionExpiresAtMs: 1,
}
const lease = (): Lease => ({
  principal,
  isRotationDue: false,
  fingerprint: null,
  derived: new Map(),
})
const names = { userId: 'x-id', email: 'x-email', name: 'x-name', roles: 'x-roles' }

let signed = 0
const signer = { sign: async () => `assertion-${(signed += 1)}`, publicKeys: () => ({ keys: [] }) }

describe('a header value', () => {
  it('is visible ASCII and decodes to exactly what was meant', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const value = headerValue(text)
        expect(value).toMatch(/^[\x21-\x7e]*$/)
        expect(decodeURIComponent(value)).toBe(text.toWellFormed())
      }),
    )
  })
})

describe('the passport', () => {
  it('carries the assertion and the headers asked for, and no value can break out of its header', async () => {
    const passport = await makePassport(lease(), 'site', { signer, names, nowMs: 0 })
    const headers = new Headers(passport.headers.map(([name, value]) => [name, value] as [string, string]))
    expect([...headers.keys()].toSorted()).toEqual(['x-email', 'x-id', 'x-name', 'x-portcullis-assertion', 'x-roles'])
    expect(headers.get('x-roles')).toBe('admin,a%2Cb')
    expect(headers.get('x-name')).toBe('Ann,%20%C3%9Cnder%0D%0Ax-evil:%201')
  })

  it('leaves out a header whose value nobody has, and one that nobody asked for', async () => {
    const nameless = { ...lease(), principal: { ...principal, name: null } }
    const { headers } = await makePassport(nameless, 'site', {
      signer,
      names: { name: 'x-name', email: 'x-email' },
      nowMs: 0,
    })
    expect(headers.map(([name]) => name)).toEqual(['x-portcullis-assertion', 'x-email'])
  })

  it('is used again for half a minute, for its origin only', async () => {
    const holder = lease()
    const passport = await makePassport(holder, 'site', { signer, names, nowMs: 1000 })
    expect(passportAtHand(holder, 'site', 30_999)).toBe(passport)
    expect(passportAtHand(holder, 'site', 31_000)).toBeNull()
    expect(passportAtHand(holder, 'other', 1000)).toBeNull()
  })
})
