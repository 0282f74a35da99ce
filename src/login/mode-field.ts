import { z } from 'zod'

/** A cookie unless a program asks for tokens. */
export const loginMode = z.enum(['cookie', 'token']).default('cookie')
