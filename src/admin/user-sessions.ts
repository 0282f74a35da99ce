// Ends all sessions of somebody, with what hangs on them: refresh families, access tokens, open sockets; and the tokens of
// other issuers that they have by then.
import type { Hono } from 'hono'
import { z } from 'zod'
import { validFields } from '../body.ts'
import { type GatewayEnv, createApp } from '../context.ts'
import { findUserShard } from '../db/queries/users.ts'
import { text } from '../db/values.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { isUuid } from '../kit/uuid.ts'
import { endByObject } from '../sessions/end-presented.ts'
import { adminAction } from './action.ts'

const nothing = z.strictObject({})
const reason = 'ended by an administrator'

export function userSessions(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/admin/users/:id/revoke-sessions', async (context) => {
    const { exchange } = context.env
    validFields(nothing, exchange.body)
    return context.json({ revoked: await endAll(exchange, context.req.param('id')) })
  })
  return app
}

/** How many sessions were live. An administrator who ends their own signs out. */
async function endAll(exchange: Exchange, userId: string): Promise<number> {
  const [row] = isUuid(userId) ? await exchange.database.read(findUserShard(userId)) : []
  if (row === undefined) throw new GatewayError(reject('not_found', 'user'))
  const which = { kind: 'all', beforeMs: exchange.deps.now(), exceptId: null } as const
  const audit = adminAction(exchange, 'session.ended', { userId, reason, details: { scope: 'all' } })
  const request = { userId, which, reason, audit, isAlwaysRecorded: true }
  return (await endByObject(exchange, text(row, 'shard'), request)).ids.length
}
