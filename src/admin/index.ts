// What administrators do by the API, behind one door: nothing below the admin paths is reached without the role, and nothing
// is changed without a proof of the last minutes.
import type { Hono } from 'hono'
import { type GatewayEnv, createApp } from '../context.ts'
import { requireRecent } from '../forms/require-recent.ts'
import { clients } from './clients.ts'
import { requireAdmin } from './require-admin.ts'
import { explanation } from './explain.ts'
import { unlock } from './unlock.ts'
import { userSessions } from './user-sessions.ts'

/** Paths below the base path. Each feature says its own whole, so that a reader finds them by searching for one. */
const features: readonly (() => Hono<GatewayEnv>)[] = [userSessions, unlock, clients, explanation]

const looks = new Set(['GET', 'HEAD'])

export function admin(): Hono<GatewayEnv> {
  const app = createApp()
  // Also of paths that do not exist: who may not look learns nothing about what there is.
  app.use('/v1/admin/*', async ({ env: { exchange } }, next) => {
    await requireAdmin(exchange)
    if (!looks.has(exchange.request.method)) requireRecent(exchange, { aal: 1 })
    await next()
  })
  for (const feature of features) app.route('/', feature())
  return app
}
