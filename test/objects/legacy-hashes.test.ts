// Passwords under hashes of other systems, in the place where they are compared on Workers.
import { argon2id } from '@noble/hashes/argon2.js'
import { env } from 'cloudflare:workers'
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { legacyVectors } from '../support/legacy-vectors.ts'

const place = env.HASHERS.getByName('legacy')
const compare = (stored: string, password: string) =>
  place.run({ network: 'somebody', standing: 'stranger' }, { kind: 'verify', stored, password })
const right = { kind: 'compared', isRight: true, needsRehash: true }
const wrong = { kind: 'compared', isRight: false, needsRehash: false }

describe('a hash of another system', () => {
  it.each(legacyVectors)(
    '$from: the right password is right and to be kept our way, others are wrong',
    async (vector) => {
      const { hash, password } = vector
      expect(await compare(hash, password)).toEqual(right)
      expect(await compare(hash, `${password}.`)).toEqual(wrong)
    },
  )

  it('by bcrypt is not replaced by what was typed beyond its 72 bytes, where nobody looked', async () => {
    // libxcrypt, of 80 times "a".
    const hash = '$2b$05$abcdefghijklmnopqrstuuGUnCqbfgs3htOkLrFduUjAyLBw1Rq/u'
    expect(await compare(hash, 'a'.repeat(80))).toEqual({ ...right, needsRehash: false })
    expect(await compare(hash, 'a'.repeat(72))).toEqual(right)
    expect(await compare(hash, 'a'.repeat(71))).toEqual(wrong)
  })

  it.each([
    ['bcrypt', '$2b$14$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS'],
    ['bcrypt', '$2b$31$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS'],
    ['argon2', '$argon2id$v=19$m=1048576,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$77UfmnZYT23WpPeUKhovauWm5OxRQv9nTf1dJ+tF5EY'],
    ['argon2', '$argon2id$v=19$m=65536,t=999,p=4$MDEyMzQ1Njc4OWFiY2RlZg$77UfmnZYT23WpPeUKhovauWm5OxRQv9nTf1dJ+tF5EY'],
    ['scrypt', '$scrypt$ln=30,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'],
    ['scrypt', '$scrypt$ln=14,r=8,p=99$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'],
    ['PBKDF2', 'pbkdf2_sha256$99999999$NaClSalt12$5xYOJ8a2VjwzvIkyJfM2+AHCcJpcXjrQYgGxKqxZxwA='],
    ['none', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['none', ''],
  ])('(%s) that would hold the place up, or is none, is no password’s: %.40s', async (_, hash) => {
    expect(await compare(hash, 'correct horse battery staple')).toEqual(wrong)
  })
})

describe('a hash of our own', () => {
  it('is argon2id as somebody else computes it, over the keyed digest of the password', async () => {
    const answer = await place.run(
      { network: 'somebody', standing: 'stranger' },
      { kind: 'hash', password: 'pa\u0308sswo\u0308rd' },
    )
    const [, , , parameters, salt = '', hash] = (answer.kind === 'hashed' ? answer.hash : '').split('$')
    expect(parameters).toBe('m=19456,t=2,p=1')
    // Bindings are typed by wrangler.toml, where no secret stands.
    const { PASSWORD_PEPPER = '' } = env as unknown as Readonly<Record<string, string>>
    const pepper = Buffer.from(PASSWORD_PEPPER, 'base64url')
    const digest = createHmac('sha256', pepper).update('pässwörd').digest('base64url')
    const theirs = argon2id(digest, Buffer.from(salt, 'base64'), { m: 19_456, t: 2, p: 1, dkLen: 32 })
    expect(Buffer.from(theirs).toString('base64').replace(/=+$/, '')).toBe(hash)
  })
})
