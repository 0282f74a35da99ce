// How an e-mail address and a password are put to the site's own login. Pure.
import { toBase64 } from '../../kit/base64url.ts'
import type { OriginLogin } from './settings.ts'

export interface TypedCredentials {
  readonly email: string
  readonly password: string
}

export function questionFor(
  { method, send, body, headers }: OriginLogin,
  typed: TypedCredentials,
  ip: string | null,
): RequestInit {
  const shared = {
    accept: 'application/json, text/html;q=0.5',
    // Else the site would count everybody's attempts as ours.
    ...(ip === null ? {} : { 'x-forwarded-for': ip }),
    ...headers,
  }
  switch (send) {
    case 'basic': {
      const authorization = `Basic ${toBase64(`${typed.email}:${typed.password}`)}`
      return { method, headers: { ...shared, authorization } }
    }
    case 'form': {
      const fields = Object.entries(body).map(([name, value]) => [name, String(filled(value, typed))])
      return { method, headers: shared, body: new URLSearchParams(fields) }
    }
    case 'json':
      return {
        method,
        headers: { ...shared, 'content-type': 'application/json' },
        body: JSON.stringify(filled(body, typed)),
      }
  }
}

/** In one go: a password that looks like a placeholder is a password. */
function filled(value: unknown, typed: TypedCredentials): unknown {
  if (typeof value === 'string')
    return value.replace(/\{(email|password)\}/g, (_, name: keyof TypedCredentials) => typed[name])
  if (Array.isArray(value)) return value.map((one) => filled(one, typed))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, filled(inner, typed)]))
}
