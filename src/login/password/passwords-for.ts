import { unavailable } from '../../errors.ts'
import type { Exchange } from '../../exchange.ts'
import type { Standing } from '../../hashing/hash-job.ts'
import { addressSubject } from '../../limits/subject.ts'
import type { PasswordHasher } from './hasher.ts'

/**
 * The hasher, for whoever this request comes from: their network waits in a line of its own. Throws 503 when it is full.
 * @param proven What was proven besides a session: that this device or mailbox is the account's.
 */
export function passwordsFor(exchange: Exchange, proven = false): PasswordHasher {
  const { deps, client } = exchange
  const network = addressSubject(client.ip, deps.settings.config.limits.ipv6Prefix)
  const standing = standingOf(exchange, network, proven)
  return deps.hashing({ network, standing, continent: client.continent }, unavailable)
}

function standingOf({ deps, authentication }: Exchange, network: string, proven: boolean): Standing {
  if (proven || authentication.kind === 'session') return 'proven'
  return deps.homes.has(network) ? 'neighbour' : 'stranger'
}
