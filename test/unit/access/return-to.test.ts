import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReturnTo } from '../../../src/access/return-to.ts'
import { craftedTargets } from '../../support/crafted-targets.ts'
import { ordinaryTargets } from '../../support/ordinary-targets.ts'

const evil = 'evil.example'
const hostile = [
  '//',
  '///',
  '////',
  '/\\',
  '\\/',
  '\\\\',
  '\\',
  '/\\/',
  '//\\',
  '/\t/',
  '\t//',
  ' //',
  '/ /',
  '/\n/',
  '/\r\n/',
  '\u0000//',
  '/\u0000/',
  '/\x0b/',
  '/\x7f/',
  'http:',
  'http:/',
  'http://',
  'https://',
  'https:',
  'HTTPS://',
  'hTTp:\\\\',
  'ftp://',
  'ws://',
  '//user@',
  'https://site.example@',
  'https:///',
  'https:\\/',
  ':',
  '@',
  '://',
  '/%09/',
  '/%0a/',
  '/%0d/',
  '/%0D%0A/',
  '/%00/',
  '/%20/',
  '/+/',
  '/%2520/',
  '/%C2%A0/',
  '/%E3%80%80/',
  '/%E2%80%8B/',
  '/;/',
  '/%3B/',
  '/;x=1/',
  '/%EF%BC%8F',
  '/%EF%BC%BC',
  '/%2f',
  '/%2F',
  '/%2f%2f',
  '/%5c',
  '/%5C',
  '/%255c',
  '/%252f',
  '/%c0%af',
  '/%E2%88%95',
  '%2f%2f',
  '%5c%5c',
  '/.//',
  '/..//',
  '/../..//',
  '/a/..//',
  '/%2e%2e//',
  '/./\\',
  '/.%2e//',
  '/..;//',
  '/.;//',
  '/a//',
  '/%2e//',
  '.',
  '..//',
  './/',
  '?//',
  '#//',
  '?',
  '',
  '\ufeff//',
  '\u3000//',
  '／／',
  '/／',
  '/\u2028/',
  '\u00a0//',
  '/\u00ad/',
  '/\u200b/',
].map((start) => start + evil)

const schemes = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  'java\tscript:alert(1)',
  '\u0001javascript:alert(1)',
  'javascript://%0aalert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  'blob:https://evil.example/1',
  'about:blank',
  'mailto:a@evil.example',
  'tel:1',
  'x:/a',
  'https:evil.example',
  'evil.example',
  'www.evil.example/',
  'evil.example/path',
  'localhost',
  '127.0.0.1',
  '[::1]',
  '0x7f.1',
  '。evil.example',
]

const broken = [
  '',
  ' ',
  '/ ',
  ' /',
  '/a b',
  '/a\r\nSet-Cookie: x=1',
  '/a%0d%0aSet-Cookie:x=1',
  '/?x=%0d%0aLocation:%20//evil.example',
  '/?x=%250a',
  '/?%00',
  '/#%0a',
  '/a\u0000',
  '/a%00',
  '/%zz',
  '/%',
  '/%c0%ae',
  '/%ff',
  '/\ud800',
  '/日本',
  '/é',
  '/a\\b',
  '/?a=\\\\evil',
  '/#\\',
  '/a/../b',
  '/a/./b',
  '/%2e%2e/a',
  `/${'a'.repeat(2000)}`,
  '//',
  '/\\',
  '/%2f',
  '/%5c',
  '/%252e%252e/',
  '/..',
  '/.',
  '/a//b',
  '*',
  '?a',
  '#a',
]

describe('return_to', () => {
  it('refuses every known way to leave the site, and what the gateway would refuse as a target', () => {
    const corpus = [...hostile, ...schemes, ...broken]
    expect(new Set(corpus).size).toBeGreaterThanOrEqual(100)
    expect(corpus.filter((value) => parseReturnTo(value) !== null)).toEqual([])
  })

  it.each([[undefined], [null], [1], [true], [['/a']], [{ toString: () => '/a' }], [new String('/a')], [Symbol('/a')]])(
    'refuses what is not a string: %s',
    (value) => {
      expect(parseReturnTo(value)).toBeNull()
    },
  )

  it('takes every ordinary target of this site as it is', () => {
    const expected = ordinaryTargets.map((target) => target.replaceAll(/(?<=\?.*)'/g, '%27'))
    expect(ordinaryTargets.map((target) => parseReturnTo(target))).toEqual(expected)
  })

  it.each([
    ['/a#b', '/a#b'],
    ['/a?b#c?d', '/a?b#c?d'],
    ['/%61?q="x"', '/a?q=%22x%22'],
    ['/@evil.example', '/@evil.example'],
    ['/https://evil.example'.replace('//', '/'), '/https:/evil.example'],
    ['/a?next=https://evil.example//', '/a?next=https://evil.example//'],
    [`/${'a'.repeat(1999)}`, `/${'a'.repeat(1999)}`],
  ])('%s is %s', (value, expected) => {
    expect(parseReturnTo(value)).toBe(expected)
  })

  it('never yields more than 2,000 characters, also where encoding makes a value longer', () => {
    expect(parseReturnTo(`/?${'"'.repeat(1998)}`)).toBeNull()
  })

  it('yields only what stays on the site for every parser of Location, and is its own canonical form', () => {
    const pieces = fc.oneof(
      fc.constantFrom(...hostile, ...schemes, ...craftedTargets({ publicPrefix: '/public', protectedPath: '/admin' })),
      fc.string({ unit: fc.constantFrom(...'/\\.:;@?#%2fe5cC0 \t\n\'"<>+a'), maxLength: 12 }).map((text) => `/${text}`),
      fc.string({ unit: 'binary', maxLength: 12 }),
    )
    fc.assert(
      fc.property(fc.array(pieces, { minLength: 1, maxLength: 2 }), (parts) => {
        const value = parseReturnTo(parts.join(''))
        if (value === null) return
        expect(value).toMatch(/^\/(?![/\\])[!-[\]-~]*$/)
        for (const base of ['https://site.example', 'http://site.example:8080/a/b']) {
          expect(new URL(value, base).href).toBe(new URL(base).origin + value)
        }
        expect(new URL(`https://site.example${value}`).host).toBe('site.example')
        expect(parseReturnTo(value)).toBe(value)
      }),
      { numRuns: 20_000 },
    )
  })
})
