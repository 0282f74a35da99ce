import fc from 'fast-check'
import { dictionary } from '@zxcvbn-ts/language-common'
import { describe, expect, it } from 'vitest'
import { isCommon } from '../../../src/login/password/is-common.ts'
import { topPasswords } from '../../../src/login/password/top-passwords.ts'
import { fastest } from '../../support/within.ts'

const refused = [
  'password',
  'Password1',
  'PASSWORD',
  'p@ssw0rd',
  'P@ssw0rd123!',
  'passw0rd',
  'password2026',
  'passwordpassword',
  '12345678',
  '123456789',
  '1234567890',
  '87654321',
  '11111111',
  '00000000',
  '11223344',
  '12341234',
  '123123123',
  '147258369',
  'qwertyuiop',
  'qwertz123',
  'asdfghjkl',
  '1qaz2wsx',
  'zaq12wsx',
  'qazwsxedc',
  'abcdefgh',
  'abcd1234',
  'aaaaaaaa',
  'abcabcabc',
  'iloveyou',
  'ILoveYou2!',
  'sunshine',
  'princess',
  'football',
  'baseball',
  'superman',
  'trustno1',
  'welcome1',
  'Welcome2024!',
  'letmein123',
  'monkey123',
  'dragon2020',
  'Summer2025!',
  'michael1',
  'charlie1',
  'starwars',
  'whatever',
  'computer',
  'changeme',
  '01011990',
  '1990-01-01',
  '31.12.1999',
  '19900101',
  'Passwort1',
  'ｐａｓｓｗｏｒｄ',
  ' password ',
  '!!password!!',
  'jordan23',
  'abc12345',
]

const accepted = [
  'correct horse battery staple',
  'xq7 vhzt',
  'open-the-gate',
  'é'.repeat(8),
  '\u{1f600}'.repeat(8),
  'x'.repeat(256),
  'a'.repeat(256),
  'Passwords are a nuisance',
  'tr1cky-otter',
  'mylongsentence without end',
  '20351332',
  'footballer of the year',
]

describe('the 10,000 passwords that most people have', () => {
  const top = dictionary['passwords-common'].slice(0, 10_000)

  it('are refused, every one, in any case', () => {
    expect(top).toHaveLength(10_000)
    expect(top.filter((password) => !isCommon(password, []))).toEqual([])
    expect(top.filter((password) => !isCommon(password.toUpperCase(), []))).toEqual([])
  })

  it('are packed and unpacked without a loss, and nothing is added', () => {
    expect([...topPasswords()].toSorted()).toEqual(top.toSorted())
  })
})

describe('a password that many people use', () => {
  it.each(refused)('is recognised: %s', (password) => expect(isCommon(password, [])).toBe(true))
})

describe('a password of somebody’s own', () => {
  it.each(accepted)('is left alone: %s', (password) => expect(isCommon(password, [])).toBe(false))

  it('is nearly never mistaken for a common one when it is random', () => {
    const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'
    const text = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 10, maxLength: 20 })
    // Fixed, as a walk of ten characters is rare and yet possible.
    fc.assert(
      fc.property(
        text.filter((one) => new Set(one).size > 7),
        (password) => !isCommon(password, []),
      ),
      { seed: 20_261_121, numRuns: 5000 },
    )
  })
})

describe('what an attacker of one account tries first', () => {
  it.each(['ada.lovelace', 'Ada.Lovelace1', 'adalovelace99', 'ada.lovelace@example.org', 'Northwind24!', 'northwind'])(
    'is refused there: %s',
    (password) => {
      const own = ['Northwind', 'ada.lovelace@example.org', 'ada.lovelace']
      expect(isCommon(password, own)).toBe(true)
      expect(isCommon(password, [])).toBe(false)
    },
  )
})

it('takes its time from no password, however it is built', () => {
  for (const hostile of [
    'a1!'.repeat(85),
    '!'.repeat(256),
    `${'1'.repeat(255)}a`,
    'ab'.repeat(128),
    '@'.repeat(128) + 'x'.repeat(128),
    '123'.repeat(85),
  ]) {
    expect(fastest(100, () => void isCommon(hostile, ['northwind', 'ada.lovelace']))).toBeLessThan(100)
  }
})
