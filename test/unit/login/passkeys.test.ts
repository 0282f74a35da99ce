import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { assuranceOf, staleness } from '../../../src/login/passkey/assurance.ts'
import { decoysFor, isDecoy } from '../../../src/login/passkey/decoys.ts'

describe('what a passkey proves', () => {
  it.each([
    [true, true, [], ['swk', 'user', 'mfa'], 2],
    [true, false, [], ['hwk', 'user', 'mfa'], 2],
    [false, true, [], ['swk', 'user'], 1],
    [false, true, ['pwd'], ['pwd', 'swk', 'user', 'mfa'], 2],
    [false, false, ['email'], ['email', 'hwk', 'user', 'mfa'], 2],
    // The same thing again, or another of its kind, is still one factor, whatever it was before.
    [false, false, ['swk', 'user'], ['swk', 'user', 'hwk'], 1],
    [false, true, ['swk', 'user', 'mfa'], ['swk', 'user', 'mfa'], 1],
    [true, true, ['swk', 'user'], ['swk', 'user', 'mfa'], 2],
  ] as const)('verified %s, copied %s, after %j: %j at level %i', (isVerified, isBackupEligible, before, amr, aal) => {
    expect(assuranceOf({ isVerified, isBackupEligible }, before)).toEqual({ amr, aal })
  })

  it.each([
    [0, 0, null],
    [0, 1, null],
    [1, 2, null],
    [4_294_967_294, 4_294_967_295, null],
    [1, 1, 'counter'],
    [2, 1, 'counter'],
    [1, 0, 'counter'],
  ])('kept %i and given %i: %s', (kept, given, verdict) => {
    const key = {
      id: '',
      userId: '',
      credentialId: '',
      publicKey: '',
      handle: '',
      counter: kept,
      isBackupEligible: false,
    }
    const facts = { counter: given, isVerified: true, isBackupEligible: false, isBackedUp: false }
    expect(staleness(key, facts)).toBe(verdict)
    expect(staleness({ ...key, isBackupEligible: true }, facts)).toBe(verdict ?? 'backup eligibility')
  })
})

describe('a passkey that nobody has', () => {
  const [key, other] = [randomBytes(32), randomBytes(32)]
  const addresses = Array.from({ length: 400 }, (_, index) => `person-${index}@example.com`)

  it('is the same for one address, and another one for each address and key', () => {
    for (const address of addresses.slice(0, 20))
      expect(decoysFor(key, address)).toEqual(decoysFor(key, address.toUpperCase()))
    const ids = addresses.flatMap((address) => decoysFor(key, address).map(({ credentialId }) => credentialId))
    expect(new Set(ids).size).toBe(ids.length)
    expect(decoysFor(other, addresses[0] ?? '')).not.toEqual(decoysFor(key, addresses[0] ?? ''))
  })

  it('looks like those that people have: of several lengths and kinds, and for some there are two', () => {
    const all = addresses.map((address) => decoysFor(key, address))
    const lengths = new Set(all.flat().map(({ credentialId }) => Buffer.from(credentialId, 'base64url').length))
    expect([...lengths].toSorted((a, b) => a - b)).toEqual([16, 20, 32, 48])
    const withTwo = all.filter((decoys) => decoys.length === 2).length
    expect(withTwo).toBeGreaterThan(50)
    expect(withTwo).toBeLessThan(150)
  })

  it('is told from real ones by this key, and by nobody else', () => {
    for (const { credentialId } of addresses.flatMap((address) => decoysFor(key, address))) {
      expect(isDecoy(key, credentialId)).toBe(true)
      expect(isDecoy(other, credentialId)).toBe(false)
    }
    for (const length of [16, 20, 32, 48, 64])
      expect(isDecoy(key, randomBytes(length).toString('base64url'))).toBe(false)
    for (const odd of ['', 'AA', '====', randomBytes(1023).toString('base64url')]) expect(isDecoy(key, odd)).toBe(false)
  })
})
