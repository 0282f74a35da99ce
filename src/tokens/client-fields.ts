// What is registered of a program, in the spelling of the administrators' API and the command line, and what a change of it
// comes to before anything is written.
import type { ClientRecord } from '../db/queries/oauth-client-records.ts'
import type { OAuthClient } from '../db/queries/oauth-clients.ts'
import type { ClientRegistration } from './client-registration.ts'
import { secretFor } from './client-secret.ts'

/** By what it is called outside. */
export const clientFieldNames = {
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

export type ClientFields = Readonly<Record<string, unknown>>

/** What can be sent again as it is. */
export function fieldsOf(client: OAuthClient): ClientFields {
  return Object.fromEntries(Object.entries(clientFieldNames).map(([spelling, name]) => [spelling, client[name]]))
}

export function shownClient(client: ClientRecord): ClientFields {
  return {
    ...fieldsOf(client),
    created_at: new Date(client.createdAtMs).toISOString(),
    sessions: client.sessions,
  }
}

export interface ClientChange {
  readonly client: OAuthClient
  /** Told now and never again; null where there is none that is new. */
  readonly secret: string | null
  /** Only what changed, as text: keys and addresses, and never a secret. */
  readonly difference: { readonly before: string; readonly after: string }
}

/** A client that comes to need a secret gets one, and one that needs none any more loses it. */
export function changeOf(before: ClientRecord, after: ClientRegistration): ClientChange {
  const isSameMethod = after.authMethod === before.authMethod
  const made = isSameMethod ? null : secretFor(after)
  const client = { ...after, secretHash: isSameMethod ? before.secretHash : (made?.hash ?? null) }
  return { client, secret: made?.secret ?? null, difference: differenceOf(fieldsOf(before), fieldsOf(client)) }
}

function differenceOf(was: ClientFields, is: ClientFields): ClientChange['difference'] {
  const changed = Object.keys(is).filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]))
  const only = (fields: ClientFields): string =>
    JSON.stringify(Object.fromEntries(changed.map((name) => [name, fields[name]])))
  return { before: only(was), after: only(is) }
}
