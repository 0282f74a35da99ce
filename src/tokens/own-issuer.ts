// This gateway as an issuer it trusts: its rules, its keys without a fetch, and whose sessions its tokens speak for.
import { secondMs } from '../kit/duration.ts'
import type { FindPerson } from '../identity/bearer-token.ts'
import type { SessionGate } from '../sessions/gate.ts'
import { accessTokenLifetimeS } from './access-token.ts'
import { type VerificationKey, findKey, parseKeySet } from './key-set.ts'
import type { KeySource } from './key-sets.ts'
import type { TokenSigner } from './signing-keys.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'
import type { Trusted } from './verify-token.ts'

/** Between the clocks of two of our own machines. */
const leewayMs = 30 * secondMs

/** What is asked about the session that a token names. */
type TokenSessions = Pick<SessionGate, 'leasedSession' | 'askAboutSession'>

export function ownIssuer(signer: TokenSigner, sessions: TokenSessions): Trusted {
  return { rules: ownRules(signer.issuer), keys: ownKeys(signer), person: sessionPerson(sessions) }
}

/** Tokens of other sites' programs have another audience: they say who somebody is, and do not open this site. */
function ownRules(issuer: string): TrustedIssuer {
  return {
    issuer,
    jwksUrl: null,
    algorithms: ['RS256'],
    audiences: [issuer],
    audienceClaim: 'aud',
    tokenType: { header: 'at+jwt', claims: {} },
    // Nothing is read from its claims: the session they name knows better.
    claims: {
      subject: ['sub'],
      email: [],
      emailVerified: false,
      emailAuthority: null,
      name: [],
      roles: null,
      amr: [],
      secondFactor: { claim: [], anyOf: [] },
    },
    leewayMs,
    maxLifetimeMs: accessTokenLifetimeS * secondMs,
    unknownUsers: 'refuse',
    linkVerifiedEmail: false,
    forwardToken: false,
  }
}

/** Read by the same rules as anybody's. Throws where they refuse what this gateway publishes itself. */
function ownKeys(signer: TokenSigner): KeySource {
  const published = new TextEncoder().encode(JSON.stringify({ keys: signer.publicKeys() }))
  const parsed = parseKeySet(published, ['RS256'])
  if (!parsed.ok) throw new Error(`TOKEN_KEYS: ${parsed.problem}`)
  const find = (keyId: string | null): VerificationKey | null => findKey(parsed.value, keyId, 'RS256')
  return {
    find: ({ keyId }) => {
      const key = find(keyId)
      return Promise.resolve(
        key === null ? { outcome: 'unknown' } : { outcome: 'found', key, relyUntilMs: Number.POSITIVE_INFINITY },
      )
    },
  }
}

/**
 * The principal is the session's: that it ended counts within the second, not when the token expires, and so does what its
 * object finds out of its user, which of what only the record was told (roles, a lock) takes it minutes at most.
 */
function sessionPerson(sessions: TokenSessions): FindPerson {
  return async ({ sub, sid, shard, client_id: clientId }, { source }) => {
    if (typeof sid !== 'string' || typeof shard !== 'string' || typeof clientId !== 'string')
      return { outcome: 'refused', reason: 'no session' }
    const verdict = await sessions.askAboutSession({ sessionId: sid, shard }, source.ip)
    if (verdict.outcome === 'unknown') return { outcome: 'unknown' }
    if (verdict.outcome === 'dead') return { outcome: 'refused', reason: verdict.reason }
    const { principal, derived } = verdict.lease
    // Of a session that is known here no shard had to be asked, whichever the token names.
    if (principal.shard !== shard) return { outcome: 'refused', reason: 'session of another shard' }
    if (principal.userId !== sub) return { outcome: 'refused', reason: 'session of another user' }
    return {
      outcome: 'known',
      principal,
      derived,
      relyUntilMs: Number.POSITIVE_INFINITY,
      stillCounts: (context) => sessions.leasedSession(sid, context)?.principal === principal,
      session: principal,
      clientId,
    }
  }
}
