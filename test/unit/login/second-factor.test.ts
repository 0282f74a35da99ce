import { createHash } from 'node:crypto'
import jsQR from 'jsqr'
import { describe, expect, it } from 'vitest'
import { hashBackupCode, newBackupCodes, readBackupCode } from '../../../src/login/second-factor/backup-codes.ts'
import { type Picture, qrPicture, qrSvg } from '../../../src/login/second-factor/qr.ts'
import { newTotpSecret, otpauthUrl, totpStep } from '../../../src/login/second-factor/totp.ts'
import { totpCode } from '../../support/authenticator.ts'

// The secret of RFC 6238 appendix B, in base32.
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

describe('a code of an authenticator app', () => {
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('is that of RFC 6238 at %i s', (atS, eightDigits) => {
    // The test's own implementation against the RFC, and the worker's against that.
    expect(totpCode(secret, { atMs: atS * 1000, digits: 8 })).toBe(eightDigits)
    expect(totpStep(secret, eightDigits.slice(2), atS * 1000)).toBe(Math.floor(atS / 30))
  })

  it('counts one step early and late, and says which step it is of', () => {
    const atMs = 1_790_000_010_000
    const step = Math.floor(atMs / 30_000)
    const found = [-2, -1, 0, 1, 2].map((steps) => totpStep(secret, totpCode(secret, { atMs, steps }), atMs))
    expect(found).toEqual([null, step - 1, step, step + 1, null])
  })

  it.each(['', '0', '00000', '0000000', 'abcdef', '１２３４５６', '-94287', '1e5000'])('is not %j', (code) => {
    expect(totpStep(secret, code, 59_000)).toBe(null)
  })

  it('may be typed with a space', () => {
    expect(totpStep(secret, '287 082', 59_000)).toBe(1)
  })
})

describe('a new secret', () => {
  it('has 160 bits and is never the same', () => {
    const secrets = Array.from({ length: 50 }, newTotpSecret)
    expect(new Set(secrets).size).toBe(50)
    for (const one of secrets) expect(one).toMatch(/^[A-Z2-7]{32}$/)
  })

  it('is told to apps in their own form, whatever the site is called', () => {
    const url = new URL(otpauthUrl(secret, { issuer: 'North: wind & Söhne', email: 'a+b@example.org' }))
    expect([url.protocol, url.host]).toEqual(['otpauth:', 'totp'])
    expect(decodeURIComponent(url.pathname)).toBe('/North  wind & Söhne:a+b@example.org')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      issuer: 'North  wind & Söhne',
      secret,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
  })
})

describe('the picture of it', () => {
  const url = otpauthUrl(secret, { issuer: 'Northwind', email: 'a-rather-long-address.of.somebody@mail.example.org' })

  it('is read by a decoder as what was meant', () => {
    const { pixels, side } = drawn(qrPicture(url))
    expect(jsQR(pixels, side, side)?.data).toBe(url)
  })

  it('as a file holds no script, style or address', () => {
    const svg = qrSvg(qrPicture(url))
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 \d+ \d+"/)
    expect(svg).not.toMatch(/<script|style=|href|otpauth/)
  })
})

/** Fills the rectangles of the path, four pixels to a module, as any renderer would. */
function drawn({ viewBox, path }: Picture): { pixels: Uint8ClampedArray; side: number } {
  const scale = 4
  const side = Number(viewBox.split(' ')[2]) * scale
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row += 1) {
      for (let column = Number(x) * scale; column < (Number(x) + Number(width)) * scale; column += 1) {
        pixels.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3)
      }
    }
  }
  return { pixels, side }
}

describe('backup codes', () => {
  it('are ten, all different, with every letter as likely', () => {
    const codes = Array.from({ length: 200 }, newBackupCodes)
    for (const set of codes) expect(new Set(set).size).toBe(10)
    const letters = codes.flat().join('').replaceAll('-', '')
    const counts = [...new Set(letters)].map((letter) => letters.split(letter).length - 1)
    expect(counts.length).toBe(32)
    // 20,000 letters, 625 of each: six standard deviations are 150.
    expect(Math.min(...counts)).toBeGreaterThan(475)
    expect(Math.max(...counts)).toBeLessThan(775)
  })

  it.each([
    ['as shown', 'abcde-01234', 'abcde01234'],
    ['in capitals with spaces', ' ABCDE 01234 ', 'abcde01234'],
    ['with letters for digits', 'abcde-oIl34', 'abcde01134'],
    ['too short', 'abcde-0123', null],
    ['too long', 'abcde-012345', null],
    ['with a sign that is in none', 'abcde-0123u', null],
    ['empty', '', null],
  ])('are read %s', (_, typed, read) => {
    expect(readBackupCode(typed)).toBe(read)
  })

  it('are kept under a key, for one person', () => {
    const [key, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const hash = hashBackupCode(key, 'ada', 'abcde-01234')
    expect(hashBackupCode(key, 'ada', 'abcde01234')).toBe(hash)
    expect(hashBackupCode(key, 'bob', 'abcde01234')).not.toBe(hash)
    expect(hashBackupCode(other, 'ada', 'abcde01234')).not.toBe(hash)
    expect(hash).not.toBe(createHash('sha256').update('abcde01234').digest('base64url'))
  })
})
