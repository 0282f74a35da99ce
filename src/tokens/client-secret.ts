// The secret of a program that proves itself by one: told once, stored as a hash.
import { randomToken } from '../kit/random.ts'
import { hashSecret } from '../sessions/token.ts'
import type { ClientRegistration } from './client-registration.ts'

export interface ClientSecret {
  readonly secret: string
  readonly hash: string
}

export function newClientSecret(): ClientSecret {
  const secret = randomToken(32)
  return { secret, hash: hashSecret(secret) }
}

/** Null for clients that prove themselves otherwise, or not at all. */
export function secretFor({ authMethod }: Pick<ClientRegistration, 'authMethod'>): ClientSecret | null {
  return authMethod === 'client_secret_basic' ? newClientSecret() : null
}
