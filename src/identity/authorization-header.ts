// What an Authorization header says, as far as the gateway reads it. Pure.

export type Presented =
  /** Nothing, or a scheme that is between the client and the site. */
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  /** Said to be a bearer token, and no such thing (RFC 6750 §2.1). */
  | { readonly kind: 'malformed' }
  /** Two credentials: which of them counts would be anybody's guess. */
  | { readonly kind: 'several' }

// The platform joins repeated headers with a comma (RFC 9110 §5.3), which is in no token of these schemes.
const oneToken = /^(?:bearer|basic|dpop)(?=[ \t]|$)/i
const another = /,\s*(?:bearer|basic|dpop)(?:\s|$)/i
const bearer = /^bearer[ \t]*(.*)$/is
const tokenText = /^[\w.~+/-]+=*$/

export function readAuthorization(header: string | null): Presented {
  if (header === null) return { kind: 'none' }
  if (another.test(header) || (oneToken.test(header) && header.includes(','))) return { kind: 'several' }
  if (!/^bearer(?=[ \t]|$)/i.test(header)) return { kind: 'none' }
  const token = bearer.exec(header)?.[1]?.trim() ?? ''
  return tokenText.test(token) ? { kind: 'bearer', token } : { kind: 'malformed' }
}
