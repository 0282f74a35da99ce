// The session token `shard.id.secret`: where to ask, what about, and the proof. Only the hash of the secret is stored.
import { createHash, timingSafeEqual } from 'node:crypto'
import { randomToken } from '../kit/random.ts'

export interface SessionToken {
  readonly shard: string
  readonly sessionId: string
  readonly secret: string
}

const pattern =
  /^([a-z]{2}-\d{1,4})\.([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\.([\w-]{43})$/

/** Null for anything that was never issued here; says nothing about whether it is live. */
export function parseSessionToken(value: string): SessionToken | null {
  const match = pattern.exec(value)
  if (match === null) return null
  const [, shard = '', sessionId = '', secret = ''] = match
  return { shard, sessionId, secret }
}

export function formatSessionToken(token: SessionToken): string {
  return `${token.shard}.${token.sessionId}.${token.secret}`
}

/** 256 bits: enough that a plain hash, without salt or cost, cannot be inverted. */
export function newSessionSecret(): string {
  return randomToken(32)
}

/** Synchronous on purpose: an awaited WebCrypto digest costs some ten times more than the hash itself. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

/** Constant time in the content of equally long texts. */
export function isSameHash(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
