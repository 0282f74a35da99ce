// The environment values of a deployment. This folder is the only place that reads them.
import { z } from 'zod'
import { fromBase64Url } from '../kit/base64url.ts'

const secret32 = z.string().transform((text, context) => {
  const bytes = fromBase64Url(text)
  if (bytes?.length === 32) return bytes
  context.addIssue({
    code: 'custom',
    message: '32 random bytes in base64url (43 characters); `npm run secrets` makes one',
  })
  return z.NEVER
})

const privateEs256Key = z.looseObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  kid: z.string().min(1),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})

const keySet = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue({ code: 'custom', message: 'a JSON Web Key Set; `npm run secrets` makes one' })
      return z.NEVER
    }
  })
  .pipe(z.looseObject({ keys: z.array(privateEs256Key).min(1) }))

const publicUrl = z.url().refine((text) => {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const isLocal = url.hostname === 'localhost' || url.hostname === '127.0.0.1'
  return url.origin === text && (url.protocol === 'https:' || isLocal)
}, 'the origin people see, such as "https://example.com", without a path; http only for localhost')

const httpUrl = z.url({ protocol: /^https?$/ })

export const environmentSchema = z
  .looseObject({
    MODE: z.enum(['development', 'test', 'production']),
    PUBLIC_URL: publicUrl,
    DATABASE_URL: z
      .string()
      .regex(/^postgres(?:ql)?:\/\/\S+$/, 'a URL such as "postgres://user:password@host/database"'),
    /** Where Neon's HTTP protocol is spoken, when that is not Neon itself. */
    DATABASE_ENDPOINT: httpUrl.optional(),
    /** Private ES256 keys; the first signs, all are published. */
    ASSERTION_KEYS: keySet,
    /** Root of the keys for CSRF tokens and mailed codes. */
    DATA_KEY: secret32,
    PASSWORD_PEPPER: secret32,
    RESEND_API_KEY: z.string().min(1),
    /** A stand-in for Resend's API. */
    MAIL_ENDPOINT: httpUrl.optional(),
    /** Bearer secret of the metrics endpoint, which is closed without it. */
    METRICS_TOKEN: z.string().min(16, 'at least 16 characters').optional(),
    DEV_INBOX_URL: httpUrl.optional(),
  })
  .readonly()

export type Environment = z.output<typeof environmentSchema>
