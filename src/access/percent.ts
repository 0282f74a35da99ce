// Percent-decoding of text that may hold lone '%' signs. Decides nothing; the callers do.

const escapeRuns = /(?:%[0-9A-Fa-f]{2})+/g

/**
 * Decodes every well-formed escape once and leaves a lone '%' alone, as double-decoding servers do.
 * `null` when the bytes are not UTF-8: decodeURIComponent refuses overlong forms, surrogates and anything above
 * U+10FFFF (RFC 3629 §3), which is exactly the set that lenient decoders turn into '/' or '.'.
 */
export function decodeEscapes(text: string): string | null {
  try {
    return text.replace(escapeRuns, (run) => decodeURIComponent(run))
  } catch {
    return null
  }
}
