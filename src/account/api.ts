// The signed-in person's API.
import type { Hono } from 'hono'
import { z } from 'zod'
import { type GatewayEnv, createApp } from '../context.ts'
import { validFields } from '../body.ts'
import { GatewayError } from '../errors.ts'
import { reject } from '../exchange.ts'
import { csrfTokenFor } from '../forms/csrf-token.ts'
import { requireSignedIn } from '../forms/require-session.ts'
import { prolongSockets } from './sockets.ts'
import { ownSessions, revokeOne, revokeOthers, signOut } from './sessions.ts'

const limitField = z.coerce.number().int().min(1).max(100).default(20)

export function accountApi(): Hono<GatewayEnv> {
  const app = createApp()
  app.get('/v1/csrf', (context) => context.json({ csrf_token: csrfTokenFor(context.env.exchange) }))
  app.post('/v1/logout', async (context) => {
    await signOut(context.env.exchange)
    return context.body(null, 204)
  })
  app.get('/v1/session', (context) => {
    const principal = requireSignedIn(context.env.exchange)
    const { userId, email, emailVerified, name, roles, sessionId, sessionExpiresAtMs, amr, aal } = principal
    return context.json({
      user: { id: userId, email, email_verified: emailVerified, name, roles },
      session: { id: sessionId, expires_at: new Date(sessionExpiresAtMs).toISOString(), amr, aal: `aal${aal}` },
    })
  })
  app.post('/v1/sockets/refresh', async (context) => {
    const { exchange } = context.env
    validFields(z.strictObject({}), exchange.body)
    return context.json({ expires_at: new Date(await prolongSockets(exchange)).toISOString() })
  })
  app.get('/v1/sessions', async (context) => {
    const { exchange } = context.env
    const { sessionId } = requireSignedIn(exchange)
    const limit = limitField.safeParse(context.req.query('limit'))
    if (!limit.success)
      throw new GatewayError({
        ...reject('invalid_input', 'limit'),
        fields: [{ path: 'limit', reason: 'a whole number from 1 to 100' }],
      })
    const page = await ownSessions(exchange, { limit: limit.data, cursor: context.req.query('cursor') })
    const items = page.items.map((item) => ({
      id: item.id,
      created_at: new Date(item.createdAtMs).toISOString(),
      last_seen_at: new Date(item.lastSeenAtMs).toISOString(),
      ip: item.ip,
      user_agent: item.userAgent,
      location: item.place,
      amr: item.amr,
      is_current: item.id === sessionId,
    }))
    return context.json({ items, next_cursor: page.nextCursor })
  })
  app.delete('/v1/sessions/:id', async (context) => {
    await revokeOne(context.env.exchange, context.req.param('id'))
    return context.body(null, 204)
  })
  app.post('/v1/sessions/revoke-all-others', async (context) =>
    context.json({ revoked: await revokeOthers(context.env.exchange) }),
  )
  return app
}
