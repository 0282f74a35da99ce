import { z } from 'zod'
import { parseReturnTo } from '../access/return-to.ts'

/** What is not a path on this site counts as absent: a bad link must not keep anybody from signing in. */
export const returnTo = z
  .string()
  .optional()
  .transform((text) => parseReturnTo(text))
