// What passkeys of this site are bound to: a domain, and the one origin that may ask for them.
import type { Settings } from '../../config/settings.ts'
import { derivedKey } from '../../sessions/csrf.ts'

export interface PasskeySite {
  /** The RP ID: authenticators offer a passkey to this domain and its subdomains alone. */
  readonly domain: string
  readonly origin: string
  /** Of the passkeys that accounts without any seem to have. From the pepper: a change of them would tell. */
  readonly decoyKey: Uint8Array
}

/** Null where the site wants no passkeys. */
export function createPasskeySite({ config, environment }: Settings): PasskeySite | null {
  if (!config.login.passkeys) return null
  const origin = environment.PUBLIC_URL
  return {
    domain: config.login.passkeyDomain ?? new URL(origin).hostname,
    origin,
    decoyKey: derivedKey(environment.PASSWORD_PEPPER, 'passkey decoys'),
  }
}
