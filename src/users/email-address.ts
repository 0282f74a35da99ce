// An e-mail address as it is stored and looked up: one spelling for one mailbox, before anything is decided about it.
import { z } from 'zod'

const longest = 254

/** NFKC first, so that a full-width `＠` cannot pass a check and become an `@` later; then exactly one plain address. */
export const emailAddress = z
  .string()
  .max(1000, 'email_invalid')
  .transform((text) => text.normalize('NFKC').trim())
  .pipe(z.email('email_invalid').max(longest, 'email_invalid'))
  .transform((text) => text.toLowerCase())

/** Enough for its owner to recognise: how it begins, and where the mailbox is. */
export function maskedEmail(email: string): string {
  const at = email.lastIndexOf('@')
  return `${[...email.slice(0, at)][0] ?? ''}…${email.slice(at)}`
}
