// `POST /v1/admin/explain`: what would happen to a request, and why; and how an account stands. Nothing happens; it is still
// told only after a proof of the last minutes, like every request here that is not a look.
import type { Hono } from 'hono'
import { z } from 'zod'
import type { Principal } from '../access/decide.ts'
import { validFields } from '../body.ts'
import { type GatewayEnv, createApp } from '../context.ts'
import { findUserRights } from '../db/queries/user-rights.ts'
import { flag, texts } from '../db/values.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { explain, inCircumstances } from '../explain.ts'
import { numberOf, typedPhone } from '../phone-field.ts'
import { emailAddress } from '../users/email-address.ts'
import { accountStanding, readAll, textsTo } from './standing.ts'

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
  /** A phone number: whether the next text to it would be sent. */
  number: typedPhone.optional(),
})

export function explanation(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/admin/explain', async (context) => {
    const { exchange } = context.env
    const {
      method,
      url,
      headers,
      as_user: userId,
      address,
      account,
      number,
    } = validFields(explainFields, exchange.body)
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
    const phone = number === undefined ? null : numberOf(exchange, number, 'number')
    const network =
      address === undefined || path === undefined ? null : networks.decide(address, path, exchange.context)
    const read = await readAll(exchange, counting, whom)
    const readings = new Map(read.map((one) => [one.rule.id, one]))
    return context.json({
      ...inCircumstances(found, { network, readings }),
      account: account === undefined ? null : await accountStanding(exchange, account, whom),
      texts: phone === null ? null : await textsTo(exchange, phone, whom.ip),
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
