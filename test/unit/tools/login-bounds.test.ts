import { describe, expect, it } from 'vitest'
import { missedBounds } from '../../../tools/bench/login-bounds.ts'
import type { LoginFigures } from '../../../tools/bench/logins.ts'

const quick = (p95: number) => ({ per_second: 50, p50_ms: 1, p95_ms: p95, p99_ms: 200, cpu_ms: null })

/** On every bound, and over none. */
const kept: LoginFigures = {
  connections: 16,
  hashes_per_s: 20,
  logins_per_s: 18,
  ratio: 0.9,
  hash_ms: 40,
  hash_cpu_ms: null,
  login_cpu_ms: null,
  quick: { magic_link: quick(100), passkey: quick(100), counted: quick(500) },
  visitors: {
    per_second: 200,
    quiet: { p50_ms: 1, p99_ms: 10 },
    during: { p50_ms: 3, p99_ms: 90 },
    all: { quiet_p99_ms: 100, p99_ms: 500 },
  },
}

describe('the bounds of signing in', () => {
  it('are kept up to the last of them', () => {
    expect(missedBounds(kept)).toEqual([])
  })

  it.each<[string, Partial<LoginFigures>]>([
    ['logins', { ratio: 0.899 }],
    ['logins', { ratio: Number.NaN }],
    ['visitors', { visitors: { ...kept.visitors, during: { p50_ms: 3, p99_ms: 90.1 } } }],
    ['magic link', { quick: { ...kept.quick, magic_link: quick(100.1) } }],
    ['passkey', { quick: { ...kept.quick, passkey: quick(Number.NaN) } }],
  ])('name what is missed: %s %j', (what, figures) => {
    const missed = missedBounds({ ...kept, ...figures })
    expect(missed).toHaveLength(1)
    expect(missed[0]).toMatch(new RegExp(`^${what}:`))
  })
})
