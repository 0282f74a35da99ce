// How the holder of a token that does not count is told so, and the trail why.
import type { Rejection } from '../errors.ts'
import type { Authentication } from '../exchange.ts'
import type { DpopNonces } from './dpop.ts'
import { dpopChallenge } from './proven-key.ts'

export type RefusedToken = Omit<Authentication & { readonly kind: 'refused-token' }, 'kind'>

/** One text for whatever is wrong (RFC 6750 §3.1); what it was is for the trail, which never has the token. */
export function tokenRejection({ reason, issuer, dpopError }: RefusedToken, nonces: DpopNonces): Rejection {
  const bearer = 'Bearer error="invalid_token", error_description="The access token is not accepted"'
  const headers = dpopError === undefined ? { 'www-authenticate': bearer } : dpopChallenge(dpopError, nonces)
  const refused = { code: 'invalid_token', reason, headers } as const
  // To be asked for a newer nonce is how it goes every few minutes, and nothing for the trail.
  if (dpopError === 'use_dpop_nonce') return refused
  return { ...refused, event: { type: 'token.refused', facts: { reason, details: { issuer } } } }
}
