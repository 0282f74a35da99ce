// `POST /v1/admin/explain`: what would happen to a request, and why; and how an account stands. Nothing happens; it is still
// told only after a proof of the last minutes, like every request here that is not a look.
import type { Hono } from 'hono'
import { z } from 'zod'
import type { Principal } from '../access/decide.ts'
import { validFields } from '../body.ts'
import { type GatewayEnv, createApp } from '../context.ts'
import { findFactorLock } from '../db/queries/factors.ts'
import { findUserRights } from '../db/queries/user-rights.ts'
import type { Row } from '../db/database.ts'
import { flag, number, numberOrNull, texts } from '../db/values.ts'
import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { type ExplainedLimit, explain, explainedLimit, inCircumstances } from '../explain.ts'
import type { AccountLock } from '../limits/lockouts.ts'
import type { LimitReading, Whom } from '../limits/limit-reader.ts'
import type { ActiveRule } from '../limits/rule-set.ts'
import { emailAddress } from '../users/email-address.ts'

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/
const explainFields = z.strictObject({
  method: z.string().regex(/^[A-Z]{1,20}$/, 'a method in capitals, such as "GET"'),
  url: z.string().min(1).max(8192),
  headers: z.record(z.string().regex(headerName, 'a header name'), z.string().max(8192)).default({}),
  /** The id of a user; nobody when left out. */
  as_user: z.uuid().optional(),
  /** Where it comes from: then networks and limits are asked as well. */
  address: z.union([z.ipv4(), z.ipv6()], 'an IP address').optional(),
  /** An e-mail address, of an account or of nobody: its locks, and the limits of what login methods do for it. */
  account: emailAddress.optional(),
})

export function explanation(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/admin/explain', async (context) => {
    const { exchange } = context.env
    const { method, url, headers, as_user: userId, address, account } = validFields(explainFields, exchange.body)
    const { routes, rules, reserved, publicUrl, settings, networks } = exchange.deps
    const parts = { routes, rules, reserved, basePath: settings.config.basePath }
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const whole = url.startsWith('/') ? `${publicUrl.origin}${url}` : url
    const principal = userId === undefined ? null : await rightsOf(exchange, userId)
    const atMs = exchange.deps.now()
    const found = explain(parts, { method, url: whole, headers: lower, principal, atMs })
    const whom = { ip: address ?? null, userId: userId ?? null, email: account ?? null }
    const counting = found.limits.flatMap(({ id }) => rules.get(id) ?? [])
    const path = found.target?.path
    const network =
      address === undefined || path === undefined ? null : networks.decide(address, path, exchange.context)
    const read = await readAll(exchange, counting, whom)
    const readings = new Map(read.map((one) => [one.rule.id, one]))
    return context.json({
      ...inCircumstances(found, { network, readings }),
      account: account === undefined ? null : await accountStanding(exchange, account, whom),
    })
  })
  return app
}

/** As just after signing in with one factor; somebody who may not sign in is nobody. */
async function rightsOf({ database, deps }: Exchange, userId: string): Promise<Principal | null> {
  const [row] = await database.read(findUserRights(userId))
  if (row === undefined) throw new GatewayError(reject('not_found', 'user'))
  return flag(row, 'is_active') ? { roles: texts(row, 'roles'), aal: 1, provenAtMs: deps.now() } : null
}

interface ExplainedLock {
  /** What is guessed at, and where that is counted apart. */
  readonly pool: string
  readonly failures: number
  readonly locked_until: string | null
}

interface AccountStanding {
  readonly locks: readonly ExplainedLock[]
  readonly limits: readonly ExplainedLimit[]
}

async function accountStanding(exchange: Exchange, email: string, whom: Whom): Promise<AccountStanding> {
  const { lockouts, rules, now } = exchange.deps
  const [locks, [factor], limits] = await Promise.all([
    lockouts.locks(lockouts.accountOf(email)).catch(unreadable),
    exchange.database.read(findFactorLock(email)),
    readAll(
      exchange,
      rules.all.filter(({ phase }) => phase === 'login'),
      whom,
    ),
  ])
  return {
    locks: [...locks, ...(factor === undefined ? [] : [factorLock(factor)])].map(
      ({ pool, failures, lockedUntilMs }) => ({
        pool,
        failures,
        locked_until: lockedUntilMs > now() ? new Date(lockedUntilMs).toISOString() : null,
      }),
    ),
    limits: limits.map(({ rule, reading }) => explainedLimit(rule, reading)),
  }
}

function factorLock(row: Row): AccountLock {
  return {
    pool: 'second factor',
    failures: number(row, 'failures'),
    lockedUntilMs: numberOrNull(row, 'locked_until_ms') ?? 0,
  }
}

/** Those of the rules that are about somebody who was given. */
async function readAll(
  { deps }: Exchange,
  rules: readonly ActiveRule[],
  whom: Whom,
): Promise<readonly { readonly rule: ActiveRule; readonly reading: LimitReading }[]> {
  const read = rules.map(async (rule) => ({ rule, reading: await deps.limitReader.read(rule, whom) }))
  const all = await Promise.all(read).catch(unreadable)
  return all.flatMap(({ rule, reading }) => (reading === null ? [] : [{ rule, reading }]))
}

function unreadable(error: unknown): never {
  throw unavailable('a counter cannot be read', error)
}
