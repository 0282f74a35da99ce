// What all endpoints have in common that programs call: OAuth's own form of errors, and scripts of any origin may call,
// as nothing here goes by a cookie.
import { DatabaseUnavailable } from '../db/database.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, putOnRecord } from '../exchange.ts'
import { type OAuthRefusal, refusalResponse, refuse } from './refusal.ts'

/** Below the base path. What comes here proves itself by what it carries; cookies and CSRF tokens mean nothing. */
export const endpointPaths = {
  token: '/oauth/token',
  introspect: '/oauth/introspect',
  revoke: '/oauth/revoke',
  userinfo: '/oauth/userinfo',
} as const

/** Pages that applications send a browser to, by a link or a form of theirs; see restate.ts. */
export const frontPaths = { authorize: '/oauth/authorize', logout: '/oauth/logout' } as const

const programPaths: readonly string[] = Object.values(endpointPaths)
const openPaths: readonly string[] = [...programPaths, ...Object.values(frontPaths)]

/** Whether programs alone come there, and what they show is judged there. */
export function isProgramEndpoint(path: string, basePath: string): boolean {
  return programPaths.some((own) => path === basePath + own)
}

/** Whether pages of others may post to it: what comes proves itself by what it carries, or is not acted on. */
export function isOpenToOthers(path: string, basePath: string): boolean {
  return openPaths.some((open) => path === basePath + open)
}

const forAnyOrigin = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'www-authenticate, dpop-nonce, x-request-id, retry-after',
}

/** `run` answers or says no; what breaks is answered as OAuth clients understand it. */
export async function answerProgram(
  exchange: Exchange,
  run: () => Promise<Response | OAuthRefusal>,
): Promise<Response> {
  const outcome = await run().catch(refusalOf)
  if ('event' in outcome) await putOnRecord(exchange, outcome.event)
  const response = outcome instanceof Response ? outcome : refusalResponse(exchange, outcome)
  for (const [name, value] of Object.entries(forAnyOrigin)) response.headers.set(name, value)
  return response
}

function refusalOf(error: unknown): OAuthRefusal {
  if (error instanceof DatabaseUnavailable) return refuse('temporarily_unavailable', error.message)
  if (error instanceof GatewayError && error.rejection.code === 'unavailable')
    return refuse('temporarily_unavailable', error.rejection.reason)
  throw error
}

export function answerPreflight(): Response {
  const allowed = {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type, dpop',
  }
  return new Response(null, { status: 204, headers: { ...forAnyOrigin, ...allowed, 'access-control-max-age': '600' } })
}

/** The parameters of a form, each at most once and none empty (RFC 6749 §3.2: an empty one counts as absent). */
export function formParameters({ body }: Exchange): Readonly<Record<string, string>> | null {
  if (body.kind !== 'form' || body.hasRepeats) return null
  const given = Object.entries(body.fields).filter(([, value]) => value !== '')
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}
