// What an authorization code is known by. One that was asked for with a key (`dpop_jkt`, RFC 9449 §10) is known by code and
// key together, so that without a proof of that key there is no such code: neither to spend nor to take back.
import { hashSecret } from '../sessions/token.ts'

export function codeHash(code: string, dpopKey: string | null): string {
  // No code has a dot in it, so one with a key is never taken for another without.
  return hashSecret(dpopKey === null ? code : `${code}.${dpopKey}`)
}

/** What a presented code may be known by: a client that proves a key need not have announced it. */
export function codeHashesFor(code: string, provenKey: string | null): readonly string[] {
  const free = codeHash(code, null)
  return provenKey === null ? [free] : [free, codeHash(code, provenKey)]
}
