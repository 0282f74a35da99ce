import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAuthorization } from '../../../src/identity/authorization-header.ts'
import { fastest } from '../../support/within.ts'

describe('an Authorization header', () => {
  it.each([
    [null, { kind: 'none' }],
    ['', { kind: 'none' }],
    ['Bearer abc', { kind: 'bearer', token: 'abc' }],
    ['bearer  a.b-c_d~e+f/g==', { kind: 'bearer', token: 'a.b-c_d~e+f/g==' }],
    ['BEARER\tabc ', { kind: 'bearer', token: 'abc' }],
    ['Bearer', { kind: 'malformed', scheme: 'bearer' }],
    ['Bearer ', { kind: 'malformed', scheme: 'bearer' }],
    ['Bearer a b', { kind: 'malformed', scheme: 'bearer' }],
    ['Bearer a=b', { kind: 'malformed', scheme: 'bearer' }],
    ['Bearer "a"', { kind: 'malformed', scheme: 'bearer' }],
    ['Bearer é', { kind: 'malformed', scheme: 'bearer' }],
    ['Bearer a, Bearer b', { kind: 'several' }],
    ['Bearer a,', { kind: 'several' }],
    ['Basic YTpi, Bearer b', { kind: 'several' }],
    ['Basic YTpi,basic YTpi', { kind: 'several' }],
    ['Digest username="a", realm="b", Bearer x', { kind: 'several' }],
    ['DPoP a.b-c', { kind: 'dpop', token: 'a.b-c' }],
    ['dpop\tabc ', { kind: 'dpop', token: 'abc' }],
    ['DPoP', { kind: 'malformed', scheme: 'dpop' }],
    ['DPoP a b', { kind: 'malformed', scheme: 'dpop' }],
    ['DPoP a, Bearer b', { kind: 'several' }],
    ['DPoPabc', { kind: 'none' }],
    ['Basic YTpi', { kind: 'none' }],
    ['Digest username="Bearer", realm="b"', { kind: 'none' }],
    ['AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c', { kind: 'none' }],
    ['Bearerabc', { kind: 'none' }],
    ['abc', { kind: 'none' }],
  ])('%j is %j', (header, expected) => {
    expect(readAuthorization(header)).toEqual(expected)
  })

  it('is read in linear time, whatever it is', () => {
    const readAll = (): void => {
      for (const part of [' ', ',', 'Bearer ', ', Bearer', '=', 'a=', '\t '])
        readAuthorization(`Bearer ${part.repeat(200_000 / part.length)}`)
    }
    expect(fastest(2000, readAll)).toBeLessThan(2000)
  })

  it('never gives a token that is not one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const read = readAuthorization(`Bearer ${text}`)
        if (read.kind === 'bearer') expect(text).toContain(read.token)
        if (read.kind === 'bearer') expect(read.token).toMatch(/^[A-Za-z0-9._~+/-]+=*$/)
      }),
    )
  })
})
