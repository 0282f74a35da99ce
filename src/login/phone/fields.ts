import { z } from 'zod'

/** Read by the site's plan later; here only bounded. */
export const typedPhone = z.string().min(1, 'phone_invalid').max(40, 'phone_invalid')
