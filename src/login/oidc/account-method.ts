// The page of the accounts elsewhere that somebody signs in with.
import type { Hono } from 'hono'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import { findConnected } from '../../db/queries/identities.ts'
import { text } from '../../db/values.ts'
import { type Exchange } from '../../exchange.ts'
import { formText, goTo } from '../../forms/answer.ts'
import { leaveFor } from '../../forms/leave-for.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { isNobody, requireSession } from '../../forms/require-session.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import { connectionsPage } from '../../pages/connections-page.tsx'
import type { Page } from '../../pages/layout.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import type { NoticeKey } from '../../pages/texts/en.ts'
import { requireProvenOwner } from '../require-owner.ts'
import { disconnect } from './connect.ts'
import { clientOf, wayTo } from './method.ts'

export function connections({ identityProviders }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  if (identityProviders.size === 0) return app
  app.get('/account/connections', async ({ env: { exchange }, req }) => {
    const { basePath } = exchange.deps.settings.config
    if (isNobody(exchange)) return goTo(withReturnTo(`${basePath}/login`, `${basePath}/account/connections`))
    const isNew = req.query('notice') === 'identity_connected'
    return pageResponse(await show(exchange, isNew ? 'identity_connected' : undefined))
  })
  // By a form: a link could be followed for somebody who is signed in at the provider as somebody else.
  app.post('/account/connections/connect', async ({ env: { exchange } }) => {
    requireForm(exchange)
    const client = clientOf(exchange, formText(exchange, 'provider'))
    const { userId } = await requireProvenOwner(exchange)
    return leaveFor(exchange, await wayTo(exchange, client, { userId, isFresh: true, returnTo: null }))
  })
  app.post('/account/connections/disconnect', async ({ env: { exchange } }) => {
    requireForm(exchange)
    await disconnect(exchange, clientOf(exchange, formText(exchange, 'provider')))
    return pageResponse(await show(exchange, 'identity_disconnected'))
  })
  return app
}

async function show(exchange: Exchange, notice?: NoticeKey): Promise<Page> {
  const { userId } = requireSession(exchange).lease.principal
  const providers = [...exchange.deps.identityProviders.values()].map(({ provider }) => provider)
  const issuers = providers.map(({ issuer }) => issuer)
  const rows = await exchange.database.read(findConnected(userId, issuers))
  const connected = new Set(rows.map((row) => text(row, 'issuer')))
  const shown = providers.map(({ id, name, issuer }) => ({ id, name, isConnected: connected.has(issuer) }))
  return connectionsPage({ ...questionBase(exchange, null), notice, connections: shown })
}
