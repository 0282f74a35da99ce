// Which registered program is asking, and has it proven that? One method a client, the one it was registered with.
import { type OAuthClient, findOAuthClient, oauthClient } from '../db/queries/oauth-clients.ts'
import type { Exchange } from '../exchange.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import { hashSecret, isSameHash } from '../sessions/token.ts'
import { ownClient, ownScope } from '../tokens/access-token.ts'
import { assertionIssuer, faultInAssertion } from './client-assertion.ts'
import { limitedClient } from './limited-client.ts'
import { type OAuthRefusal, refuse } from './refusal.ts'
import { refusedClient } from './refused-client.ts'

export type Parameters = Readonly<Record<string, string>>

/** The gateway's own API as a client: refreshes what a login by it was given, and nothing else. */
const own: OAuthClient = {
  ...ownClient,
  name: 'Portcullis',
  authMethod: 'none',
  secretHash: null,
  jwks: null,
  redirectUris: [],
  postLogoutRedirectUris: [],
  backchannelLogoutUri: null,
  grantTypes: ['refresh_token'],
  scopes: ownScope.split(' '),
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const noSecret = hashSecret('the secret of no client')

type Proof =
  | { readonly method: 'client_secret_basic'; readonly clientId: string; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly clientId: string; readonly assertion: string }
  | { readonly method: 'none'; readonly clientId: string }

export async function authenticateClient(
  exchange: Exchange,
  parameters: Parameters,
): Promise<Result<OAuthClient, OAuthRefusal>> {
  const header = exchange.request.headers.get('authorization')
  const proof = proofOf(header, parameters)
  if (!proof.ok) return fail(refusedClient(exchange, null, proof.problem))
  const client = await findClient(exchange, proof.value.clientId)
  const fault = await faultInProof(exchange, client, proof.value)
  if (client !== null && fault === null) {
    await limitedClient(exchange, client)
    return succeed(client)
  }
  // RFC 6749 §5.2: a client that tried the header is told which scheme would be right.
  const challenge = header === null ? undefined : { 'www-authenticate': 'Basic realm="portcullis"' }
  const reason = `${proof.value.method}: ${client === null ? 'no such client' : fault}`
  return fail(refusedClient(exchange, client?.id ?? null, refuse('invalid_client', reason, challenge)))
}

export async function findClient({ database }: Exchange, id: string): Promise<OAuthClient | null> {
  if (id === own.id) return own
  const [row] = await database.read(findOAuthClient(id))
  return row === undefined ? null : oauthClient(row)
}

function proofOf(header: string | null, parameters: Parameters): Result<Proof, OAuthRefusal> {
  const { client_id: named, client_assertion: assertion, client_secret: secret } = parameters
  if ([header, assertion, secret].filter((way) => way !== null && way !== undefined).length > 1)
    return fail(refuse('invalid_request', 'several ways of client authentication'))
  if (secret !== undefined) return fail(refuse('invalid_client', 'a secret in the body'))
  const proof = header === null ? byBody(parameters) : byHeader(header)
  if (proof === null) return fail(refuse('invalid_client', 'malformed client authentication'))
  if (named !== undefined && named !== proof.clientId) return fail(refuse('invalid_request', 'two client ids'))
  return succeed(proof)
}

function byBody({
  client_id: named,
  client_assertion: assertion,
  client_assertion_type: type,
}: Parameters): Proof | null {
  if (assertion === undefined) return { method: 'none', clientId: named ?? own.id }
  const clientId = type === assertionType ? assertionIssuer(assertion) : null
  return clientId === null ? null : { method: 'private_key_jwt', clientId, assertion }
}

/** Id and secret are form-encoded before they are joined (RFC 6749 §2.3.1). */
function byHeader(header: string): Proof | null {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header) ?? []
  if (encoded === undefined) return null
  try {
    const text = new TextDecoder().decode(Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)))
    const colon = text.indexOf(':')
    if (colon === -1) return null
    const [clientId, secret] = [text.slice(0, colon), text.slice(colon + 1)].map((part) =>
      decodeURIComponent(part.replaceAll('+', ' ')),
    )
    return clientId && secret ? { method: 'client_secret_basic', clientId, secret } : null
  } catch {
    return null
  }
}

async function faultInProof(exchange: Exchange, client: OAuthClient | null, proof: Proof): Promise<string | null> {
  if (client !== null && client.authMethod !== proof.method) return 'registered for another way'
  switch (proof.method) {
    case 'client_secret_basic':
      // Compared for unknown clients too: which ids exist is not told by time.
      return isSameHash(hashSecret(proof.secret), client?.secretHash ?? noSecret) ? null : 'wrong secret'
    case 'private_key_jwt':
      return client === null ? null : faultInAssertion(exchange, client, proof.assertion)
    case 'none':
      return null
  }
}
