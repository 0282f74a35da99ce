// What the record says of somebody who came with another issuer's token; whoever is not there yet is made, exactly once.
import { v7 as uuidv7 } from 'uuid'
import { type AuditSource, auditRow } from '../audit/record.ts'
import { DatabaseFault, type Queries } from '../db/database.ts'
import { type ExternalUser, addExternalUser, externalUser, findExternalUser } from '../db/queries/external-users.ts'

export interface ExternalIdentity {
  /** `issuer#subject`. */
  readonly identity: string
  readonly issuer: string
  /** An address that is theirs beyond doubt: kept, and whoever has proven it here is the same person. */
  readonly verifiedEmail: string | null
  readonly name: string | null
  readonly mayCreate: boolean
  /** When what they came with was issued, at the earliest. */
  readonly issuedMs: number
}

/** The request in whose course somebody is looked up. */
export interface Visit {
  readonly source: AuditSource
  /** Within what this request may still wait. */
  readonly database: Queries
  readonly continent: string | null
  waitUntil(work: Promise<unknown>): void
}

export interface AdditionPorts {
  readonly shardOf: (userId: string, continent: string | null) => string
  readonly now: () => number
}

/** Simultaneous first tokens of two issuers may want one address: the statement is refused whole, and then finds it taken. */
const tries = 3
const uniqueViolation = '23505'

/** Null: nobody is here, and nobody is to be made. */
export async function findOrAddUser(
  identity: ExternalIdentity,
  visit: Visit,
  ports: AdditionPorts,
): Promise<ExternalUser | null> {
  for (let attempt = 1; ; attempt += 1) {
    const [row] = await visit.database.read(findExternalUser(identity.identity))
    if (row !== undefined) return externalUser(row)
    if ((!identity.mayCreate && identity.verifiedEmail === null) || attempt > tries) return null
    try {
      await visit.database.writeIdempotent(addition(identity, visit, ports))
    } catch (error) {
      if (!(error instanceof DatabaseFault) || error.sqlState !== uniqueViolation) throw error
    }
  }
}

function addition(
  identity: ExternalIdentity,
  visit: Visit,
  { shardOf, now }: AdditionPorts,
): ReturnType<typeof addExternalUser> {
  const userId = uuidv7()
  const details = { issuer: identity.issuer }
  const created = auditRow('user.created', visit.source, { userId, details: { ...details, method: 'token' } }, now())
  const linked = auditRow('identity.linked', visit.source, { details }, now())
  const shard = shardOf(userId, visit.continent)
  return addExternalUser({ ...identity, userId, identityId: uuidv7(), shard }, created, linked)
}
