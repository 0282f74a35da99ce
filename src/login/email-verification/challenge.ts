// One question by mail: a link for the same device, a code for any, each good once and for a stated time.
import { createHmac } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { NewChallenge } from '../../db/queries/challenges.ts'
import type { Exchange } from '../../exchange.ts'
import { hourMs, minuteMs } from '../../kit/duration.ts'
import { randomCode, randomToken } from '../../kit/random.ts'
import { hashSecret } from '../../sessions/token.ts'

export const linkLifetimeMs = 24 * hourMs
export const codeLifetimeMs = 10 * minuteMs
export const maxCodeAttempts = 5

export interface AskedChallenge {
  readonly row: NewChallenge
  /** What is mailed and never stored. */
  readonly token: string
  readonly code: string
}

export function newVerification(
  exchange: Exchange,
  facts: { readonly passwordHash: string | null; readonly returnTo: string | null },
): AskedChallenge {
  const { deps, client } = exchange
  const [token, code, nowMs] = [randomToken(32), randomCode(6), deps.now()]
  return {
    token,
    code,
    row: {
      id: uuidv7(),
      purpose: 'verify-email',
      tokenHash: hashSecret(token),
      codeHash: hashCode(deps.codeKey, code),
      passwordHash: facts.passwordHash,
      returnTo: facts.returnTo,
      ip: client.ip,
      codeExpiresAtMs: nowMs + codeLifetimeMs,
      expiresAtMs: nowMs + linkLifetimeMs,
    },
  }
}

/** Keyed: six digits under a plain hash would be found in a second by whoever reads the table. */
export function hashCode(key: Uint8Array, code: string): string {
  return createHmac('sha256', key).update(code).digest('base64url')
}
