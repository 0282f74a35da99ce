import { unavailable } from '../../errors.ts'
import type { Exchange } from '../../exchange.ts'
import { addressSubject } from '../../limits/subject.ts'
import type { PasswordHasher } from './hasher.ts'

/** The hasher, for whoever this request comes from: their network waits in a line of its own. Throws 503 when it is full. */
export function passwordsFor({ deps: { hashing, settings }, client: { ip, continent } }: Exchange): PasswordHasher {
  return hashing({ network: addressSubject(ip, settings.config.limits.ipv6Prefix), continent }, unavailable)
}
