// Makes the code that an application trades for tokens: once, within a minute, by its verifier.
import { auditRow } from '../audit/record.ts'
import { insertCode } from '../db/queries/oauth-codes.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import type { SessionPrincipal } from '../identity/principal.ts'
import { minuteMs } from '../kit/duration.ts'
import { randomToken } from '../kit/random.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { codeHash } from './code-hash.ts'
import { sendBack } from './send-back.ts'

const lifetimeMs = minuteMs

export async function issueCode(
  exchange: Exchange,
  { userId, sessionId }: SessionPrincipal,
  request: AuthorizationRequest,
): Promise<Response> {
  const { deps } = exchange
  const { client, redirectUri, scopes, nonce, codeChallenge, dpopKey } = request
  const code = randomToken(32)
  const row = {
    codeHash: codeHash(code, dpopKey),
    clientId: client.id,
    sessionId,
    redirectUri,
    scope: scopes.join(' '),
    nonce,
    codeChallenge,
    expiresAtMs: deps.now() + lifetimeMs,
  }
  const facts = { userId, sessionId, details: { client: client.id, scope: row.scope } }
  const audit = auditRow('code.issued', auditSource(exchange), facts, deps.now())
  const issued = await exchange.database.write(insertCode(row, audit))
  if (issued.length === 0) throw new GatewayError(reject('unauthenticated', 'session ended meanwhile'))
  return sendBack(exchange, request, { code })
}
