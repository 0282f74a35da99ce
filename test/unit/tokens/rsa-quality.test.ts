import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { weaknessOf } from '../../../src/tokens/rsa-quality.ts'
import { rocaModulus } from '../../support/bad-key-sets.ts'

const bytes = (hex: string): Uint8Array => Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
const usual = bytes('010001')
const modulusOf = (bits: number): Uint8Array => {
  const { n } = generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' })
  return Buffer.from(String(n), 'base64url')
}
const good = modulusOf(2048)

describe('an RSA key', () => {
  it('of any usual kind is believed', () => {
    for (const modulus of [good, modulusOf(3072), modulusOf(4096)]) expect(weaknessOf(modulus, usual)).toBe(null)
    for (const exponent of ['03', '11', '010001', 'ffffffff']) expect(weaknessOf(good, bytes(exponent))).toBe(null)
  })

  it('is not mistaken for a flawed chip’s by chance', () => {
    for (let at = 0; at < 8; at += 1) expect(weaknessOf(modulusOf(2048), usual)).toBe(null)
  }, 60_000)

  it('of the flawed chips is known', () => {
    expect(weaknessOf(Buffer.from(rocaModulus(), 'base64url'), usual)).toBe('known weak generator')
  })

  it.each(['00', '01', '02', '04', '010000', '0100000001', '0100000000'])(
    'with the exponent %s is refused',
    (exponent) => {
      expect(weaknessOf(good, bytes(exponent))).toBe('exponent')
    },
  )

  it('is neither too short, nor too long, nor even', () => {
    expect(weaknessOf(modulusOf(2040), usual)).toBe('modulus too short')
    // Zeros in front make nothing longer.
    expect(weaknessOf(Buffer.concat([Buffer.alloc(200), modulusOf(1024)]), usual)).toBe('modulus too short')
    expect(weaknessOf(Buffer.alloc(1025, 0xff), usual)).toBe('modulus too long')
    expect(weaknessOf(Buffer.concat([good.subarray(0, -1), Buffer.from([0x10])]), usual)).toBe('even modulus')
    expect(weaknessOf(new Uint8Array(), new Uint8Array())).toBe('modulus too short')
  })
})
