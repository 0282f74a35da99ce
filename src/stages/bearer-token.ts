// Finds out who a bearer token speaks for, where the site trusts issuers. Whether that is enough is the route's question.
import type { Rejection } from '../errors.ts'
import { type Exchange, auditSource, reject } from '../exchange.ts'
import { DatabaseUnavailable, type Queries } from '../db/database.ts'
import { isObjectFault } from '../kit/object-fault.ts'
import type { BearerHolder, BearerOutcome, BearerTokens } from '../identity/bearer-token.ts'

/** Without trusted issuers the header is between the client and the site, and not even looked at. */
export function bearerToken(exchange: Exchange): undefined | Promise<Rejection | undefined> {
  const tokens = exchange.deps.bearerTokens
  const header = exchange.headers['authorization']
  if (tokens === null || header === undefined) return undefined
  const holder = tokens.seen(header, exchange.context)
  if (holder === null || exchange.authentication.kind !== 'anonymous') return decide(exchange, tokens, header)
  return admit(exchange, holder)
}

async function decide(exchange: Exchange, tokens: BearerTokens, header: string): Promise<Rejection | undefined> {
  const outcome = await outcomeOf(exchange, tokens, { header, database: exchange.database })
  switch (outcome.kind) {
    case 'none':
      return undefined
    case 'several':
      return refuseBoth(exchange, 'several authorization headers')
    case 'accepted':
      return accept(exchange, outcome.holder)
    case 'foreign':
      // Perhaps the site's own: it goes on where nobody has to be known, or where a session says who this is.
      if (exchange.authentication.kind !== 'session' && exchange.authentication.kind !== 'unrecognised')
        exchange.authentication = { kind: 'refused-token', reason: 'no trusted issuer', issuer: null }
      return undefined
    case 'refused':
      // Also not as somebody else's to a public page: there are sites that read a token without verifying it.
      withhold(exchange)
      exchange.authentication = { kind: 'refused-token', reason: outcome.reason, issuer: outcome.issuer }
      return undefined
    case 'undecided':
      withhold(exchange)
      exchange.authentication = { kind: 'undecided' }
      return undefined
  }
}

/** What the header counts for now. */
export async function outcomeOf(
  exchange: Exchange,
  tokens: BearerTokens,
  { header, database }: { readonly header: string; readonly database: Queries },
): Promise<BearerOutcome> {
  const { client, context } = exchange
  const seen = tokens.seen(header, context)
  if (seen !== null) return { kind: 'accepted', holder: seen }
  try {
    return await tokens.authenticate(header, {
      source: auditSource(exchange),
      database,
      requestId: exchange.id,
      continent: client.continent,
      waitUntil: (work) => context.waitUntil(work),
    })
  } catch (error) {
    // A public page needs nobody, so it is the route that answers 503.
    if (error instanceof DatabaseUnavailable || isObjectFault(error)) return { kind: 'undecided' }
    throw error
  }
}

function accept(exchange: Exchange, holder: BearerHolder): undefined | Promise<Rejection> {
  const { authentication } = exchange
  if (authentication.kind !== 'session') return admit(exchange, holder)
  if (authentication.lease.principal.userId !== holder.principal.userId)
    return refuseBoth(exchange, 'cookie and token of different people')
  // The session is the stronger statement: it can be ended here.
  if (!holder.forwardToken) withhold(exchange)
  return undefined
}

function admit(exchange: Exchange, holder: BearerHolder): undefined {
  // The origin has the assertion; a token it does not need is one it cannot leak.
  if (!holder.forwardToken) withhold(exchange)
  exchange.authentication = { kind: 'bearer', holder }
  return undefined
}

function withhold({ headers }: Exchange): void {
  delete headers['authorization']
}

async function refuseBoth(exchange: Exchange, reason: string): Promise<Rejection> {
  await exchange.deps.audit.record('token.refused', auditSource(exchange), { reason })
  return { ...reject('bad_request', reason), headers: { 'www-authenticate': 'Bearer error="invalid_request"' } }
}
