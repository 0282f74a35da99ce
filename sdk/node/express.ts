import { NotVerified } from './not-verified.ts'
import type { HeaderRecord } from './read-assertion.ts'
import { createVerifier } from './verify-request.ts'
import type { Identity, VerifyOptions } from './verify-request.ts'

// Structural, so that Express 4, Express 5, Connect and a bare `node:http` server fit without a dependency on any.

export interface MiddlewareRequest {
  readonly headers: HeaderRecord
  identity?: Identity
}

export interface MiddlewareResponse {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body: string): unknown
}

export type Next = (error?: unknown) => void

export interface RequireIdentityOptions extends VerifyOptions {
  /**
   * Told of each refusal, for logs and metrics. Must not throw. The client is not told the reason, which would help
   * only a forger.
   */
  readonly onRefused?: (error: NotVerified) => void
}

// A deployment or a restart of the gateway is over in seconds; an immediate retry would only add load.
const RETRY_AFTER_S = '5'

const refuse = (response: MiddlewareResponse, error: NotVerified): void => {
  const unavailable = error.reason === 'keys-unreachable'
  response.statusCode = unavailable ? 503 : 401
  // RFC 9110 §11.6.1 wants a challenge with each 401. No registered scheme names this one, and browsers ignore it.
  if (unavailable) response.setHeader('Retry-After', RETRY_AFTER_S)
  else response.setHeader('WWW-Authenticate', 'Portcullis')
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.end(JSON.stringify({ error: unavailable ? 'identity_unavailable' : 'not_authenticated' }))
}

/**
 * Middleware for Express and Connect: sets `req.identity` and goes on, or answers 401, or 503 when the keys of the
 * gateway are unreachable. Any other error goes to `next`.
 *
 * Throws `TypeError` at once when an option is unusable, so that the application does not start without its guard.
 */
export const requireIdentity = (options: RequireIdentityOptions) => {
  const verify = createVerifier(options)
  return async (request: MiddlewareRequest, response: MiddlewareResponse, next: Next): Promise<void> => {
    try {
      request.identity = await verify(request.headers)
    } catch (error) {
      if (!(error instanceof NotVerified)) return next(error)
      refuse(response, error)
      options.onRefused?.(error)
      return
    }
    // Outside the `try`: an error of a later handler is not a refusal, and must not be answered as one.
    next()
  }
}
