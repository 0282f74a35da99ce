// Finds out who a token speaks for, where the site trusts issuers. Whether that is enough is the route's question.
import type { Rejection } from '../errors.ts'
import { type Authentication, type Exchange, reject, visitOf } from '../exchange.ts'
import { DatabaseUnavailable, type Queries } from '../db/database.ts'
import { isObjectFault } from '../kit/object-fault.ts'
import type { BearerHolder, BearerOutcome, BearerTokens } from '../identity/bearer-token.ts'
import { dpopError, proveKey } from '../tokens/proven-key.ts'

/** Without trusted issuers the header is between the client and the site, and not even looked at. */
export function bearerToken(exchange: Exchange): undefined | Promise<Rejection | undefined> {
  const tokens = exchange.deps.bearerTokens
  const header = tokens === null ? null : exchange.headers.get('authorization')
  if (tokens === null || header === null) return undefined
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
      return refuseBoth('several authorization headers')
    case 'accepted':
      return accept(exchange, outcome.holder)
    case 'bound':
      return admitBound(exchange, outcome)
    case 'foreign':
      // Perhaps the site's own: it goes on where nobody has to be known, or where a cookie says who this is, or will.
      if (exchange.authentication.kind === 'anonymous' || exchange.authentication.kind === 'refused')
        exchange.authentication = refusedToken({ reason: 'no trusted issuer', issuer: null, scheme: outcome.scheme })
      return undefined
    case 'refused':
      // Also not as somebody else's to a public page: there are sites that read a token without verifying it.
      withhold(exchange)
      exchange.authentication = refusedToken(outcome)
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
  const seen = tokens.seen(header, exchange.context)
  if (seen !== null) return { kind: 'accepted', holder: seen }
  try {
    return await tokens.authenticate(header, visitOf(exchange, database))
  } catch (error) {
    // A public page needs nobody, so it is the route that answers 503.
    if (error instanceof DatabaseUnavailable || isObjectFault(error)) return { kind: 'undecided' }
    throw error
  }
}

const ofTwo = 'cookie and token of different people'

function accept(exchange: Exchange, holder: BearerHolder): Rejection | undefined {
  const { authentication } = exchange
  switch (authentication.kind) {
    case 'session':
      if (authentication.lease.principal.userId !== holder.principal.userId) return refuseBoth(ofTwo)
      // The session is the stronger statement: it can be ended here.
      exchange.authentication = { ...authentication, token: holder }
      if (!holder.forwardToken) withhold(exchange)
      return undefined
    case 'unrecognised':
      // The cookie is good for nothing yet, and says all the same whose it is.
      if (authentication.userId !== holder.principal.userId) return refuseBoth(ofTwo)
      return admit(exchange, holder)
    case 'undecided':
      // Whether they are of one person is what nobody can say.
      withhold(exchange)
      return undefined
    case 'anonymous':
    case 'refused':
    case 'refused-token':
    case 'bearer':
      return admit(exchange, holder)
  }
}

function admit(exchange: Exchange, holder: BearerHolder): undefined {
  // The origin has the assertion; a token it does not need is one it cannot leak.
  if (!holder.forwardToken) withhold(exchange)
  exchange.authentication = { kind: 'bearer', holder }
  return undefined
}

/** With the proof of its key: the one is worth nothing to the site without the other. */
function withhold({ headers }: Exchange): void {
  headers.delete('authorization')
  headers.delete('dpop')
}

function refusedToken({ reason, issuer, scheme }: Omit<BearerOutcome & { kind: 'refused' }, 'kind'>): Authentication {
  const refused = { kind: 'refused-token', reason, issuer } as const
  return scheme === 'bearer' ? refused : { ...refused, dpopError: 'invalid_token' }
}

/** Somebody whose token needs the proof of a key: refused without, as one whose token is nobody's. */
async function admitBound(
  exchange: Exchange,
  { holder, token, issuer }: BearerOutcome & { kind: 'bound' },
): Promise<Rejection | undefined> {
  const key = await proveKey(exchange, { accessToken: token, jkt: holder.jkt })
  if (key.ok) return accept(exchange, holder)
  withhold(exchange)
  const { problem } = key
  exchange.authentication =
    problem === 'unknown'
      ? { kind: 'undecided' }
      : { kind: 'refused-token', reason: `proof: ${problem}`, issuer, dpopError: dpopError(problem) }
  return undefined
}

function refuseBoth(reason: string): Rejection {
  const headers = { 'www-authenticate': 'Bearer error="invalid_request"' }
  return { ...reject('bad_request', reason), headers, event: { type: 'token.refused', facts: { reason } } }
}
