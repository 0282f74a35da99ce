// What an Authorization header says, as far as the gateway reads it. Pure.

export type TokenScheme = 'bearer' | 'dpop'

export type Presented =
  /** Nothing, or a scheme that is between the client and the site. */
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  /** Comes with a proof of its key (RFC 9449 §7.1). */
  | { readonly kind: 'dpop'; readonly token: string }
  /** Said to be a token of that scheme, and no such thing (RFC 6750 §2.1). */
  | { readonly kind: 'malformed'; readonly scheme: TokenScheme }
  /** Two credentials: which of them counts would be anybody's guess. */
  | { readonly kind: 'several' }

// The platform joins repeated headers with a comma (RFC 9110 §5.3), which is in no token of these schemes.
const oneToken = /^(?:bearer|basic|dpop)(?=[ \t]|$)/i
const another = /,\s*(?:bearer|basic|dpop)(?:\s|$)/i
const schemes: readonly (readonly [kind: TokenScheme, pattern: RegExp])[] = [
  ['bearer', /^bearer(?=[ \t]|$)[ \t]*(.*)$/is],
  ['dpop', /^dpop(?=[ \t]|$)[ \t]*(.*)$/is],
]
const tokenText = /^[\w.~+/-]+=*$/

export function readAuthorization(header: string | null): Presented {
  if (header === null) return { kind: 'none' }
  if (header.includes(',') && (another.test(header) || oneToken.test(header))) return { kind: 'several' }
  for (const [kind, pattern] of schemes) {
    const token = pattern.exec(header)?.[1]?.trim()
    if (token !== undefined) return tokenText.test(token) ? { kind, token } : { kind: 'malformed', scheme: kind }
  }
  return { kind: 'none' }
}
