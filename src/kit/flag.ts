// One way to switch anything that decides: a rule, a lock, a way to sign in, a detector. Pure.
import { hashOf } from './hash.ts'

/** `shadow` decides and counts and keeps nobody out; a share enforces for that part of the subjects and watches the rest. */
export type FlagState = 'off' | 'shadow' | 'enforce' | { readonly enforcePercent: number }

/** The same subjects always, so that nobody's limits come and go; others for each name, so that nobody has all of them. */
export function stateFor(state: FlagState, name: string, subject: string): 'off' | 'shadow' | 'enforce' {
  if (typeof state !== 'object') return state
  return hashOf(`${name} ${subject}`) % 100 < state.enforcePercent ? 'enforce' : 'shadow'
}
