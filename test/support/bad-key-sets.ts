// What a key set must not be: each answer is refused whole.
import { generateKeyPairSync } from 'node:crypto'
import type { JWK } from 'jose'
import type { Answerer } from './issuer.ts'

const json =
  (document: unknown): Answerer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(typeof document === 'string' ? document : JSON.stringify(document))
  }

const as =
  (type: string, text: string): Answerer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': type })
    response.end(text)
  }

/** 65537^k modulo the product of the primes up to 167, and a multiple of that product: what the flawed chips made. */
export function rocaModulus(): string {
  const primes = [2n]
  for (let n = 3n; n <= 167n; n += 2n) if (primes.every((prime) => n % prime !== 0n)) primes.push(n)
  const product = primes.reduce((all, prime) => all * prime, 1n)
  let power = 1n
  for (let at = 0; at < 12_345; at += 1) power = (power * 65_537n) % product
  const hex = ((1n << 2047n) / product) * product + power + product
  return Buffer.from(hex.toString(16).padStart(512, '0'), 'hex').toString('base64url')
}

/**
 * What no verifier may believe, however it came by it. `good` is a key that is worth something: it is in each set beside what
 * is wrong, for a set is refused whole.
 */
export function badKeyDocuments(good: JWK): Readonly<Record<string, unknown>> {
  const modulus = (bits: number): JWK => ({
    ...generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }),
    kid: 'weak',
  })
  const beside = (key: unknown): unknown => ({ keys: [good, key] })
  const even = Buffer.from(String(good.n), 'base64url')
  even[even.length - 1] = 0
  return {
    'a list': [good],
    'an object without keys': { jwks: [good] },
    'keys as an object': { keys: { good } },
    'a key that is text': beside('good'),
    'a key that is null': beside(null),
    '10,000 keys': { keys: Array.from({ length: 10_000 }, (_, at) => ({ ...good, kid: String(at) })) },
    '21 keys': {
      keys: Array.from({ length: 21 }, (_, at) => ({ kty: 'EC', kid: String(at), use: 'enc' })).concat([good as never]),
    },
    '65 KB': { keys: [good], padding: 'x'.repeat(65 * 1024) },
    'a symmetric key': beside({ kty: 'oct', k: 'c2VjcmV0', kid: 'shared' }),
    'a private key': beside({ ...good, kid: 'private', d: 'AQAB' }),
    'e = 1': beside({ ...good, kid: 'one', e: 'AQ' }),
    'an even e': beside({ ...good, kid: 'even', e: 'Ag' }),
    'e above 2^32': beside({ ...good, kid: 'large', e: 'AQAAAAE' }),
    'an even modulus': beside({ ...good, kid: 'even', n: even.toString('base64url') }),
    'RSA of 1024 bits': beside(modulus(1024)),
    'RSA of 2040 bits': beside(modulus(2040)),
    'RSA of 16,384 bits': beside({ ...good, n: Buffer.alloc(2048, 0xff).toString('base64url') }),
    'a modulus of a flawed chip': beside({ kty: 'RSA', kid: 'roca', n: rocaModulus(), e: 'AQAB' }),
    'a modulus with padding': beside({ ...good, kid: 'padded', n: `${good.n}==` }),
    'a modulus that is a number': beside({ ...good, kid: 'number', n: 1 }),
    'a kid that is a number': beside({ ...good, kid: 1 }),
    'no keys': { keys: [] },
    'keys for other things only': { keys: [{ ...good, use: 'enc' }] },
    'keys of other algorithms only': { keys: [{ ...good, alg: 'RS512' }] },
    'keys for signing only': { keys: [{ ...good, use: undefined, key_ops: ['sign'] }] },
  }
}

/** The same from an issuer, with the ways in which its answer itself can be wrong. */
export function badKeySets(good: JWK): Readonly<Record<string, Answerer>> {
  const documents = Object.entries(badKeyDocuments(good)).map(([name, document]) => [name, json(document)])
  return {
    ...(Object.fromEntries(documents) as Record<string, Answerer>),
    HTML: as('text/html', '<html>Sign in to the network</html>'),
    'JSON that says it is HTML': as('text/html', JSON.stringify({ keys: [good] })),
    'JSON that says nothing': (_, response) => response.end(JSON.stringify({ keys: [good] })),
    'HTML that says it is JSON': json('<html></html>'),
    'nothing at all': json(''),
    'members twice': json(`{"keys":[],"keys":[${JSON.stringify(good)}]}`),
    'an endless answer': (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const write = (): void =>
        void (response.destroyed || response.write(' '.repeat(16_384), () => setTimeout(write, 1)))
      write()
    },
    'a redirect': (_, response) => {
      response.writeHead(302, { location: '/elsewhere' })
      response.end()
    },
    'status 500': (_, response) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ keys: [good] }))
    },
    'status 404': (_, response) => {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ keys: [good] }))
    },
  }
}
