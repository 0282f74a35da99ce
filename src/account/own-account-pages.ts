// One's own account, for people: the name, a copy of everything, and the end of it.
import type { Hono } from 'hono'
import { z } from 'zod'
import { validFields } from '../body.ts'
import { type GatewayEnv, createApp } from '../context.ts'
import { type Exchange, principalOf } from '../exchange.ts'
import { answerForm, formText, goTo } from '../forms/answer.ts'
import { questionBase } from '../forms/question-base.ts'
import { requireForm } from '../forms/require-form.ts'
import { textsFor } from '../language.ts'
import { withReturnTo } from '../pages/addresses.ts'
import type { Page } from '../pages/layout.tsx'
import { deleteAccountPage, ownDataPage } from '../pages/own-data-page.tsx'
import { pageResponse } from '../pages/page-response.ts'
import { signedOutPage } from '../pages/signed-out-page.tsx'
import { download } from './own-account-api.ts'
import { deleteOwn, exportOwn, findOwn, rename } from './own-account.ts'
import { personName } from './person-name.ts'

const nameForm = z.strictObject({ name: personName })
const nothing = z.strictObject({})

export function ownAccountPages(): Hono<GatewayEnv> {
  const app = createApp()
  app.get('/account/data', async ({ env: { exchange } }) => {
    const { basePath } = exchange.deps.settings.config
    if (principalOf(exchange) === null && exchange.authentication.kind !== 'undecided')
      return goTo(withReturnTo(`${basePath}/login`, `${basePath}/account/data`))
    return pageResponse(await showData(exchange))
  })
  app.post('/account/data/name', ({ env: { exchange } }) => {
    requireForm(exchange)
    return answerForm(
      exchange,
      async () => {
        await rename(exchange, validFields(nameForm, exchange.body).name)
        return pageResponse(await showData(exchange, 'name_changed'))
      },
      (problem) => ownDataPage({ ...questionBase(exchange, null, problem), name: formText(exchange, 'name') }),
    )
  })
  app.get('/account/data/export', async ({ env: { exchange } }) => download(await exportOwn(exchange)))
  app.get('/account/data/delete', async ({ env: { exchange } }) => {
    const { email } = await findOwn(exchange)
    return pageResponse(deleteAccountPage({ ...questionBase(exchange, null), email: email ?? '' }))
  })
  app.post('/account/data/delete', async ({ env: { exchange } }) => {
    requireForm(exchange)
    validFields(nothing, exchange.body)
    await deleteOwn(exchange)
    const { theme, basePath } = exchange.deps.settings.config
    return pageResponse(signedOutPage({ theme, texts: textsFor(exchange), basePath, homeUrl: '/' }))
  })
  return app
}

async function showData(exchange: Exchange, notice?: 'name_changed'): Promise<Page> {
  const { name } = await findOwn(exchange)
  return ownDataPage({ ...questionBase(exchange, null), notice, name: name ?? '' })
}
