import { createLocalJWKSet, createRemoteJWKSet, errors } from 'jose'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { NotVerified } from './not-verified.ts'

// How long a key withdrawn from the set is still trusted here, against one fetch per period for each process.
const MAX_AGE_MS = 5 * 60_000

// An unknown `kid` triggers a fetch, so that rotation needs no restart; whoever can reach the origin can invent one, so
// not more often than this. A gateway that publishes a key this long before signing with it loses no request.
const COOLDOWN_MS = 30_000

// A request waits for the first fetch: long enough for a cold start of the gateway, shorter than proxies' patience.
const TIMEOUT_MS = 3_000

// A process verifies for one issuer, a few in tests and migrations. The bound is for whoever derives URLs from input.
const MAX_REMOTE_SETS = 16

const remoteSets = new Map<string, JWTVerifyGetKey>()
const localSets = new WeakMap<JSONWebKeySet, JWTVerifyGetKey>()

const remoteSet = (url: URL): JWTVerifyGetKey => {
  const known = remoteSets.get(url.href)
  if (known !== undefined) return known
  const created = createRemoteJWKSet(url, {
    cacheMaxAge: MAX_AGE_MS,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: TIMEOUT_MS,
  })
  const oldest = remoteSets.keys().next()
  if (remoteSets.size >= MAX_REMOTE_SETS && oldest.done !== true) remoteSets.delete(oldest.value)
  remoteSets.set(url.href, created)
  return created
}

// jose copies and imports the keys of a set once for each resolver, hence one resolver for each set.
const localSet = (set: JSONWebKeySet): JWTVerifyGetKey => {
  const known = localSets.get(set)
  if (known !== undefined) return known
  const created = createLocalJWKSet(set)
  localSets.set(set, created)
  return created
}

// jose reports an unreachable server, a page in place of JSON, and a key it cannot import each with another error.
// What they share is that the request is not to blame; the two errors named here are the only ones where it is.
// By code and not by class: a resolver given by the application may come from another copy of jose.
const UNKNOWN_KEY_CODES: readonly unknown[] = [errors.JWKSNoMatchingKey.code, errors.JWKSMultipleMatchingKeys.code]

const isUnknownKey = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && UNKNOWN_KEY_CODES.includes(error.code)

const telling =
  (resolve: JWTVerifyGetKey): JWTVerifyGetKey =>
  async (header, token) => {
    try {
      return await resolve(header, token)
    } catch (cause) {
      throw isUnknownKey(cause) ? new NotVerified('bad-signature') : new NotVerified('keys-unreachable', { cause })
    }
  }

/**
 * A resolver over a published key set, fetched when first needed and then shared by all verifications in the process.
 * Concurrent verifications share one fetch. The resolver rejects with `NotVerified`: `bad-signature` when the set has
 * no such key, `keys-unreachable` when there is no usable set.
 */
export const publishedKeys = (url: URL): JWTVerifyGetKey => telling(remoteSet(url))

/** A resolver over keys the application already has. Rejects as `publishedKeys` does. */
export const givenKeys = (keys: JSONWebKeySet | JWTVerifyGetKey): JWTVerifyGetKey =>
  telling(typeof keys === 'function' ? keys : localSet(keys))
