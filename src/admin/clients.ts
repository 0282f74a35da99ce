// The programs that may ask for tokens, for administrators: listed, registered, changed, removed.
import type { Hono } from 'hono'
import { z } from 'zod'
import { validFields } from '../body.ts'
import { type GatewayEnv, createApp } from '../context.ts'
import { clientRecord, listClientRecords } from '../db/queries/oauth-client-records.ts'
import { GatewayError } from '../errors.ts'
import { type Exchange, reject } from '../exchange.ts'
import { type Registered, addClient, changeClient, getClient, removeClient, replaceSecret } from './change-clients.ts'
import { shownClient } from '../tokens/client-fields.ts'

const nothing = z.strictObject({})
const pageFields = z.strictObject({
  limit: z.coerce.number('a whole number from 1 to 100').int().min(1).max(100).default(20),
  cursor: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{2,62}$/, 'a next_cursor of this list')
    .optional(),
})

export function clients(): Hono<GatewayEnv> {
  const app = createApp()
  app.get('/v1/admin/clients', async ({ env: { exchange }, req }) => Response.json(await pageOf(exchange, req.query())))
  app.post('/v1/admin/clients', async (context) => context.json(answerOf(await addClient(context.env.exchange)), 201))
  app.get('/v1/admin/clients/:id', async (context) =>
    context.json(shownClient(await getClient(context.env.exchange, context.req.param('id')))),
  )
  app.patch('/v1/admin/clients/:id', async (context) =>
    context.json(answerOf(await changeClient(context.env.exchange, context.req.param('id')))),
  )
  app.delete('/v1/admin/clients/:id', async (context) => {
    await removeClient(context.env.exchange, context.req.param('id'))
    return context.body(null, 204)
  })
  app.post('/v1/admin/clients/:id/secret', async (context) => {
    validFields(nothing, context.env.exchange.body)
    return context.json({ client_secret: await replaceSecret(context.env.exchange, context.req.param('id')) })
  })
  return app
}

/** By id. The cursor is the last one shown, so that a page never repeats or skips a row. */
async function pageOf(exchange: Exchange, query: Readonly<Record<string, string>>): Promise<object> {
  const parsed = pageFields.safeParse(query)
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), reason: message }))
    throw new GatewayError({ ...reject('invalid_input', 'page'), fields })
  }
  const { limit, cursor } = parsed.data
  const rows = await exchange.database.read(listClientRecords(limit + 1, cursor ?? null))
  const items = rows.slice(0, limit).map(clientRecord)
  return { items: items.map(shownClient), next_cursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
}

function answerOf({ client, secret }: Registered): object {
  return { ...shownClient(client), ...(secret === null ? {} : { client_secret: secret }) }
}
