// How the OAuth endpoints say no: one row an error code (RFC 6749 §5.2, RFC 6750 §3.1, OpenID Connect Core §3.1.2.6).
import type { AuditEvent } from '../audit/record.ts'
import type { Exchange } from '../exchange.ts'
import { exchangeFacts } from '../exchange-facts.ts'
import { log } from '../log.ts'

/** Public and dull on purpose: the precise reason belongs in the log and the trail. */
const oauthErrors = {
  invalid_request: { status: 400, text: 'A parameter is missing, malformed or given twice.' },
  invalid_client: { status: 401, text: 'The client is unknown or did not prove who it is.' },
  invalid_grant: { status: 400, text: 'What was presented is not valid here, or no longer.' },
  unauthorized_client: { status: 400, text: 'The client may not do this.' },
  unsupported_grant_type: { status: 400, text: 'This kind of grant is not offered.' },
  unsupported_response_type: { status: 400, text: 'Only response_type=code is offered.' },
  invalid_scope: { status: 400, text: 'The scope is more than may be given.' },
  invalid_token: { status: 401, text: 'The access token is not valid, or no longer.' },
  insufficient_scope: { status: 403, text: 'The access token is for something else.' },
  invalid_dpop_proof: { status: 400, text: 'The proof of the key is not valid here, or was used before.' },
  use_dpop_nonce: { status: 400, text: 'The proof must carry the nonce of the header DPoP-Nonce.' },
  login_required: { status: 400, text: 'Nobody is signed in, or not lately enough.' },
  consent_required: { status: 400, text: 'The person has to be asked first.' },
  access_denied: { status: 400, text: 'The person said no.' },
  temporarily_unavailable: { status: 503, text: 'Try again in a few seconds.' },
  server_error: { status: 500, text: 'Something went wrong.' },
} as const

export type OAuthErrorCode = keyof typeof oauthErrors

export interface OAuthRefusal {
  readonly error: OAuthErrorCode
  /** Internal: never leaves the gateway. */
  readonly reason: string
  readonly headers?: Readonly<Record<string, string>>
  /** Goes on record before this is answered. */
  readonly event?: AuditEvent
}

export function refuse(error: OAuthErrorCode, reason: string, headers?: OAuthRefusal['headers']): OAuthRefusal {
  return headers === undefined ? { error, reason } : { error, reason, headers }
}

export function describe(error: OAuthErrorCode): string {
  return oauthErrors[error].text
}

export function refusalResponse(exchange: Exchange, { error, reason, headers }: OAuthRefusal): Response {
  const { status, text } = oauthErrors[error]
  log(status >= 500 ? 'error' : 'info', 'request refused', { ...exchangeFacts(exchange), code: error, reason })
  return Response.json(
    { error, error_description: text },
    {
      status,
      headers: {
        ...headers,
        'cache-control': 'no-store',
        'x-portcullis-response': error,
        ...(status === 503 ? { 'retry-after': '5' } : {}),
      },
    },
  )
}
