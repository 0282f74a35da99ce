// The length and the port of a Host: the last that is taken, and the first that is not.
import { describe, expect, it } from 'vitest'
import { parseAuthority } from '../../../src/access/authority.ts'

const label = 'a'.repeat(63)
const nameOf = (length: number): string => `${label}.${label}.${label}.${'b'.repeat(length - 3 * 64)}`
const longest = nameOf(253)

describe('a host', () => {
  it('of 253 characters is taken in every spelling, and one of 254 in none', () => {
    expect(longest).toHaveLength(253)
    for (const written of [
      longest,
      longest.toUpperCase(),
      `${longest}.`,
      `${longest}:443`,
      `${longest.toUpperCase()}.:443`,
    ])
      expect(parseAuthority(written, '443')).toBe(longest)
    expect(parseAuthority(`${longest.toUpperCase()}.:65535`, '443')).toBe(`${longest}:65535`)
    const over = nameOf(254)
    for (const written of [
      over,
      over.toUpperCase(),
      `${over}.`,
      `${over}:443`,
      'A'.repeat(300),
      `${longest}:${'1'.repeat(50)}`,
    ])
      expect(parseAuthority(written, '443')).toBeNull()
  })

  it.each([
    ['site.example:65535', 'site.example:65535'],
    ['site.example:65536', null],
    ['site.example:0', null],
    ['site.example:', 'site.example'],
    ['a..b:8443', null],
    ['127.1:8443', null],
    ['[::1]:8443', '[::1]:8443'],
    ['[::1', null],
    [':8443', null],
  ])('%s is %s', (raw, authority) => {
    expect(parseAuthority(raw, '443')).toBe(authority)
  })
})
