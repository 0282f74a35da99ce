// The keys that sign tokens: which one signs now, which one will, and which ones only verify what they once signed.
import { z } from 'zod'
import { bitsOf, rsaModulus } from '../kit/rsa.ts'

const name = z.string().regex(/^[\w-]{8,64}$/)
const integer = z.string().regex(/^[\w-]+$/)
/** When it entered its state; the program that rotates goes by it. */
const since = z.iso.datetime()

const bitsAllowed = { least: 2048, most: 4096 }

/** Told by their primes; a whole private JWK has those too, and its other members are worked out again. */
const signing = z
  .looseObject({ kid: name, state: z.enum(['next', 'active']), since, p: integer, q: integer })
  .transform(({ kid, state, p, q }, context) => {
    const { n, bits } = modulus({ p, q })
    if (isGood(bits)) return { kid, state, n, primes: { p, q } }
    context.addIssue({ code: 'custom', message: 'size' })
    return z.NEVER
  })

/** What no longer signs needs no secret. */
const retired = z
  .looseObject({ kid: name, state: z.literal('previous'), since, n: integer, e: z.literal('AQAB') })
  .transform(({ kid, state, n }, context) => {
    if (isGood(bitsOf(n))) return { kid, state, n, primes: null }
    context.addIssue({ code: 'custom', message: 'size' })
    return z.NEVER
  })

export const tokenKeySet = z
  .looseObject({ keys: z.array(z.union([signing, retired])).max(8) })
  .transform(({ keys }) => keys)
  .refine(
    (keys) =>
      keys.filter(({ state }) => state === 'active').length === 1 &&
      keys.filter(({ state }) => state === 'next').length <= 1 &&
      new Set(keys.map(({ kid }) => kid)).size === keys.length,
    'one active key',
  )

function modulus(primes: { p: string; q: string }): { n: string; bits: number } {
  try {
    return rsaModulus(primes)
  } catch {
    return { n: '', bits: 0 }
  }
}

function isGood(bits: number): boolean {
  return bits >= bitsAllowed.least && bits <= bitsAllowed.most
}
