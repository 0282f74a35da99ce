// RSA keys told by their primes. An environment value of Cloudflare holds 5 KB; a private RSA-4096 JWK takes 3.2 of them,
// its two primes 0.7, and everything else follows from these (RFC 8017 §3.2).
import { fromBase64Url, toBase64Url } from './base64url.ts'

export interface RsaPrimes {
  readonly p: string
  readonly q: string
}

const exponent = 65_537n

/** The modulus, base64url, and its length in bits. Throws on what is not base64url. */
export function rsaModulus({ p, q }: RsaPrimes): { readonly n: string; readonly bits: number } {
  const product = toInteger(p) * toInteger(q)
  return { n: toText(product), bits: product.toString(2).length }
}

export function bitsOf(n: string): number {
  return toInteger(n).toString(2).length
}

/** All members of a private JWK (RFC 7518 §6.3), as WebCrypto wants them. */
export function rsaPrivateJwk(primes: RsaPrimes): Readonly<Record<string, string>> {
  const [p, q] = [toInteger(primes.p), toInteger(primes.q)]
  const d = inverse(exponent, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e: exponent, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  return {
    kty: 'RSA',
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, toText(value)])),
  }
}

function toInteger(text: string): bigint {
  const bytes = fromBase64Url(text)
  if (bytes === null || bytes.length === 0) throw new TypeError('not base64url')
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

function toText(value: bigint): string {
  const hex = value.toString(16)
  const octets = (hex.length % 2 === 0 ? hex : `0${hex}`).match(/../g) ?? []
  return toBase64Url(Uint8Array.from(octets, (octet) => Number.parseInt(octet, 16)))
}

/** Extended Euclid; `modulus` and `value` have no common factor, or there is no key. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [before, rest, coefficientBefore, coefficient] = [modulus, value % modulus, 0n, 1n]
  while (rest > 0n) {
    const quotient = before / rest
    ;[before, rest] = [rest, before - quotient * rest]
    ;[coefficientBefore, coefficient] = [coefficient, coefficientBefore - quotient * coefficient]
  }
  if (before !== 1n) throw new RangeError('not the primes of an RSA key')
  return coefficientBefore < 0n ? coefficientBefore + modulus : coefficientBefore
}
