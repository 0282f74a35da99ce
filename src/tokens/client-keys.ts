// The keys a client signs its assertions with: as good as those of an issuer whose tokens open the site, when they are
// registered and again whenever one is used, as a set may be older than the rules.
import type { Result } from '../kit/result.ts'
import { type KeySet, type KeySetFault, parseKeySet } from './key-set.ts'
import type { Algorithm } from './trusted-issuer.ts'

/** Fixed here, never taken from the assertion; no key of a client is a shared secret. */
export const assertionAlgorithms: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

export function readClientKeys(jwks: unknown): Result<KeySet, KeySetFault> {
  const text = jwks === undefined ? '' : JSON.stringify(jwks)
  return parseKeySet(new TextEncoder().encode(text), assertionAlgorithms)
}
