// How the holder of a token that does not count is told so.
import type { Rejection } from '../errors.ts'
import type { Authentication } from '../exchange.ts'
import type { DpopNonces } from './dpop.ts'
import { dpopChallenge } from './proven-key.ts'

/** One text for whatever is wrong (RFC 6750 §3.1); what it was is for the trail. */
export function tokenRejection(
  { reason, dpopError }: Authentication & { readonly kind: 'refused-token' },
  nonces: DpopNonces,
): Rejection {
  const bearer = 'Bearer error="invalid_token", error_description="The access token is not accepted"'
  const headers = dpopError === undefined ? { 'www-authenticate': bearer } : dpopChallenge(dpopError, nonces)
  return { code: 'invalid_token', reason, headers }
}
