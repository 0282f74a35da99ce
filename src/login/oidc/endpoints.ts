// Where a provider is asked: as configured, or as its discovery document says, which is kept for a while. A document that
// names another issuer, or a place less protected than itself, is none.
import { minuteMs } from '../../kit/duration.ts'
import { type Result, fail, succeed } from '../../kit/result.ts'
import type { JsonObject } from '../../tokens/strict-json.ts'
import { askForObject } from './ask.ts'
import type { OidcEndpoints, OidcProvider, ProviderFault } from './provider.ts'

const keptMs = 10 * minuteMs

export type FindEndpoints = () => Promise<Result<OidcEndpoints, ProviderFault>>

/** Each request that finds none asks for itself: it must not wait for another's question, and there are few. */
export function createEndpoints({ rules: { issuer }, endpoints }: OidcProvider, now: () => number): FindEndpoints {
  if (endpoints !== null) return async () => succeed(endpoints)
  let kept: { readonly endpoints: OidcEndpoints; readonly atMs: number } | null = null
  return async () => {
    if (kept !== null && now() - kept.atMs < keptMs) return succeed(kept.endpoints)
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const asked = await askForObject({ about: 'discovery', url })
    if (!asked.ok) return asked
    const read = endpointsOf(asked.value, issuer)
    if (read === null) return fail({ reason: 'discovery: not its own' })
    kept = { endpoints: read, atMs: now() }
    return succeed(read)
  }
}

/** OpenID Connect Discovery 1.0 §4.3: the issuer has to be the one that was asked, character by character. */
export function endpointsOf(document: JsonObject, issuer: string): OidcEndpoints | null {
  const [authorization, token] = [document['authorization_endpoint'], document['token_endpoint']]
  const userinfo = document['userinfo_endpoint'] ?? null
  if (document['issuer'] !== issuer || !isPlace(authorization, issuer) || !isPlace(token, issuer)) return null
  if (userinfo !== null && !isPlace(userinfo, issuer)) return null
  const namesIssuer = document['authorization_response_iss_parameter_supported'] === true
  return { authorization, token, userinfo, namesIssuer }
}

function isPlace(value: unknown, issuer: string): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, username, hash } = new URL(value)
  return (
    (protocol === 'https:' || (protocol === 'http:' && issuer.startsWith('http:'))) && username === '' && hash === ''
  )
}
