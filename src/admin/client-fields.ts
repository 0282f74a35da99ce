// A program that may ask for tokens, as the administrators' API spells it: what is shown of it, and what may be sent.
import type { ClientRecord } from '../db/queries/oauth-client-records.ts'
import type { OAuthClient } from '../db/queries/oauth-clients.ts'
import { GatewayError } from '../errors.ts'
import { reject } from '../exchange.ts'
import { type ClientRegistration, clientRegistration } from '../tokens/client-registration.ts'

const names = {
  id: 'id',
  name: 'name',
  is_first_party: 'isFirstParty',
  auth_method: 'authMethod',
  jwks: 'jwks',
  redirect_uris: 'redirectUris',
  post_logout_redirect_uris: 'postLogoutRedirectUris',
  backchannel_logout_uri: 'backchannelLogoutUri',
  grant_types: 'grantTypes',
  scopes: 'scopes',
} as const satisfies Readonly<Record<string, keyof ClientRegistration>>

type Fields = Readonly<Record<string, unknown>>

const pairs = Object.entries(names)

/** What can be sent again as it is. */
export function fieldsOf(client: OAuthClient): Fields {
  return Object.fromEntries(pairs.map(([spelling, name]) => [spelling, client[name]]))
}

export function shownClient(client: ClientRecord): Fields {
  return {
    ...fieldsOf(client),
    created_at: new Date(client.createdAtMs).toISOString(),
    sessions: client.sessions,
  }
}

/** By the rules of the command line, or 422 with a path and a reason each. */
export function registrationOf(fields: Fields): ClientRegistration {
  const unknown = Object.keys(fields).filter((spelling) => !Object.hasOwn(names, spelling))
  const given = pairs.flatMap(([spelling, name]) => (spelling in fields ? [[name, fields[spelling]] as const] : []))
  const parsed = clientRegistration.safeParse(Object.fromEntries(given))
  if (parsed.success && unknown.length === 0) return parsed.data
  const problems = parsed.success ? [] : parsed.error.issues
  throw new GatewayError({
    ...reject('invalid_input', 'client'),
    fields: [
      ...unknown.map(() => ({ path: '', reason: 'unknown field' })),
      ...problems.map(({ path: [first, ...rest], message }) => ({
        path: [spellingOf(first), ...rest].join('.'),
        reason: message,
      })),
    ],
  })
}

function spellingOf(name: PropertyKey | undefined): string {
  return pairs.find(([, known]) => known === name)?.[0] ?? ''
}
