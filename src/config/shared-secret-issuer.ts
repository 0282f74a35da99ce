// The row of an issuer whose tokens are signed with a secret it shares with the gateway (HS256): for the time of a
// migration. It has an end, a secret that stands in the environment, and neither keys nor algorithms to choose.
import { z } from 'zod'
import { fromBase64Url } from '../kit/base64url.ts'
import type { SharedSecret, TrustedIssuer } from '../tokens/trusted-issuer.ts'
import { issuerOptions, plainIssuer, trustedIssuer } from './issuer-schema.ts'
import type { ConfigProblem } from './problems.ts'

/** RFC 7518 §3.2: a key as long as the hash, or longer. */
const leastBytes = 32
const { algorithms: _, ...options } = issuerOptions
const { audiences, audienceClaim, tokenType } = plainIssuer.shape

export const sharedSecretIssuer = z
  .strictObject({
    preset: z.literal('hs256'),
    /** Any name, as nothing is fetched from it; without `#`, which ends it where its users are named. */
    issuer: z.string().regex(/^[^\s#\p{Cc}]{1,255}$/u, 'what `iss` says: a text without spaces and "#"'),
    secret: z.string(),
    /** How the secret is written down. */
    secretEncoding: z.enum(['text', 'base64', 'base64url']).default('text'),
    /** When it ends by itself. */
    until: z
      .union([z.iso.datetime({ offset: true }), z.iso.date()], {
        error: 'the end of the migration, such as "2027-03-31" (0:00 UTC) or "2027-03-31T18:00:00Z"',
      })
      .transform((text) => Date.parse(text)),
    audiences,
    audienceClaim,
    tokenType,
    ...options,
  })
  .transform((row, context): TrustedIssuer => {
    const bytes = looksPublic(row.secret) ? null : decoded(row.secret, row.secretEncoding)
    if (bytes === null || bytes.length < leastBytes) {
      const message = `a secret of at least ${leastBytes} bytes in the given \`secretEncoding\`, and no public key`
      context.addIssue({ code: 'custom', path: ['secret'], message })
      return z.NEVER
    }
    const { issuer } = row
    const facts = { issuer, jwksUrl: null, algorithms: [], audiences: row.audiences }
    const sharedSecret: SharedSecret = { bytes, untilMs: row.until }
    return {
      ...trustedIssuer({ ...facts, audienceClaim: row.audienceClaim, tokenType: row.tokenType }, row),
      sharedSecret,
    }
  })

/** What others may know is no secret: a key in PEM or a JWK here is the confusion CVE-2015-9235 is about. */
function looksPublic(secret: string): boolean {
  return /-----BEGIN|^\s*\{|^ssh-/.test(secret)
}

function decoded(secret: string, encoding: 'text' | 'base64' | 'base64url'): Uint8Array<ArrayBuffer> | null {
  if (encoding === 'text') return new Uint8Array(new TextEncoder().encode(secret))
  if (encoding === 'base64url') return fromBase64Url(secret)
  return fromBase64Url(secret.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))
}

/** A secret that stands in the file itself is in every copy of it. Looked at before the environment is put in. */
export function writtenSecrets(issuers: unknown): readonly ConfigProblem[] {
  if (!Array.isArray(issuers)) return []
  return (issuers as readonly unknown[]).flatMap((row, index) =>
    typeof row === 'object' && row !== null && 'secret' in row && typeof row.secret === 'string'
      ? [
          {
            field: `gateway.config.ts: issuers[${index}].secret`,
            found: 'a text',
            expected: "the name of an environment value: { env: 'NAME' }",
          },
        ]
      : [],
  )
}
