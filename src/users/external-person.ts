// Who a token of another issuer speaks for: what it says of a person, and what is recorded of them here.
import type { FindPerson } from '../identity/bearer-token.ts'
import type { Principal } from '../identity/principal.ts'
import type { Standings } from '../sessions/standings.ts'
import { type TokenSubject, subjectOf } from '../tokens/token-subject.ts'
import type { TrustedIssuer } from '../tokens/trusted-issuer.ts'
import { earliestIssueMs } from '../tokens/validate-claims.ts'
import type { ExternalUser } from '../db/queries/external-users.ts'
import type { ExternalUsers } from './external-users.ts'

export interface ExternalPersonPorts {
  readonly users: ExternalUsers
  readonly standings: Pick<Standings, 'leased'>
}

export function externalPerson({ users, standings }: ExternalPersonPorts, rules: TrustedIssuer): FindPerson {
  return async (claims, visit, nowMs) => {
    const subject = subjectOf(claims, rules, nowMs)
    if (subject === null) return { outcome: 'refused', reason: 'no subject' }
    const issuedMs = earliestIssueMs(claims, rules)
    const identity = {
      identity: subject.identity,
      issuer: rules.issuer,
      // Who is not trusted to say whose mailbox it is may not take it from its owner either.
      verifiedEmail: rules.linkVerifiedEmail ? subject.verifiedEmail : null,
      name: subject.name,
      mayCreate: rules.unknownUsers === 'create',
      issuedMs,
    }
    const found = await users.find(identity, visit)
    if (found.outcome === 'refused') return found
    const { user, standing, relyUntilMs } = found
    return {
      outcome: 'known',
      principal: principalOf(subject, user),
      relyUntilMs,
      stillCounts: (context) => standings.leased(user.id, context) === standing,
      external: { shard: user.shard, issuedMs },
    }
  }
}

/** What is recorded here wins over what the token says; roles of both count, as both were given by somebody who may. */
function principalOf(subject: TokenSubject, user: ExternalUser): Principal {
  const email = user.email ?? subject.verifiedEmail
  return {
    userId: user.id,
    sessionId: null,
    email,
    emailVerified: email !== null && (user.email === null || user.emailVerified),
    name: user.name ?? subject.name,
    roles: [...new Set([...user.roles, ...subject.roles])],
    amr: subject.amr,
    aal: subject.aal,
    authTimeMs: subject.authTimeMs,
    provenAtMs: subject.provenAtMs,
  }
}
