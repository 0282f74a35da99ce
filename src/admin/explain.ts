// `POST /v1/admin/explain`: what would happen to a request, and why. Nothing happens; it is still told only after a proof of
// the last minutes, like every request here that is not a look.
import type { Hono } from 'hono'
import { z } from 'zod'
import type { Principal } from '../access/decide.ts'
import { validFields } from '../body.ts'
import { type GatewayEnv, createApp } from '../context.ts'
import { findUserRights } from '../db/queries/user-rights.ts'
import { flag, texts } from '../db/values.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { explain } from '../explain.ts'

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/
const explainFields = z.strictObject({
  method: z.string().regex(/^[A-Z]{1,20}$/, 'a method in capitals, such as "GET"'),
  url: z.string().min(1).max(8192),
  headers: z.record(z.string().regex(headerName, 'a header name'), z.string().max(8192)).default({}),
  /** The id of a user; nobody when left out. */
  as_user: z.uuid().optional(),
})

export function explanation(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/admin/explain', async (context) => {
    const { exchange } = context.env
    const { method, url, headers, as_user: userId } = validFields(explainFields, exchange.body)
    const { routes, rules, reserved, publicUrl, settings } = exchange.deps
    const parts = { routes, rules, reserved, basePath: settings.config.basePath }
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const whole = url.startsWith('/') ? `${publicUrl.origin}${url}` : url
    const principal = userId === undefined ? null : await rightsOf(exchange, userId)
    const atMs = exchange.deps.now()
    return context.json(explain(parts, { method, url: whole, headers: lower, principal, atMs }))
  })
  return app
}

/** As just after signing in with one factor; somebody who may not sign in is nobody. */
async function rightsOf({ database, deps }: Exchange, userId: string): Promise<Principal | null> {
  const [row] = await database.read(findUserRights(userId))
  if (row === undefined) throw new GatewayError(reject('not_found', 'user'))
  return flag(row, 'is_active') ? { roles: texts(row, 'roles'), aal: 1, provenAtMs: deps.now() } : null
}
