// One question by mail: a link for the same device, a code for any, each good once and for a stated time.
import { createHmac } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import {
  type ChallengeKey,
  type ChallengePurpose,
  type NewChallenge,
  countCodeAttempt,
} from '../db/queries/challenges.ts'
import { text } from '../db/values.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { minuteMs } from '../kit/duration.ts'
import { randomCode, randomToken } from '../kit/random.ts'
import { hashSecret, isSameHash } from '../sessions/token.ts'

export const codeLifetimeMs = 10 * minuteMs
const maxCodeAttempts = 5

/** How often a mailbox may be asked, whoever asks: the owner of an address must not drown in mail. */
export const asksPerHour = 8

export interface AskedChallenge {
  readonly row: NewChallenge
  /** What is mailed and never stored. */
  readonly token: string
  readonly code: string
}

export interface ChallengeFacts {
  readonly purpose: ChallengePurpose
  readonly linkLifetimeMs: number
  readonly passwordHash: string | null
  readonly returnTo: string | null
}

export type MailedAnswer = { readonly token: string } | { readonly email: string; readonly code: string }

export function newChallenge({ deps, client }: Exchange, facts: ChallengeFacts): AskedChallenge {
  const [token, code, nowMs] = [randomToken(32), randomCode(6), deps.now()]
  return {
    token,
    code,
    row: {
      id: uuidv7(),
      purpose: facts.purpose,
      tokenHash: hashSecret(token),
      codeHash: hashCode(deps.codeKey, code),
      passwordHash: facts.passwordHash,
      returnTo: facts.returnTo,
      ip: client.ip,
      codeExpiresAtMs: nowMs + codeLifetimeMs,
      expiresAtMs: nowMs + facts.linkLifetimeMs,
    },
  }
}

/** Which challenge an answer is the key to, if any. Spending it, once, is for the statement of its purpose. */
export async function challengeKey(
  exchange: Exchange,
  answer: MailedAnswer,
  purpose: ChallengePurpose,
): Promise<ChallengeKey | null> {
  return 'token' in answer ? { tokenHash: hashSecret(answer.token) } : checkCode(exchange, answer, purpose)
}

/** The try is counted before the code is compared; the comparison takes the same time for every wrong code. */
async function checkCode(
  { deps, database }: Exchange,
  answer: { readonly email: string; readonly code: string },
  purpose: ChallengePurpose,
): Promise<ChallengeKey | null> {
  const [row] = await database.write(countCodeAttempt(answer.email, purpose, maxCodeAttempts))
  if (row === undefined) return null
  return isSameHash(hashCode(deps.codeKey, answer.code), text(row, 'code_hash')) ? { id: text(row, 'id') } : null
}

/** Recorded, and answered alike for a wrong one, a spent one and one that never was. */
export async function refuseAnswer(
  exchange: Exchange,
  answer: MailedAnswer,
  purpose: ChallengePurpose,
): Promise<never> {
  const reason = 'token' in answer ? 'link' : 'code'
  await exchange.deps.audit.record('challenge.failed', auditSource(exchange), { reason, details: { purpose } })
  throw new GatewayError(reject('invalid_or_expired', reason))
}

/** Keyed: six digits under a plain hash would be found in a second by whoever reads the table. */
export function hashCode(key: Uint8Array, code: string): string {
  return createHmac('sha256', key).update(code).digest('base64url')
}
