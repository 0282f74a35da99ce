// An access token of the gateway's own with other claims: signed with its key, as only itself can. For what a test cannot
// wait for, such as a quarter of an hour.
import { SignJWT, decodeJwt, decodeProtectedHeader, importJWK } from 'jose'
import { rsaPrivateJwk } from '../../src/kit/rsa.ts'
import type { TestGateway } from './gateway.ts'

interface StoredKey {
  readonly kid: string
  readonly p: string
  readonly q: string
}

/** The key that signed a token the gateway issued, by its primes. */
export function storedKeyOf({ bindings }: Pick<TestGateway, 'bindings'>, token: string): StoredKey {
  const { kid } = decodeProtectedHeader(token)
  const { keys } = JSON.parse(bindings['TOKEN_KEYS'] ?? '{}') as { keys: StoredKey[] }
  const stored = keys.find((key) => key.kid === kid)
  if (stored === undefined) throw new Error('signed with another key')
  return stored
}

/** @param token one that was issued, to start from. */
export async function ownToken(
  gateway: Pick<TestGateway, 'bindings'>,
  token: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const header = decodeProtectedHeader(token)
  const key = await importJWK({ ...rsaPrivateJwk(storedKeyOf(gateway, token)), alg: 'RS256' })
  const all = Object.entries({ ...decodeJwt(token), ...claims }).filter(([, value]) => value !== undefined)
  return new SignJWT(Object.fromEntries(all)).setProtectedHeader({ ...header, alg: 'RS256' }).sign(key)
}
