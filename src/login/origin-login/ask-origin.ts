// Asks the site's own login, once and within a bound. A site that does not answer, or answers that it is broken, has said
// nothing about the password.
import { readBounded } from '../../kit/bounded-answer.ts'
import { type JsonObject, parseStrictObject } from '../../tokens/strict-json.ts'
import { isAccepted, nameIn } from './judge-answer.ts'
import { type TypedCredentials, questionFor } from './question.ts'
import type { OriginLogin } from './settings.ts'

export type OriginVerdict =
  | { readonly outcome: 'accepted'; readonly name: string | null }
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'unknown'; readonly reason: 'too slow' | 'unreachable' | 'bad status' }

export async function askOrigin(
  settings: OriginLogin,
  typed: TypedCredentials,
  ip: string | null,
): Promise<OriginVerdict> {
  const signal = AbortSignal.timeout(settings.timeoutMs)
  try {
    // A redirect may be how the site says yes; it is not followed.
    const response = await fetch(settings.url, { ...questionFor(settings, typed, ip), redirect: 'manual', signal })
    const { status, headers } = response
    const mayRead = settings.accepts.field !== null || settings.name !== null
    const body = mayRead ? await jsonOf(response) : null
    if (!mayRead) await response.body?.cancel()
    if (isAccepted({ status, headers, body }, settings.accepts))
      return { outcome: 'accepted', name: nameIn(body, settings.name) }
    // Too many attempts is no verdict either: they were not this person's.
    return status >= 500 || status === 429 ? { outcome: 'unknown', reason: 'bad status' } : { outcome: 'refused' }
  } catch {
    return { outcome: 'unknown', reason: signal.aborted ? 'too slow' : 'unreachable' }
  }
}

async function jsonOf(response: Response): Promise<JsonObject | null> {
  const bytes = await readBounded(response)
  return bytes === null ? null : parseStrictObject(bytes)
}
