/** Base64url without padding (RFC 4648 §5), the spelling of every token and key in this project. */
export function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/** Strict: null for padding, white space, other alphabets or stray bits, so that one value has one spelling. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[\w-]*$/.test(text)) return null
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' })
    return toBase64Url(bytes) === text ? bytes : null
  } catch {
    return null
  }
}
