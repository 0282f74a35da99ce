// Every error the gateway can answer with: one row each, and the three forms it can take.
import type { AuditEvent } from './audit/record.ts'

interface ErrorRow {
  readonly status: number
  /** Public and dull on purpose: the precise reason belongs in the log and the audit trail. */
  readonly title: string
  /** What the reader can do about it. */
  readonly text: string
}

export const errorTable = {
  bad_target: {
    status: 400,
    title: 'Address not understood',
    text: 'This address can be read in more than one way. Check it and try again.',
  },
  bad_request: {
    status: 400,
    title: 'Request not understood',
    text: 'The request is malformed. Check it and try again.',
  },
  invalid_dpop_proof: {
    status: 400,
    title: 'Proof not accepted',
    text: 'The proof of the key is not valid here, or was used before. Make a new one.',
  },
  use_dpop_nonce: {
    status: 400,
    title: 'Proof without nonce',
    text: 'Make a new proof with the nonce of the header DPoP-Nonce.',
  },
  unauthenticated: { status: 401, title: 'Sign-in needed', text: 'Sign in to go on.' },
  invalid_token: { status: 401, title: 'Token not accepted', text: 'Get a new access token and try again.' },
  invalid_credentials: {
    status: 401,
    title: 'Sign-in failed',
    text: 'The e-mail address or the password is not right.',
  },
  invalid_or_expired: {
    status: 401,
    title: 'Link or code not valid',
    text: 'It is wrong, was used before or has expired. Ask for a new one.',
  },
  passkey_refused: {
    status: 401,
    title: 'Passkey not accepted',
    text: 'The passkey did not answer as it should. Try again, or sign in another way.',
  },
  unknown_passkey: {
    status: 401,
    title: 'Passkey not known',
    text: 'This passkey is not known here. Use another one, or sign in another way.',
  },
  step_up_required: { status: 401, title: 'Stronger sign-in needed', text: 'Sign in with a second factor to go on.' },
  forbidden: { status: 403, title: 'Not allowed', text: 'Your account may not open this.' },
  csrf_failed: { status: 403, title: 'Form expired', text: 'Reload the page and send the form again.' },
  email_unverified: {
    status: 403,
    title: 'Address not confirmed',
    text: 'Confirm your e-mail address first: open the link or enter the code we sent.',
  },
  method_off: { status: 403, title: 'Not offered here', text: 'This way to sign in is switched off. Use another one.' },
  confirm_by_mail: {
    status: 403,
    title: 'One more step',
    text: 'This sign-in looks unusual. Open the link we have just sent to your address to sign in.',
  },
  login_refused: {
    status: 403,
    title: 'Sign-in not possible from here',
    text: 'This sign-in looks unusual. Sign in from a device and a place you have used before.',
  },
  origin_not_allowed: {
    status: 403,
    title: 'Not allowed from this site',
    text: 'This site may not open a connection here.',
  },
  not_found: { status: 404, title: 'Not found', text: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, title: 'Method not allowed', text: 'This address does not take this method.' },
  current_session: { status: 409, title: 'This is the current session', text: 'Sign out instead.' },
  sign_in_cancelled: {
    status: 400,
    title: 'Sign-in not finished',
    text: 'You or the other site stopped the sign-in. Try again, or sign in another way.',
  },
  sign_in_expired: {
    status: 400,
    title: 'Sign-in no longer valid',
    text: 'It took too long, was used already or began in another browser. Start again.',
  },
  address_unproven: {
    status: 403,
    title: 'Address not confirmed there',
    text: 'The other site does not confirm your e-mail address. Confirm it there, or sign in another way and connect that account on your account page.',
  },
  no_account: {
    status: 403,
    title: 'No account here',
    text: 'There is no account for you, and none can be created this way.',
  },
  identity_taken: {
    status: 409,
    title: 'Connected to another account',
    text: 'That account of the other site belongs to another account here. Sign in with it and disconnect it there first.',
  },
  last_way_in: {
    status: 409,
    title: 'Your only way to sign in',
    text: 'Set a password or connect another account before you disconnect this one.',
  },
  factor_exists: {
    status: 409,
    title: 'Set up already',
    text: 'Remove the second factor that is there before you set up another one.',
  },
  phone_taken: {
    status: 409,
    title: 'Number in use',
    text: 'Another account signs in with this number. Remove it there first.',
  },
  conflict: {
    status: 409,
    title: 'Not as it was',
    text: 'There is one of that name already, or it was changed meanwhile. Look again.',
  },
  passkey_exists: {
    status: 409,
    title: 'Passkey known already',
    text: 'This authenticator holds a passkey for this site already.',
  },
  too_many_passkeys: {
    status: 409,
    title: 'Too many passkeys',
    text: 'Remove a passkey that is not used any more before adding another one.',
  },
  body_too_large: { status: 413, title: 'Too large', text: 'Send less than 64 KB.' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported form of content',
    text: 'Send JSON with Content-Type: application/json.',
  },
  invalid_phone: {
    status: 422,
    title: 'Not a number texts are sent to',
    text: 'Give the number of a mobile phone, with its country code.',
  },
  invalid_input: { status: 422, title: 'Some fields are not right', text: 'Correct the fields named and send again.' },
  too_many_attempts: { status: 429, title: 'Too many attempts', text: 'Wait a little and try again.' },
  captcha_required: {
    status: 429,
    title: 'Are you a person?',
    text: 'Answer the captcha to go on, or wait a little and try again.',
  },
  too_many_requests: { status: 429, title: 'Too many requests', text: 'Wait a little and try again.' },
  internal: {
    status: 500,
    title: 'Something went wrong',
    text: 'It is not your fault. Try again; if it stays, quote the request id.',
  },
  tokens_off: {
    status: 501,
    title: 'No tokens here',
    text: 'This gateway issues no tokens: its TOKEN_KEYS are not set.',
  },
  provider_failed: {
    status: 502,
    title: 'The other site cannot sign you in now',
    text: 'It did not answer, or not properly. Try again soon, or sign in another way.',
  },
  origin_unreachable: {
    status: 502,
    title: 'Site not reachable',
    text: 'The site behind this gateway does not answer. Try again soon.',
  },
  misconfigured: {
    status: 503,
    title: 'Not configured',
    text: 'The gateway is not configured. Its log names what is missing.',
  },
  unavailable: { status: 503, title: 'Briefly unavailable', text: 'Try again in a few seconds.' },
  origin_timeout: {
    status: 504,
    title: 'Site too slow',
    text: 'The site behind this gateway did not answer in time. Try again soon.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errorTable

/** What an expected no looks like as a value; `reason` is internal and never leaves the gateway. */
export interface Rejection {
  readonly code: ErrorCode
  readonly reason: string
  readonly fields?: readonly { readonly path: string; readonly reason: string }[]
  readonly retryAfterS?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Goes on record before this is answered. */
  readonly event?: AuditEvent
  /** Which captcha, and where its answer goes. */
  readonly captcha?: CaptchaQuestion
}

export interface CaptchaQuestion {
  readonly provider: string
  readonly site_key: string
  readonly answer_header: string
}

/** The reason of a step-up that makes the page for people ask for a second factor. */
export const weakProof = 'assurance level'

/** Something broke or an own endpoint refuses: carries a rejection through code that cannot return one. */
export class GatewayError extends Error {
  readonly rejection: Rejection

  constructor(rejection: Rejection, options?: ErrorOptions) {
    super(`${rejection.code}: ${rejection.reason}`, options)
    this.name = 'GatewayError'
    this.rejection = rejection
  }
}

/** The gateway cannot decide now; answered as 503 so that nobody is let in on a guess. */
export function unavailable(reason: string, cause?: unknown): GatewayError {
  return new GatewayError({ code: 'unavailable', reason, retryAfterS: 5 }, { cause })
}

/** The body of an error answer (RFC 9457), as `http-api` promises it to clients. */
export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly request_id: string
  readonly fields?: readonly { readonly path: string; readonly reason: string }[]
  readonly retry_after?: number
  readonly captcha?: CaptchaQuestion
}

export function problemBody(rejection: Rejection, requestId: string): ProblemBody {
  const row = errorTable[rejection.code]
  return {
    type: `urn:portcullis:error:${rejection.code}`,
    title: row.title,
    status: row.status,
    detail: row.text,
    code: rejection.code,
    request_id: requestId,
    ...(rejection.fields ? { fields: rejection.fields } : {}),
    ...(rejection.retryAfterS === undefined ? {} : { retry_after: rejection.retryAfterS }),
    ...(rejection.captcha === undefined ? {} : { captcha: rejection.captcha }),
  }
}

/** Headers every gateway-made refusal carries, whatever its form. */
export function rejectionHeaders(rejection: Rejection, requestId: string): Headers {
  const headers = new Headers(rejection.headers)
  headers.set('cache-control', 'no-store')
  headers.set('x-content-type-options', 'nosniff')
  headers.set('x-request-id', requestId)
  headers.set('x-portcullis-response', rejection.code)
  if (rejection.retryAfterS !== undefined) headers.set('retry-after', String(Math.ceil(rejection.retryAfterS)))
  return headers
}

export function problemResponse(rejection: Rejection, requestId: string): Response {
  const headers = rejectionHeaders(rejection, requestId)
  headers.set('content-type', 'application/problem+json')
  const body = JSON.stringify(problemBody(rejection, requestId))
  return new Response(body, { status: errorTable[rejection.code].status, headers })
}
