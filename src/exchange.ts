// One request on its way down the list of stages: what is known of it so far.
import type { Target } from './access/canonical-target.ts'
import type { AuditEvent, AuditSource } from './audit/record.ts'
import type { OwnBody } from './body.ts'
import type { Queries } from './db/database.ts'
import type { WaitBudget } from './db/wait-budget.ts'
import type { Deps } from './deps.ts'
import type { ErrorCode, Rejection } from './errors.ts'
import type { BearerHolder, BearerVisit } from './identity/bearer-token.ts'
import type { Holder, Principal } from './identity/principal.ts'
import { secondMs } from './kit/duration.ts'
import type { Lease } from './sessions/gate.ts'
import type { DpopError } from './tokens/proven-key.ts'

/** The machine calling, as the platform reports it; never what a header of the client claims. */
export interface Client {
  readonly ip: string | null
  readonly continent: string | null
  readonly userAgent: string | null
  /** What is always the same of its TLS client; null where the platform does not tell. */
  readonly tls: string | null
}

/** Who the request acts as. `undecided`: a credential was presented and nobody could be asked about it. */
export type Authentication =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'session'
      readonly lease: Lease
      readonly cookie: string
      /** A token of the same person that came along: the cookie's session counts, and both end together. */
      readonly token?: BearerHolder
    }
  | { readonly kind: 'bearer'; readonly holder: BearerHolder }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'refused-token'
      readonly reason: string
      readonly issuer: string | null
      /** What is wrong with a token of the scheme DPoP, or with its proof; absent for a bearer token. */
      readonly dpopError?: DpopError
    }
  /** A live session, used from where it was not used before: a fresh proof is needed. */
  | { readonly kind: 'unrecognised'; readonly reason: string; readonly userId: string }
  | { readonly kind: 'undecided' }

export interface Exchange {
  readonly request: Request
  readonly deps: Deps
  readonly context: ExecutionContext
  readonly id: string
  readonly startedAtMs: number
  /** How long this request may still wait for the database, by itself and through objects. */
  readonly waits: WaitBudget
  /** The database within that. */
  readonly database: Queries
  target: Target
  /** What goes to the origin: of the client's headers what may go on, and the gateway's own. */
  headers: Headers
  /** The gateway's own cookies, taken out of `headers`. */
  cookies: Readonly<Record<string, readonly string[]>>
  client: Client
  authentication: Authentication
  /** Whether the gateway answers it itself. */
  isOwnPath: boolean
  /** Read for the gateway's own paths only; a body for the origin is never touched. */
  body: OwnBody
  /** Cookies the answer must set, whoever makes it. */
  readonly setCookies: string[]
}

/** A stage decides one thing; a rejection ends the request. Only stages that must wait return a promise. */
export type Stage = (exchange: Exchange) => Rejection | undefined | Promise<Rejection | undefined>

export function auditSource(exchange: Exchange): AuditSource {
  return { requestId: exchange.id, ip: exchange.client.ip, userAgent: exchange.client.userAgent }
}

/** Resolves once it cannot be lost any more. */
export async function putOnRecord(exchange: Exchange, event: AuditEvent | undefined): Promise<void> {
  if (event !== undefined) await exchange.deps.audit.record(event.type, auditSource(exchange), event.facts)
}

/** The request in whose course a token is judged. */
export function visitOf(exchange: Exchange, database: Queries = exchange.database): BearerVisit {
  return new ExchangeVisit(exchange, database)
}

/** Says what it knows when asked: of most tokens nobody does, and the platform makes up what it knows of a request then. */
class ExchangeVisit implements BearerVisit {
  readonly database: Queries
  readonly #exchange: Exchange

  constructor(exchange: Exchange, database: Queries) {
    this.#exchange = exchange
    this.database = database
  }

  get source(): AuditSource {
    return auditSource(this.#exchange)
  }

  get requestId(): string {
    return this.#exchange.id
  }

  get continent(): string | null {
    return this.#exchange.client.continent
  }

  waitUntil(work: Promise<unknown>): void {
    this.#exchange.context.waitUntil(work)
  }
}

/** Whose identity goes to the origin, and what was derived from it before. */
export function holderOf({ authentication }: Exchange): Holder | null {
  if (authentication.kind === 'session') return authentication.lease
  return authentication.kind === 'bearer' ? authentication.holder : null
}

export function principalOf(exchange: Exchange): Principal | null {
  return holderOf(exchange)?.principal ?? null
}

export function singleCookie(exchange: Exchange, name: string): string | null {
  const values = exchange.cookies[name]
  return values?.length === 1 ? (values[0] ?? null) : null
}

/** The scheme a token came by, for what is said of it; without one the scheme that is asked for. */
export function schemeOf({ authentication }: Exchange): 'Bearer' | 'DPoP' {
  return authentication.kind === 'bearer' && authentication.holder.jkt !== null ? 'DPoP' : 'Bearer'
}

export function reject(code: ErrorCode, reason: string): Rejection {
  return { code, reason }
}

/** The session lives and goes on: it only needs a proof that it is still its owner's. */
export function unrecognised(reason: string): Rejection {
  return proofNeeded(reason, { scheme: 'Bearer', aal: null, maxAgeMs: 0 })
}

/** Which proof would do, as far as that matters. */
export interface WantedProof {
  /** That of the token which came, for what is said of it. */
  readonly scheme: 'Bearer' | 'DPoP'
  readonly aal: 1 | 2 | null
  readonly maxAgeMs: number | null
}

/** Whoever this is has to prove it anew, or better (RFC 9470 §3). */
export function proofNeeded(reason: string, { scheme, aal, maxAgeMs }: WantedProof): Rejection {
  const level = aal === null ? '' : `, acr_values="aal${aal}"`
  const age = maxAgeMs === null ? '' : `, max_age="${maxAgeMs / secondMs}"`
  const challenge = `${scheme} error="insufficient_user_authentication"${level}${age}`
  return { ...reject('step_up_required', reason), headers: { 'www-authenticate': challenge } }
}
