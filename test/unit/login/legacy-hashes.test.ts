// What is read of a hash that another system made, and how it is derived where the platform will not.
import { pbkdf2Sync, scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Platform, derivePbkdf2, deriveScrypt } from '../../../src/login/password/legacy/derive.ts'
import { readLegacyHash } from '../../../src/login/password/legacy/read.ts'
import { legacyVectors } from '../../support/legacy-vectors.ts'

const faultOf = (hash: string): string => {
  const read = readLegacyHash(hash)
  return read.ok ? 'none' : read.problem
}

describe('a hash', () => {
  it.each(legacyVectors)('of $from is read', ({ hash }) => {
    expect(faultOf(hash)).toBe('none')
    expect(faultOf(`${hash}$x`)).toBe('a form of hash that is not known')
    expect(faultOf(` ${hash}`)).toBe('a form of hash that is not known')
  })

  it.each([
    ['$2b$14$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS', 'too costly to compare with'],
    ['$2b$03$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS', 'damaged'],
    ['$2x$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS', 'a form of hash that is not known'],
    ['$argon2d$v=19$m=4096,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$EY12I7uGyoBHzuQuFWt3Fw', 'a form of hash that is not known'],
    ['$argon2id$v=19$m=102400,t=2,p=8$MDEyMzQ1Njc4OWFiY2RlZg$EY12I7uGyoBHzuQuFWt3Fw', 'too costly to compare with'],
    ['$argon2id$v=19$m=65536,t=5,p=1$MDEyMzQ1Njc4OWFiY2RlZg$EY12I7uGyoBHzuQuFWt3Fw', 'too costly to compare with'],
    ['$argon2id$v=19$m=4096,t=0,p=1$MDEyMzQ1Njc4OWFiY2RlZg$EY12I7uGyoBHzuQuFWt3Fw', 'damaged'],
    ['$argon2id$v=19$m=4096,t=3,p=1$MDEy$EY12I7uGyoBHzuQuFWt3Fw', 'damaged'],
    ['$argon2id$v=19$m=4096,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$EY12', 'damaged'],
    ['scrypt$16383$NaClSalt12$8$1$Am+bCdFCRDs3NlIvdHykbQ==', 'damaged'],
    ['scrypt$131072$NaClSalt12$8$1$Am+bCdFCRDs3NlIvdHykbQ==', 'too costly to compare with'],
    ['scrypt$16384$NaClSalt12$8$99$Am+bCdFCRDs3NlIvdHykbQ==', 'too costly to compare with'],
    ['pbkdf2_sha256$1000001$NaClSalt12$5xYOJ8a2VjwzvIkyJfM2+AHCcJpcXjrQYgGxKqxZxwA=', 'too costly to compare with'],
    ['pbkdf2_sha256$999$NaClSalt12$5xYOJ8a2VjwzvIkyJfM2+AHCcJpcXjrQYgGxKqxZxwA=', 'too cheap to be worth keeping'],
    ['pbkdf2_md5$26000$NaClSalt12$5xYOJ8a2VjwzvIkyJfM2+AHCcJpcXjrQYgGxKqxZxwA=', 'a form of hash that is not known'],
    ['pbkdf2_sha256$26000$NaClSalt12$5xYO', 'damaged'],
    ['pbkdf2:sha256:26000$saltsalt$abc', 'damaged'],
    ['d41d8cd98f00b204e9800998ecf8427e', 'a form of hash that is not known'],
    ['', 'a form of hash that is not known'],
    [`$2b$05$${'a'.repeat(5000)}`, 'a form of hash that is not known'],
  ])('%.60s is refused: %s', (hash, fault) => {
    expect(faultOf(hash)).toBe(fault)
  })
})

describe('where the platform refuses', () => {
  /** As workerd does in production. */
  const refusing: Platform = {
    pbkdf2Sync: () => {
      throw new RangeError('iteration counts above 100000 are not supported')
    },
    scryptSync: () => {
      throw new RangeError('not supported')
    },
  }
  const platform: Platform = { pbkdf2Sync, scryptSync }
  const salt = new TextEncoder().encode('NaClSalt12')

  it.each(['sha1', 'sha256', 'sha512'] as const)('PBKDF2 with %s comes out the same', (digest) => {
    const cost = { digest, iterations: 100_001, salt }
    const [own, theirs] = [refusing, platform].map((one) => derivePbkdf2(one, 'pässwörd', cost, 32))
    expect(Buffer.from(own ?? [])).toEqual(Buffer.from(theirs ?? []))
  })

  it('scrypt comes out the same', () => {
    const cost = { n: 4096, r: 8, p: 2, salt }
    const [own, theirs] = [refusing, platform].map((one) => deriveScrypt(one, 'pässwörd', cost, 64))
    expect(Buffer.from(own ?? [])).toEqual(Buffer.from(theirs ?? []))
  })
})
