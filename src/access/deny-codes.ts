// What each reason to deny is called to the outside; for those who decide and for those who explain.
import type { ErrorCode } from '../errors.ts'
import type { DenyReason } from './decide.ts'

export const denyCodes = {
  'no-route': 'not_found',
  'not-signed-in': 'unauthenticated',
  'aal-too-low': 'step_up_required',
  'proof-too-old': 'step_up_required',
  'missing-role': 'forbidden',
} as const satisfies Record<DenyReason, ErrorCode>
