// One's own account, for programs.
import type { Hono } from 'hono'
import { z } from 'zod'
import { validFields } from '../body.ts'
import { type GatewayEnv, createApp } from '../context.ts'
import type { OwnAccount } from '../db/queries/own-account.ts'
import { deleteOwn, exportOwn, findOwn, rename } from './own-account.ts'
import { personName } from './person-name.ts'

const changes = z.strictObject({ name: personName.nullable() })

export function ownAccountApi(): Hono<GatewayEnv> {
  const app = createApp()
  app.get('/v1/me', async (context) => context.json(shown(await findOwn(context.env.exchange))))
  app.patch('/v1/me', async (context) => {
    const { exchange } = context.env
    return context.json(shown(await rename(exchange, validFields(changes, exchange.body).name)))
  })
  app.get('/v1/me/export', async (context) => download(await exportOwn(context.env.exchange)))
  app.delete('/v1/me', async (context) => {
    await deleteOwn(context.env.exchange)
    return context.body(null, 204)
  })
  return app
}

function shown({ id, email, emailVerified, name, roles, createdAtMs }: OwnAccount): object {
  return { id, email, email_verified: emailVerified, name, roles, created_at: new Date(createdAtMs).toISOString() }
}

/** For a file beside other files, not for a window. */
export function download(document: string): Response {
  return new Response(document, {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="account.json"',
      'x-content-type-options': 'nosniff',
    },
  })
}
