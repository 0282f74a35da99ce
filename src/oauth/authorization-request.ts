// Reads what an application asks of the authorization endpoint. Until client and address are known to belong together,
// nobody is sent anywhere (RFC 9700 §4.11); after that every no goes back to the application.
import type { OAuthClient } from '../db/queries/oauth-clients.ts'
import { secondMs } from '../kit/duration.ts'
import { thumbprint } from '../tokens/validate-claims.ts'
import { type OAuthErrorCode, type OAuthRefusal, refuse } from './refusal.ts'

export interface AuthorizationRequest {
  readonly client: OAuthClient
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly state: string | null
  readonly nonce: string | null
  readonly codeChallenge: string
  /** The key whose proof alone redeems the code (RFC 9449 §10). */
  readonly dpopKey: string | null
  readonly prompt: readonly string[]
  readonly maxAgeMs: number | null
  /** Assurance levels the application would like, by preference (`acr_values`); those nobody here knows are left out. */
  readonly levels: readonly AssuranceLevel[]
  /** When this server sent the person to sign in anew for this very request. */
  readonly askedAtMs: number | null
  /** When it asked for a second factor for this very request. */
  readonly factorAskedAtMs: number | null
}

/** As `acr` spells them. */
export const assuranceLevels = { aal1: 1, aal2: 2 } as const

export type AssuranceLevel = (typeof assuranceLevels)[keyof typeof assuranceLevels]

/** Where an answer may go. */
export interface ReturnAddress {
  readonly redirectUri: string
  readonly state: string | null
}

export type ReadRequest =
  | { readonly outcome: 'request'; readonly request: AuthorizationRequest }
  | { readonly outcome: 'refused'; readonly refusal: OAuthRefusal; readonly to: ReturnAddress }
  /** To be told to the person here. */
  | { readonly outcome: 'nowhere'; readonly reason: string }

const prompts = ['none', 'login', 'consent', 'select_account']
const longestText = 1000
const visible = /^[!-~ ]*$/

export function clientIdOf(query: URLSearchParams): string | null {
  const ids = query.getAll('client_id')
  return ids.length === 1 ? (ids[0] ?? null) : null
}

/** Compared whole, byte for byte: no prefix, no pattern, no port of one's own choice. */
export function readAuthorizationRequest(query: URLSearchParams, client: OAuthClient | null): ReadRequest {
  if (client === null) return { outcome: 'nowhere', reason: 'no such client' }
  const redirectUris = query.getAll('redirect_uri')
  const [redirectUri] = redirectUris
  if (redirectUri === undefined || redirectUris.length > 1 || !client.redirectUris.includes(redirectUri))
    return { outcome: 'nowhere', reason: 'address not registered' }
  const states = query.getAll('state')
  const to = { redirectUri, state: states.length === 1 ? (states[0] ?? null) : null }
  const problem = problemOf(query, client)
  if (problem !== null) return { outcome: 'refused', refusal: refuse(...problem), to }
  const single = (name: string): string | null => query.get(name) || null
  return {
    outcome: 'request',
    request: {
      ...to,
      client,
      scopes: scopesOf(query, client),
      nonce: single('nonce'),
      codeChallenge: single('code_challenge') ?? '',
      dpopKey: single('dpop_jkt'),
      prompt: wordsOf(query, 'prompt'),
      maxAgeMs: msOf(single('max_age')),
      levels: levelsOf(query),
      askedAtMs: msOf(single('asked_at')),
      factorAskedAtMs: msOf(single('factor_asked_at')),
    },
  }
}

type Check = (query: URLSearchParams, client: OAuthClient) => boolean

/** The first that applies is told. */
const problems: readonly (readonly [applies: Check, error: OAuthErrorCode, reason: string])[] = [
  [hasRepeats, 'invalid_request', 'a parameter more than once'],
  [(query) => query.has('request') || query.has('request_uri'), 'invalid_request', 'request objects'],
  [(query) => !query.has('response_type'), 'invalid_request', 'no response type'],
  [(query) => query.get('response_type') !== 'code', 'unsupported_response_type', 'response type'],
  [(query) => (query.get('response_mode') ?? 'query') !== 'query', 'invalid_request', 'response mode'],
  [(_, client) => !client.grantTypes.includes('authorization_code'), 'unauthorized_client', 'grant type'],
  // S256 always: a request without a challenge could be finished by whoever catches the code.
  [(query) => query.get('code_challenge_method') !== 'S256', 'invalid_request', 'challenge method'],
  [(query) => !/^[\w-]{43}$/.test(query.get('code_challenge') ?? ''), 'invalid_request', 'code challenge'],
  [hasOddThumbprint, 'invalid_request', 'dpop_jkt'],
  [(query) => !isPlain(query.get('state')) || !isPlain(query.get('nonce')), 'invalid_request', 'state or nonce'],
  [hasOddPrompt, 'invalid_request', 'prompt'],
  [(query) => !/^\d{0,9}$/.test(query.get('max_age') ?? ''), 'invalid_request', 'max_age'],
  [(query) => !/^\d{0,10}$/.test(query.get('asked_at') ?? ''), 'invalid_request', 'asked_at'],
  [(query) => !/^\d{0,10}$/.test(query.get('factor_asked_at') ?? ''), 'invalid_request', 'factor_asked_at'],
  [(query, client) => scopesOf(query, client).length === 0, 'invalid_scope', 'nothing that may be given'],
]

function problemOf(query: URLSearchParams, client: OAuthClient): readonly [OAuthErrorCode, string] | null {
  const [, error, reason] = problems.find(([applies]) => applies(query, client)) ?? []
  return error === undefined || reason === undefined ? null : [error, reason]
}

/** Which of two would count is anybody's guess (RFC 6749 §3.1). */
export function hasRepeats(query: URLSearchParams): boolean {
  const names = [...query.keys()]
  return new Set(names).size < names.length
}

function hasOddPrompt(query: URLSearchParams): boolean {
  const values = wordsOf(query, 'prompt')
  return !values.every((value) => prompts.includes(value)) || (values.includes('none') && values.length > 1)
}

/** Passed over, it would leave a code free that its client believes to be bound. */
function hasOddThumbprint(query: URLSearchParams): boolean {
  const jkt = query.get('dpop_jkt') ?? ''
  return jkt !== '' && !thumbprint.test(jkt)
}

function isPlain(text: string | null): boolean {
  return text === null || (text.length <= longestText && visible.test(text))
}

/** What is not known or not registered is left out, and the answer says what was given (RFC 6749 §3.3). */
function scopesOf(query: URLSearchParams, client: OAuthClient): readonly string[] {
  const asked = new Set((query.get('scope') ?? '').split(' '))
  return client.scopes.filter((scope) => asked.has(scope))
}

/** What is not known here is a wish that cannot be met, and no reason to say no (OpenID Connect Core §3.1.2.1). */
function levelsOf(query: URLSearchParams): readonly AssuranceLevel[] {
  const known = new Map<string, AssuranceLevel>(Object.entries(assuranceLevels))
  return wordsOf(query, 'acr_values').flatMap((value) => known.get(value) ?? [])
}

function wordsOf(query: URLSearchParams, name: string): readonly string[] {
  return (query.get(name) ?? '').split(' ').filter((word) => word !== '')
}

function msOf(seconds: string | null): number | null {
  return seconds === null ? null : Number(seconds) * secondMs
}
