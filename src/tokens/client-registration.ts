// What may be registered as a client. Whoever passes here is sent to these addresses without another look.
import { z } from 'zod'
import { ownClient, ownScope } from './access-token.ts'
import { assertionAlgorithms, readClientKeys } from './client-keys.ts'
import { knownScopes } from './person-claims.ts'
import type { JsonObject } from './strict-json.ts'

/** `localhost` is said to resolve to this machine and sometimes does not (RFC 8252 §8.3); people register it all the same. */
const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** https, http on this machine, or a scheme of an app's own, which by RFC 8252 §7.1 has a dot. */
function isReturnAddress(text: string): boolean {
  if (!/^[!-~]+$/.test(text) || !URL.canParse(text) || text.includes('#') || text.includes('\\')) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  if (url.protocol === 'http:') return loopback.has(url.hostname)
  return /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/.test(url.protocol)
}

const returnAddress = z
  .string()
  .max(1000)
  .refine(
    isReturnAddress,
    'an https address without fragment, http only for localhost, or a scheme like com.example.app:',
  )

const webAddress = z
  .string()
  .max(1000)
  .refine((text) => isReturnAddress(text) && /^https?:/.test(text), 'an https address, http only for localhost')

/** Public halves of keys that are good enough: a private one does not belong here, a shared one nowhere. */
const publicKeys = z.custom<JsonObject>().superRefine((jwks, context) => {
  const read = readClientKeys(jwks)
  if (!read.ok)
    context.addIssue(`a set of public keys (${assertionAlgorithms.join(', ')}), refused for: ${read.problem}`)
})

export const clientRegistration = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{2,62}$/, 'lower-case letters, digits and hyphens, such as "wiki"')
      .refine((id) => id !== ownClient.id, 'another id: this one is the gateway itself'),
    name: z.string().min(1).max(100),
    isFirstParty: z.boolean().default(false),
    authMethod: z.enum(['client_secret_basic', 'private_key_jwt', 'none']).default('client_secret_basic'),
    jwks: publicKeys.nullable().default(null),
    redirectUris: z.array(returnAddress).max(20).default([]),
    postLogoutRedirectUris: z.array(returnAddress).max(20).default([]),
    backchannelLogoutUri: webAddress.nullable().default(null),
    grantTypes: z
      .array(z.enum(['authorization_code', 'refresh_token']))
      .default(['authorization_code', 'refresh_token']),
    scopes: z
      .array(z.enum(knownScopes as [string, ...string[]]))
      .min(1)
      .default(ownScope.split(' ')),
  })
  .refine(({ authMethod, jwks }) => (authMethod === 'private_key_jwt') === (jwks !== null), {
    path: ['jwks'],
    message: 'a set of public keys for private_key_jwt, and for nothing else',
  })
  .refine(({ grantTypes, redirectUris }) => !grantTypes.includes('authorization_code') || redirectUris.length > 0, {
    path: ['redirectUris'],
    message: 'at least one address to come back to',
  })

export type ClientRegistration = z.output<typeof clientRegistration>
