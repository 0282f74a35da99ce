// Takes the locks of somebody's account away: those that wrong passwords brought, on whatever device, and that of the second
// factor. An account that an administrator closed stays closed; that is its status, not a lock.
import type { Hono } from 'hono'
import { z } from 'zod'
import { validFields } from '../body.ts'
import { type GatewayEnv, createApp } from '../context.ts'
import { unlockUser } from '../db/queries/unlock-user.ts'
import { text } from '../db/values.ts'
import { GatewayError, unavailable } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { isUuid } from '../kit/uuid.ts'
import { adminAction } from './action.ts'

const unlockFields = z.strictObject({ reason: z.string().trim().min(1).max(500).optional() })

export function unlock(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/admin/users/:id/unlock', async (context) => {
    const { exchange } = context.env
    const { reason } = validFields(unlockFields, exchange.body)
    await unlockAccount(exchange, context.req.param('id'), reason ?? 'by an administrator')
    return context.json({ status: 'unlocked' })
  })
  return app
}

/**
 * The row of the trail first, with the part that is in the record: locks live in objects, so the two cannot change in one
 * step. Failing between them, the answer is a 503, and asking again does the rest.
 */
async function unlockAccount(exchange: Exchange, userId: string, reason: string): Promise<void> {
  if (!isUuid(userId)) throw noSuchUser()
  const [row] = await exchange.database.write(
    unlockUser(userId, adminAction(exchange, 'account.unlocked', { userId, reason })),
  )
  if (row === undefined) throw noSuchUser()
  const { lockouts } = exchange.deps
  await lockouts.forgive(lockouts.accountOf(text(row, 'email')), null).catch((error: unknown) => {
    throw unavailable('the account could not be unlocked', error)
  })
}

function noSuchUser(): GatewayError {
  return new GatewayError(reject('not_found', 'user'))
}
