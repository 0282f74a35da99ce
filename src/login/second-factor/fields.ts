import { z } from 'zod'

export const factorCode = z.string().min(1, 'code_invalid').max(40, 'code_invalid')

/** What programs send; a page sends the code alone. */
export const givenFactor = z.strictObject({ method: z.enum(['totp', 'backup_code']), code: factorCode })

/** Six digits are the app's; the codes to write down are longer. */
export function kindOf(typed: string): { readonly method: 'totp' | 'backup_code' } {
  return { method: /^\d{6}$/.test(typed.replace(/\s/g, '')) ? 'totp' : 'backup_code' }
}
