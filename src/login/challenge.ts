// One question by mail: a link, and a code for the browser that asked, of which one is good once and for a stated time.
import { createHmac } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import {
  type Asker,
  type ChallengeKey,
  type ChallengePurpose,
  type NewChallenge,
  type OpenQuestion,
  countCodeAttempt,
  findQuestion,
  openQuestion,
} from '../db/queries/challenges.ts'
import { text } from '../db/values.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { minuteMs } from '../kit/duration.ts'
import { randomCode, randomToken } from '../kit/random.ts'
import { hashSecret, isSameHash } from '../sessions/token.ts'
import { askerOf } from './asker.ts'
import { mailedToken } from './mailed-fields.ts'

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

export function newChallenge(exchange: Exchange, facts: ChallengeFacts): AskedChallenge {
  const { deps } = exchange
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
      asker: askerOf(exchange),
      returnTo: facts.returnTo,
      codeExpiresAtMs: nowMs + codeLifetimeMs,
      expiresAtMs: nowMs + facts.linkLifetimeMs,
    },
  }
}

export interface ExpectedAnswer {
  readonly purpose: ChallengePurpose
  readonly asker: Asker
}

/** Which challenge an answer is the key to, if any. Spending it, once, is for the statement of its purpose. */
export async function challengeKey(
  exchange: Exchange,
  answer: MailedAnswer,
  expected: ExpectedAnswer,
): Promise<ChallengeKey | null> {
  return 'token' in answer ? { tokenHash: hashSecret(answer.token) } : checkCode(exchange, answer, expected)
}

/** The try is counted before the code is compared; the comparison takes the same time for every wrong code. */
async function checkCode(
  { deps, database }: Exchange,
  answer: { readonly email: string; readonly code: string },
  { purpose, asker: { browserHash } }: ExpectedAnswer,
): Promise<ChallengeKey | null> {
  const attempt = { purpose, browserHash, maxAttempts: maxCodeAttempts }
  const [row] = await database.write(countCodeAttempt(answer.email, attempt))
  if (row === undefined) return null
  return isSameHash(hashCode(deps.codeKey, answer.code), text(row, 'code_hash')) ? { id: text(row, 'id') } : null
}

/** What the link in a mail asks, for the page behind it; null where it asks nothing any more, or is none. Spends nothing. */
export async function questionBehind(
  exchange: Exchange,
  token: string,
  purpose: ChallengePurpose,
): Promise<OpenQuestion | null> {
  if (!mailedToken.safeParse(token).success) return null
  const key = { tokenHash: hashSecret(token) }
  const [row] = await exchange.database.read(findQuestion(key, purpose, askerOf(exchange)))
  return row === undefined ? null : openQuestion(row)
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
