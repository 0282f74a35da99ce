import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalTarget, type Target } from '../../../src/access/canonical-target.ts'
import { craftedTargets } from '../../support/crafted-targets.ts'
import { ordinaryTargets } from '../../support/ordinary-targets.ts'
import { fastest } from '../../support/within.ts'

const origin = 'https://origin.example'
const crafted = craftedTargets({ publicPrefix: '/public', protectedPath: '/admin/secret' })

const read = (target: string) => canonicalTarget(`http://site.example${target}`, 'site.example')

const accept = (target: string): Target => {
  const result = read(target)
  if (!result.ok) throw new Error(`${target}: ${result.reason}`)
  return result.target
}

const reasonFor = (target: string): string => {
  const result = read(target)
  return result.ok ? `accepted as ${result.target.path}` : result.reason
}

const expectStable = (target: Target): void => {
  const written = target.path + target.search
  const url = new URL(written, origin)
  expect(url.href).toBe(origin + written)
  expect([url.pathname, url.hash]).toEqual([target.path, ''])
  expect(new Request(url).url).toBe(origin + written)
  expect(accept(written)).toEqual(target)
}

const pieces = fc.oneof(
  fc.constantFrom(
    '/',
    '.',
    '..',
    '%',
    '%2e',
    '%2F',
    '%5c',
    '%25',
    '%u',
    ';',
    '\\',
    '?',
    '#',
    ' ',
    '+',
    ':',
    '$',
    '%00',
  ),
  fc.constantFrom(
    '%c0%ae',
    '%EF%BC%8E',
    '%e2%80%a5',
    '%E6%97%A5',
    '"',
    '<',
    '>',
    '^',
    '`',
    '{',
    '|',
    '}',
    '[',
    ']',
    "'",
    '*',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 3 }),
  fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
  fc.string({ unit: 'grapheme', maxLength: 2 }).map((text) => encodeURIComponent(text)),
)
const anyTarget = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join('')}`),
  fc.tuple(fc.constantFrom(...crafted), fc.array(pieces, { maxLength: 3 })).map(([start, end]) => start + end.join('')),
)

describe('the canonical target', () => {
  it('is what fetch sends, and canonical itself, for every target that is accepted', () => {
    for (const target of [...crafted, ...ordinaryTargets]) {
      const result = read(target)
      if (result.ok) expectStable(result.target)
    }
    fc.assert(
      fc.property(anyTarget, (target) => {
        const result = read(target)
        if (result.ok) expectStable(result.target)
      }),
      { numRuns: 20_000 },
    )
  })

  it('is the same however unreserved characters and hex digits are written', () => {
    const character = fc.tuple(fc.constantFrom(...'abzAZ09-_~'), fc.integer({ min: 0, max: 2 }))
    fc.assert(
      fc.property(fc.array(character, { minLength: 1, maxLength: 20 }), (characters) => {
        const hex = (text: string) => `%${text.charCodeAt(0).toString(16)}`
        const written = characters
          .map(([text, how]) => [text, hex(text), hex(text).toUpperCase()][how] ?? text)
          .join('')
        expect(accept(`/a/${written}`).path).toBe(`/a/${characters.map(([text]) => text).join('')}`)
      }),
    )
  })

  it('takes every ordinary target, and leaves those in their usual spelling byte for byte', () => {
    expect(ordinaryTargets.length).toBeGreaterThanOrEqual(60)
    for (const target of ordinaryTargets) {
      const { path, search } = accept(target)
      expect(path + search).toBe(target)
    }
  })

  it.each([
    ['/%61dmin', '/admin'],
    ['/a%2Eb', '/a.b'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a"<>^`{|}[]', '/a%22%3C%3E%5E%60%7B%7C%7D%5B%5D'],
    ['/%7Euser', '/~user'],
    ['/a%3bb', '/a%3Bb'],
    [`/?q='a'<"b">`, '/?q=%27a%27%3C%22b%22%3E'],
    ['/?a=%zz&b=\\..\\%00', '/?a=%zz&b=\\..\\%00'],
    ['/a?', '/a?'],
    ['/a??b=/../c', '/a??b=/../c'],
  ])('spells %s as %s', (target, expected) => {
    const { path, search } = accept(target)
    expect(path + search).toBe(expected)
  })
})

describe('a target that two servers could read differently is refused', () => {
  it.each([
    ...[
      '/a/../b',
      '/a/%2e%2e/b',
      '/a/.%2E/b',
      '/.',
      '/..',
      '/a/.',
      '/a/./b',
      '/a/..;x=1/b',
      '/a/%2e;/b',
      '/a/..%3bx/b',
    ].map((t) => [t, 'dot-segment']),
    ...[
      '/a/..%20/b',
      '/a/..+/b',
      '/...',
      '/a/..::$DATA',
      '/a/%252e%252e/b',
      '/a/%25252e%25252e/b',
      '/%EF%BC%8E%EF%BC%8E/b',
    ].map((t) => [t, 'dot-segment']),
    ...['/a/%E2%80%A5/b', '/a/.%E2%80%8B./b', '/a%EF%BC%8F..%EF%BC%8Fb'].map((t) => [t, 'dot-segment']),
    ...['/a%2fb', '/a%2Fb', '/a%5cb', '/a%5Cb', '/a%252fb', '/a%25252Fb', '/a%2525252fb', '/a%255cb'].map((t) => [
      t,
      'encoded-separator',
    ]),
    ...['/a\\b', '/\\evil.example'].map((t) => [t, 'backslash']),
    ...['//', '//evil.example', '/a//b', '/%EF%BC%8Fevil.example', '/%EF%BC%BCevil.example'].map((t) => [
      t,
      'empty-segment',
    ]),
    ...['/a%00b', '/a%0d%0ab', '/a%7f', '/a%c2%85b', '/a%2500', '/a\x00b', '/a\tb', '/a\nb', '/a\x7f', '/?a=\r\nb'].map(
      (t) => [t, 'control-character'],
    ),
    ...['/a b', '/?a b'].map((t) => [t, 'whitespace']),
    ...['/a#b', '/?a#b', '/#'].map((t) => [t, 'fragment']),
    ...['/é', '/\xc0\xae', '/?é', '/\ud800'].map((t) => [t, 'non-ascii']),
    ...['/%', '/%zz', '/a%2', '/%u002e', '/%%32e'].map((t) => [t, 'malformed-escape']),
    ...['/%c0%ae', '/%e0%80%af', '/%ff', '/%c3', '/%ed%a0%80', '/%f4%90%80%80', '/%f8%88%80%80%80', '/%25c0%25ae'].map(
      (t) => [t, 'invalid-utf8'],
    ),
    ...['/%25u002e', '/%2525252541', '/%EF%BC%852e'].map((t) => [t, 'iterated-encoding']),
    ...['', '*', '?a', 'a/b'].map((t) => [t, /not-a-path|host-mismatch/]),
    [`/${'a'.repeat(8192)}`, 'too-long'],
  ])('%j: %s', (target, reason) => {
    expect(reasonFor(String(target))).toMatch(reason)
  })

  it('answers a hostile path of the greatest length in linear time', () => {
    const units = [
      '/.',
      '/ ',
      '%2e',
      '%25',
      '.',
      ';',
      ':',
      '/..;',
      '%C2%A0',
      '/%20',
      '%EF%BC%8F',
      '+',
      '/+',
      ':%24',
      '%E2%80%8B',
    ]
    for (const unit of units) {
      const target = `/${unit.repeat(Math.floor(8190 / unit.length))}`
      expect(fastest(60, () => void read(target))).toBeLessThan(60)
    }
  })
})

describe('the host', () => {
  const hostOf = (host: string | null, url = `http://${host}/x`): string => {
    const result = canonicalTarget(url, host)
    return result.ok ? result.target.host : result.reason
  }

  it.each([
    ['site.example', 'site.example'],
    ['SITE.Example', 'site.example'],
    ['site.example.', 'site.example'],
    ['site.example:80', 'site.example'],
    ['site.example.:80', 'site.example'],
    ['site.example:', 'site.example'],
    ['site.example:443', 'site.example:443'],
    ['localhost:8787', 'localhost:8787'],
    ['127.0.0.1:8787', '127.0.0.1:8787'],
    ['a_b.xn--bcher-kva.example', 'a_b.xn--bcher-kva.example'],
    ['[::1]:8787', '[::1]:8787'],
    ['[2001:DB8:0:0::1]', '[2001:db8::1]'],
    ['[::ffff:1.2.3.4]', '[::ffff:102:304]'],
    ['3com.example', '3com.example'],
  ])('%s is %s', (host, expected) => {
    expect(hostOf(host)).toBe(expected)
  })

  it.each([
    ...[
      'a b"c/d',
      'a/b',
      'a?b',
      'a#b',
      'a\\b',
      'user@site.example',
      'site.example@evil',
      'a;b',
      'a"b',
      'a%2eb',
      'a..b',
      '.a',
      '.',
      '..',
      'a:b',
      'a:80:80',
      'a:0',
      'a:080',
      'a:65536',
      'a:-1',
      'a: 80',
      ':80',
      '[::1',
      '::1',
      '[::1]x',
      '[fe80::1%25eth0]',
      '[1]',
      '[]',
      '[::1]:x',
      '127.1',
      '0x7f.0.0.1',
      '2130706433',
      '0177.0.0.1',
      '256.1.1.1',
      '1.2.3.4.5',
      'a.0x7f',
      `${'a'.repeat(64)}.example`,
      `${'a.'.repeat(130)}example`,
    ],
    'b\u00fccher.example',
    '\u212a.example',
    'a\tb',
    'a\x00',
    'a*',
    '*',
    ' ',
    'a ',
  ])('%j is refused', (host) => {
    expect(hostOf(host)).toMatch(/^host-(malformed|mismatch)$/)
  })

  it('is refused when missing, empty or sent twice', () => {
    expect(hostOf(null, 'http:///x')).toBe('host-missing')
    expect(hostOf('', 'http:///x')).toBe('host-missing')
    expect(hostOf('site.example, evil.example')).toBe('host-duplicate')
  })

  it('drops the default port of the scheme in use only', () => {
    expect(hostOf('site.example:443', 'https://site.example:443/x')).toBe('site.example')
    expect(hostOf('site.example:80', 'https://site.example:80/x')).toBe('site.example:80')
  })

  it('must be the one the URL was made with, in whatever spelling', () => {
    expect(hostOf('SITE.example:443', 'https://site.example/x')).toBe('site.example')
    expect(hostOf('site.example', 'https://evil.example/x')).toBe('host-mismatch')
    expect(hostOf('site.example', 'https://site.example.evil/x')).toBe('not-a-path')
    expect(hostOf('site.example', 'ftp://site.example/x')).toBe('host-mismatch')
    expect(hostOf('site.example', 'https://site.example@evil/x')).toBe('not-a-path')
  })
})

describe('the bounds of a target', () => {
  const judged = (url: string, host = 'site.example') => canonicalTarget(url, host)

  it('a path of 8,192 characters is taken, one more is not', () => {
    const path = `/${'a'.repeat(8191)}`
    expect(judged(`https://site.example${path}`).ok).toBe(true)
    expect(judged(`https://site.example${path}a`)).toEqual({ ok: false, reason: 'too-long' })
  })

  it('an address of another host without any path is no target', () => {
    expect(judged('https://other.example')).toEqual({ ok: false, reason: 'host-mismatch' })
  })
})
