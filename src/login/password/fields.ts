import { z } from 'zod'
import { emailAddress } from '../../users/email-address.ts'
import { loginMode } from '../mode-field.ts'
import { returnTo } from '../return-to-field.ts'

const length = { min: 8, max: 256 }

/** Characters, not UTF-16 units, counted after NFC; every character is allowed and none is asked for (NIST SP 800-63B). */
export const newPassword = z.string().superRefine((text, context) => {
  const characters = [...text.normalize('NFC')].length
  if (characters < length.min) context.addIssue({ code: 'custom', message: 'password_too_short' })
  if (characters > length.max) context.addIssue({ code: 'custom', message: 'password_too_long' })
})

/** Whatever was chosen once must be typable; the bound is for what reaches the hash. */
export const currentPassword = z.string().max(4096, 'password_too_long')

/** A form sends an empty field where a program leaves it out. */
const optionalText = (longest: number, message: string) =>
  z
    .string()
    .optional()
    .transform((text) => text?.normalize('NFC').trim() || null)
    .pipe(z.string().max(longest, message).nullable())

export const signUpFields = z.strictObject({
  email: emailAddress,
  password: newPassword,
  name: optionalText(200, 'name_too_long'),
  phone: optionalText(32, 'phone_invalid'),
  return_to: returnTo,
})

export const loginFields = z.strictObject({
  email: z.string().max(1000, 'email_invalid'),
  password: currentPassword,
  mode: loginMode,
  return_to: returnTo,
})
