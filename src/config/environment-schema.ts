// The environment values of a deployment. This folder is the only place that reads them.
import { z } from 'zod'
import { fromBase64Url } from '../kit/base64url.ts'
import { tokenKeySet } from './token-keys-schema.ts'

const randomBytes = '32 random bytes in base64url (43 characters); `npm run secrets` makes one'

const secret32 = z.string().transform((text, context) => {
  const bytes = fromBase64Url(text)
  if (bytes?.length === 32) return bytes
  context.addIssue({ code: 'custom', message: randomBytes })
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

const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    context.addIssue({ code: 'custom', message: 'JSON' })
    return z.NEVER
  }
})

const keySet = json.pipe(z.looseObject({ keys: z.array(privateEs256Key).min(1) }))

const publicUrl = z.url().refine((text) => {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const isLocal = url.hostname === 'localhost' || url.hostname === '127.0.0.1'
  return url.origin === text && (url.protocol === 'https:' || isLocal)
})

const httpUrl = z.url({ protocol: /^https?$/ })

/** Also what the command that seals anew has to be given. */
export const dataKeys = z.object({
  /** Root of the keys for CSRF tokens, mailed codes, refresh tokens and what is encrypted in the database. */
  DATA_KEY: secret32.describe(randomBytes),
  DATA_KEY_PREVIOUS: secret32.optional().describe(`the DATA_KEY before the last change: ${randomBytes}`),
})

/** Each value's description is what an operator is told would be right, whatever is wrong with it. */
export const environmentSchema = z
  .looseObject({
    MODE: z.enum(['development', 'test', 'production']).describe('one of development, test, production'),
    PUBLIC_URL: publicUrl.describe(
      'the origin people see, such as "https://example.com", without a path; http only for localhost',
    ),
    DATABASE_URL: z
      .string()
      .regex(/^postgres(?:ql)?:\/\/\S+$/)
      .describe('a URL such as "postgres://user:password@host/database"'),
    DATABASE_ENDPOINT: httpUrl
      .optional()
      .describe('where Neon’s HTTP protocol is spoken, when that is not Neon itself'),
    ASSERTION_KEYS: keySet.describe(
      'a JSON Web Key Set of private ES256 keys, of which the first signs and all are published; `npm run secrets` makes one',
    ),
    TOKEN_KEYS: json
      .pipe(tokenKeySet)
      .optional()
      .describe(
        'a set of RSA keys of 2048 to 4096 bits, one of them active; `npm run secrets` makes one; no tokens are issued without it',
      ),
    ...dataKeys.shape,
    PASSWORD_PEPPER: secret32.describe(randomBytes),
    RESEND_API_KEY: z.string().min(1).optional().describe('the API key of the mail vendor'),
    POSTMARK_SERVER_TOKEN: z.string().min(1).optional().describe('the token of the Postmark server'),
    AWS_ACCESS_KEY_ID: z.string().min(1).optional().describe('the name of a key that may send by SES'),
    AWS_SECRET_ACCESS_KEY: z.string().min(1).optional().describe('the secret of that key'),
    SMTP_PASSWORD: z.string().min(1).optional().describe('the password of the mail server’s account'),
    TWILIO_ACCOUNT_SID: z
      .string()
      .regex(/^AC[0-9a-fA-F]{32}$/)
      .optional()
      .describe('the name of the Twilio account, "AC" and 32 hexadecimal digits'),
    TWILIO_AUTH_TOKEN: z.string().min(1).optional().describe('the secret of the Twilio account'),
    SMS_ENDPOINT: httpUrl.optional().describe('the address of a stand-in for the vendor of texts'),
    MAIL_ENDPOINT: httpUrl.optional().describe('the address of a stand-in for the mail vendor'),
    BREACH_LIST_ENDPOINT: httpUrl.optional().describe('the address of a stand-in for the breach list'),
    TURNSTILE_SITE_KEY: z
      .string()
      .min(1)
      .optional()
      .describe('the site key of the Turnstile widget, and its secret key with it'),
    TURNSTILE_SECRET_KEY: z.string().min(1).optional().describe('the secret key of the Turnstile widget'),
    TURNSTILE_ENDPOINT: httpUrl.optional().describe('the address of a stand-in for Turnstile'),
    BYPASS_UNTIL: z.iso
      .datetime({ offset: true })
      .transform((text) => Date.parse(text))
      .optional()
      .describe(
        'a time within the next 24 hours, such as "2026-11-21T18:00:00Z"; until then nobody is asked who they are',
      ),
    PORTCULLIS_FLAGS: z.string().optional().describe('switches such as "limit.login=shadow, method.magic-link=off"'),
    METRICS_TOKEN: z
      .string()
      .min(16)
      .optional()
      .describe('at least 16 characters; the metrics endpoint is closed without it'),
    DEV_INBOX_URL: httpUrl.optional().describe('where the stand-in for the mail vendor lists its messages'),
  })
  .readonly()

export type Environment = z.output<typeof environmentSchema>

/** What would be right for a value of the environment. */
export function expectedValue(name: string): string | undefined {
  const shape: Readonly<Record<string, z.ZodType>> = environmentSchema.unwrap().shape
  return shape[name]?.description
}
