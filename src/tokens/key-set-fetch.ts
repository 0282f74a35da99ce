// Gets what an issuer publishes: within bounds of size and time, from the configured addresses only, as JSON and nothing else.
import { readBounded } from '../kit/bounded-answer.ts'
import { type Result, fail, succeed } from '../kit/result.ts'
import { parseStrictObject } from './strict-json.ts'

export type FetchFault = 'unreachable' | 'too slow' | 'redirect' | 'bad status' | 'not JSON' | 'too large' | 'discovery'

export interface PublishedAt {
  readonly issuer: string
  readonly jwksUrl: string | null
}

interface FetchOptions {
  /** What discovery said the last time. */
  readonly knownUrl: string | null
  /** One bound for both questions. */
  readonly timeoutMs: number
  /** Told of every request before it is made. */
  readonly onRequest: () => void
}

/** The bytes of the key set, and where they were. */
export async function fetchKeySet(
  { issuer, jwksUrl }: PublishedAt,
  { knownUrl, timeoutMs, onRequest }: FetchOptions,
): Promise<Result<{ readonly bytes: Uint8Array; readonly url: string }, FetchFault>> {
  const signal = AbortSignal.timeout(timeoutMs)
  const ask: Ask = (url) => {
    onRequest()
    return get(url, signal)
  }
  const url = jwksUrl ?? knownUrl ?? (await discover(issuer, ask))
  if (typeof url !== 'string') return fail(url.fault)
  const got = await ask(url)
  return got.ok ? succeed({ bytes: got.value, url }) : got
}

type Ask = (url: string) => Promise<Result<Uint8Array, FetchFault>>

/** A document that is about another issuer is not this one's (OpenID Connect Discovery 1.0 §4.3). */
async function discover(issuer: string, ask: Ask): Promise<string | { readonly fault: FetchFault }> {
  const got = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  if (!got.ok) return { fault: got.problem }
  const document = parseStrictObject(got.value)
  const url = document?.['jwks_uri']
  if (document?.['issuer'] !== issuer || typeof url !== 'string' || !URL.canParse(url)) return { fault: 'discovery' }
  // Never less protected than what named it.
  return new URL(url).protocol === 'https:' || issuer.startsWith('http:') ? url : { fault: 'discovery' }
}

async function get(url: string, signal: AbortSignal): Promise<Result<Uint8Array, FetchFault>> {
  try {
    const headers = { accept: 'application/jwk-set+json, application/json' }
    // A redirect would let whoever can make the issuer redirect choose the keys.
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    const fault = faultOfAnswer(response)
    if (fault === null) {
      const bytes = await readBounded(response)
      return bytes === null ? fail('too large') : succeed(bytes)
    }
    await response.body?.cancel()
    return fail(fault)
  } catch {
    return fail(signal.aborted ? 'too slow' : 'unreachable')
  }
}

/** Why an answer is not to be read at all: for whoever asks a provider something. */
export function faultOfAnswer({ status, headers }: Response): FetchFault | null {
  if (status >= 300 && status < 400) return 'redirect'
  if (status !== 200) return 'bad status'
  const type = headers.get('content-type') ?? ''
  return /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i.test(type) ? null : 'not JSON'
}
