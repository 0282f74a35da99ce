// What people give back of a mail: the token of its link, or their address and the code in it.
import { z } from 'zod'

export const mailedToken = z.string().regex(/^[\w-]{43}$/, 'token_invalid')

/** People type spaces into long numbers. */
export const typedCode = z
  .string()
  .max(32, 'code_invalid')
  .transform((text) => text.replace(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'code_invalid'))
