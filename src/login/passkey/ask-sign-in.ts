// What an authenticator is asked at a sign-in, as its first half, as its second half, or as a fresh proof in a session.
import { type PasskeyPurpose, type Asked, findWaiting } from '../../db/queries/passkey-challenges.ts'
import { texts } from '../../db/values.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, reject, singleCookie } from '../../exchange.ts'
import { preSessionOf } from '../../forms/csrf-token.ts'
import { requireSession } from '../../forms/require-session.ts'
import { pauseCookieName } from '../../sessions/cookie.ts'
import { hashSecret } from '../../sessions/token.ts'
import { isSecondTo } from './assurance.ts'
import { type AskedChallenge, ask, challengeLifetimeMs } from './challenge.ts'
import { type AllowedPasskey, decoysFor } from './decoys.ts'
import { inNewTables } from './new-tables.ts'
import type { PasskeySite } from './site.ts'

/** What a sign-in is the start of: at most one of the three. */
export interface SignInStart {
  readonly email: string | null
  readonly mfaToken: string | null
  readonly about: 'sign-in' | 'second-factor' | 'proof'
}

/** The JSON form of what `navigator.credentials.get` takes (§5.1.8). */
export interface RequestOptions {
  readonly challenge_id: string
  readonly challenge: string
  readonly rpId: string
  readonly timeout: number
  readonly userVerification: 'required' | 'preferred'
  readonly allowCredentials: readonly {
    readonly id: string
    readonly type: 'public-key'
    readonly transports: readonly string[]
  }[]
}

export async function askSignIn(exchange: Exchange, site: PasskeySite, start: SignInStart): Promise<RequestOptions> {
  if (start.mfaToken !== null || start.about === 'second-factor') return askWaiting(exchange, site, start.mfaToken)
  if (start.about === 'proof') return askPerson(exchange, site)
  const asker = preSessionOf(exchange)
  if (start.email === null) {
    const question = await open(exchange, { purpose: 'passkey-sign-in', asker, asked: { kind: 'anybody' } })
    return optionsOf(site, question, [])
  }
  const { email } = start
  const question = await open(exchange, { purpose: 'passkey-of-address', asker, asked: { kind: 'address', email } })
  // Made in any case, so that it takes its time in any case.
  const decoys = decoysFor(site.decoyKey, email)
  return optionsOf(site, question, question.allowed.length === 0 ? decoys : question.allowed)
}

/** A touch is enough for a passkey that comes after something else; the login that waits says what came before. */
async function askWaiting(exchange: Exchange, site: PasskeySite, given: string | null): Promise<RequestOptions> {
  const token = given ?? singleCookie(exchange, pauseCookieName)
  if (token === null) throw nobodyWaits()
  const tokenHash = hashSecret(token)
  const [row] = await inNewTables(() => exchange.database.read(findWaiting(tokenHash)))
  if (row === undefined) throw nobodyWaits()
  const asked = { kind: 'waiting', tokenHash } as const
  const question = await open(exchange, { purpose: 'passkey-second-factor', asker: token, asked })
  return ofPerson(site, question, texts(row, 'amr'))
}

async function askPerson(exchange: Exchange, site: PasskeySite): Promise<RequestOptions> {
  const { userId, sessionId, amr } = requireSession(exchange).lease.principal
  const asked = { kind: 'person', userId } as const
  const question = await open(exchange, { purpose: 'passkey-proof', asker: sessionId, asked })
  return ofPerson(site, question, amr)
}

async function open(
  exchange: Exchange,
  facts: { readonly purpose: PasskeyPurpose; readonly asker: string; readonly asked: Asked },
): Promise<AskedChallenge> {
  const question = await ask(exchange, facts)
  if (question === null) throw nobodyWaits()
  return question
}

/** An empty list would let any passkey answer: somebody without one is told so. */
function ofPerson(site: PasskeySite, question: AskedChallenge, before: readonly string[]): RequestOptions {
  if (question.allowed.length === 0) throw new GatewayError(reject('not_found', 'no passkey'))
  return optionsOf(site, question, question.allowed, isSecondTo(before) ? 'preferred' : 'required')
}

function optionsOf(
  site: PasskeySite,
  { id, challenge }: AskedChallenge,
  allowed: readonly AllowedPasskey[],
  userVerification: RequestOptions['userVerification'] = 'preferred',
): RequestOptions {
  return {
    challenge_id: id,
    challenge,
    rpId: site.domain,
    timeout: challengeLifetimeMs,
    userVerification,
    allowCredentials: allowed.map(({ credentialId, transports }) => ({
      id: credentialId,
      type: 'public-key',
      transports,
    })),
  }
}

function nobodyWaits(): GatewayError {
  return new GatewayError(reject('invalid_or_expired', 'no login waits'))
}
