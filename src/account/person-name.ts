import { z } from 'zod'

/** How somebody wants to be addressed: null for not at all, which is what an empty field of a form means. */
export const personName = z
  .string()
  .transform((text) => text.normalize('NFC').trim() || null)
  .pipe(z.string().max(200, 'name_too_long').nullable())
