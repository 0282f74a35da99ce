// The limits there are, one row each.
import { hourMs, minuteMs } from '../kit/duration.ts'
import type { LimitRule } from './window.ts'

export const limitRules = {
  login: { id: 'login', limit: 5, windowMs: minuteMs },
  signUp: { id: 'sign-up', limit: 10, windowMs: hourMs },
  /** Everything that sends a mail to an address somebody typed. */
  mailedQuestion: { id: 'mailed-question', limit: 5, windowMs: minuteMs },
  ownPassword: { id: 'own-password', limit: 10, windowMs: hourMs },
  secondFactor: { id: 'second-factor', limit: 10, windowMs: minuteMs },
  codeByAddress: { id: 'mail-code', limit: 10, windowMs: minuteMs },
} as const satisfies Record<string, LimitRule>
