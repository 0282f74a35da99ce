import { describe, expect, it } from 'vitest'
import { readDevice } from '../../../src/pages/device-name.ts'
import { duration, fill, readMoment, waitingTime } from '../../../src/pages/format.ts'
import { safeHref } from '../../../src/pages/safe-href.ts'

describe('safeHref', () => {
  it.each(['/', '/a?b=c#d', 'https://example.org/x', 'HTTP://example.org'])('keeps %s', (address) => {
    expect(safeHref(address)).toBe(address)
  })

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'java\nscript:alert(1)',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://',
    'relative',
    '',
    ' /x',
    null,
    undefined,
  ])('drops %j', (address) => {
    expect(safeHref(address)).toBeNull()
  })
})

describe('format', () => {
  it('never tells a person to come back too early', () => {
    expect(waitingTime(0, 'en')).toBe('in 1 second')
    expect(waitingTime(29.2, 'en')).toBe('in 30 seconds')
    expect(waitingTime(91, 'en')).toBe('in 2 minutes')
    expect(waitingTime(5401, 'en')).toBe('in 2 hours')
    expect(waitingTime(120, 'de')).toBe('in 2 Minuten')
    expect(duration(900, 'en')).toBe('15 minutes')
    expect(duration(86_400, 'en')).toBe('24 hours')
  })

  it('shows a moment with its zone, or nothing', () => {
    expect(readMoment('2026-01-02T03:04:05Z', 'en')?.shown).toMatch(/Jan 2, 2026.*UTC/)
    expect(readMoment('never', 'en')).toBeNull()
  })

  it('fills in once and leaves what it does not know', () => {
    expect(fill('{a} {b} {a}', { a: '{b}', b: '$&' })).toBe('{b} $& {b}')
    expect(fill('{toString}', {})).toBe('{toString}')
  })
})

describe('readDevice', () => {
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36'
  it.each([
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Edg/150.0`, 'Edge', 'Windows'],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${chrome}`, 'Chrome', 'macOS'],
    [`Mozilla/5.0 (Linux; Android 15) ${chrome}`, 'Chrome', 'Android'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1',
      'Safari',
      'iPhone',
    ],
    ['curl/8.0', 'curl', null],
    ['', null, null],
    [null, null, null],
  ])('reads %s', (userAgent, browser, system) => {
    expect(readDevice(userAgent)).toEqual({ browser, system })
  })
})
