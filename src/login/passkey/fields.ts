// What a browser sends of an authenticator (the JSON forms of WebAuthn Level 3 §5.1), bounded before anything reads it.
// Members nobody here knows are left out, not refused: the standard adds some with every level.
import { z } from 'zod'
import { returnTo } from '../return-to-field.ts'

/** Decoded and encoded again by whoever needs the bytes; here it is the alphabet and the size that count. */
const bytes = (longest: number) =>
  z
    .string()
    .min(1, 'passkey_invalid')
    .max(Math.ceil((longest * 4) / 3), 'passkey_invalid')
    .regex(/^[\w-]+$/, 'passkey_invalid')

/** The standard's own bound (§4, credential id). */
const credentialId = bytes(1023)
/** People with an authenticator of each kind have three or four. */
const transports = z.array(z.string().max(32)).max(10)

const credential = { id: credentialId, rawId: credentialId, type: z.literal('public-key', 'passkey_invalid') }

const assertion = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(4096),
    authenticatorData: bytes(4096),
    signature: bytes(1024),
    /** Some browsers say null, some an empty text, where the authenticator gave none. */
    userHandle: z
      .union([bytes(64), z.literal('')])
      .nullish()
      .transform((handle) => handle || null),
  }),
})

const attestation = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(4096),
    attestationObject: bytes(16_384),
    transports: transports.optional().catch(undefined),
  }),
})

/** A page sends it as text in a field of its form, a program as JSON in JSON. */
const orText = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (typeof value === 'string' ? parsed(value) : value), schema)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

export const assertionField = orText(assertion)
export const attestationField = orText(attestation)
export const challengeId = z.uuid('passkey_invalid')

/** What a program sends as its second factor; the challenge is known by what was signed. */
export const passkeyAnswer = z.strictObject({
  method: z.literal('passkey'),
  challenge_id: challengeId.optional(),
  response: assertionField,
})

/** What the script of a page fills in. */
export const passkeyForm = z.strictObject({ challenge_id: challengeId, response: assertionField, return_to: returnTo })

export type Assertion = z.output<typeof assertionField>
export type Attestation = z.output<typeof attestationField>

/** Somebody's own word for one of their passkeys. */
export const passkeyName = z
  .string()
  .transform((text) =>
    text
      .normalize('NFC')
      .replace(/\p{Cc}/gu, ' ')
      .trim(),
  )
  .pipe(z.string().min(1, 'name_missing').max(80, 'name_too_long'))

/** Left out, or left empty in a form: the device gives it one. */
export const optionalPasskeyName = z
  .string()
  .optional()
  .transform((text) => (text?.trim() ? text : null))
  .pipe(passkeyName.nullable())
