// Is an RSA public key worth believing? What can be told from the key alone, without its private half.

const fewestBits = 2048
/** Verifying costs grow with the square: a key of 100,000 bits would be an attack on us. */
const mostBits = 8192
const largestExponent = 2n ** 32n

export type WeakRsa = 'modulus too short' | 'modulus too long' | 'even modulus' | 'exponent' | 'known weak generator'

export function weaknessOf(modulus: Uint8Array, exponent: Uint8Array): WeakRsa | null {
  const n = integer(modulus)
  const e = integer(exponent)
  const bits = n.toString(2).length
  if (bits < fewestBits) return 'modulus too short'
  if (bits > mostBits) return 'modulus too long'
  if (n % 2n === 0n) return 'even modulus'
  // With e = 1 the signature is the message: anybody signs.
  if (e <= 1n || e % 2n === 0n || e > largestExponent) return 'exponent'
  return isRoca(n) ? 'known weak generator' : null
}

function integer(bytes: Uint8Array): bigint {
  let hex = '0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(`0x${hex}`)
}

/**
 * CVE-2017-15361: a chip maker's library made primes of the form k·M + (65537^a mod M), M being the product of the first
 * primes, and such keys can be factored. Modulo each small prime their modulus is a power of 65537; another key passes
 * this by chance once in about 2^27 (Nemec et al., "The Return of Coppersmith's Attack", CCS 2017).
 */
function isRoca(n: bigint): boolean {
  return powers.every(({ prime, values }) => values.has(n % prime))
}

const powers = oddPrimesUpTo(167).map((prime) => ({ prime: BigInt(prime), values: powersOf65537(BigInt(prime)) }))

function oddPrimesUpTo(last: number): number[] {
  const primes: number[] = []
  for (let n = 3; n <= last; n += 2) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

function powersOf65537(prime: bigint): ReadonlySet<bigint> {
  const values = new Set<bigint>()
  for (let value = 1n; !values.has(value); value = (value * 65537n) % prime) values.add(value)
  return values
}
