// A person's own passkeys: add, list, rename, remove; by the API and by a page.
import type { Hono } from 'hono'
import { z } from 'zod'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { Passkey } from '../../db/queries/passkeys.ts'
import type { Deps } from '../../deps.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, principalOf, reject } from '../../exchange.ts'
import { answerForm, goTo } from '../../forms/answer.ts'
import { requireForm } from '../../forms/require-form.ts'
import { requireSession } from '../../forms/require-session.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import { pageResponse } from '../../pages/page-response.ts'
import type { NoticeKey } from '../../pages/texts/en.ts'
import { finishPasskey, startPasskey } from './enrol.ts'
import { attestationField, challengeId, optionalPasskeyName, passkeyName } from './fields.ts'
import { dropPasskey, namePasskey, ownPasskeys } from './own-passkeys.ts'
import { passkeysView } from './passkeys-view.ts'
import type { PasskeySite } from './site.ts'
import { passkeyWording } from './wording.ts'

const nothing = z.strictObject({})
const offered = { challenge_id: challengeId, response: attestationField }
const finishFields = z.strictObject({ ...offered, name: optionalPasskeyName })
const addForm = z.strictObject({ ...offered, passkey_name: optionalPasskeyName })
const renameFields = z.strictObject({ name: passkeyName })
const renameForm = z.strictObject({ id: z.uuid(), passkey_name: passkeyName })
const removeForm = z.strictObject({ id: z.uuid() })

export function ownPasskeysMethod({ passkeys: site }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  if (site === null) return app
  app.post('/v1/webauthn/register/start', async (context) => {
    const { exchange } = context.env
    requireSession(exchange)
    validFields(nothing, exchange.body)
    return context.json(await startPasskey(exchange, site))
  })
  app.post('/v1/webauthn/register/finish', async (context) => {
    const { exchange } = context.env
    requireSession(exchange)
    const { challenge_id: id, response, name } = validFields(finishFields, exchange.body)
    return context.json(shown(await finishPasskey(exchange, site, { challengeId: id, response, name })), 201)
  })
  app.get('/v1/passkeys', async (context) =>
    context.json({ items: (await ownPasskeys(context.env.exchange)).map(shown), next_cursor: null }),
  )
  app.patch('/v1/passkeys/:id', async (context) => {
    const { exchange } = context.env
    requireSession(exchange)
    const { name } = validFields(renameFields, exchange.body)
    return context.json(shown(await namePasskey(exchange, idOf(context.req.param('id')), name)))
  })
  app.delete('/v1/passkeys/:id', async (context) => {
    await dropPasskey(context.env.exchange, idOf(context.req.param('id')))
    return context.body(null, 204)
  })
  mountPages(app, site)
  return app
}

function mountPages(app: Hono<GatewayEnv>, site: PasskeySite): void {
  app.get('/account/passkeys', async ({ env: { exchange } }) => {
    const { basePath } = exchange.deps.settings.config
    if (principalOf(exchange) === null && exchange.authentication.kind !== 'undecided')
      return goTo(withReturnTo(`${basePath}/login`, `${basePath}/account/passkeys`))
    const view = await passkeysView(exchange, site)
    return pageResponse(view({ notice: noticeOf(exchange) }))
  })
  app.post('/account/passkeys', ({ env: { exchange } }) =>
    change(exchange, site, 'passkey_added', async () => {
      const { challenge_id: id, response, passkey_name: name } = validFields(addForm, exchange.body)
      await finishPasskey(exchange, site, { challengeId: id, response, name })
    }),
  )
  app.post('/account/passkeys/rename', ({ env: { exchange } }) =>
    change(exchange, site, 'passkey_renamed', async () => {
      const { id, passkey_name: name } = validFields(renameForm, exchange.body)
      await namePasskey(exchange, id, name)
    }),
  )
  app.post('/account/passkeys/remove', ({ env: { exchange } }) =>
    change(exchange, site, 'passkey_removed', () => dropPasskey(exchange, validFields(removeForm, exchange.body).id)),
  )
}

async function change(
  exchange: Exchange,
  site: PasskeySite,
  done: NoticeKey,
  run: () => Promise<unknown>,
): Promise<Response> {
  requireForm(exchange)
  requireSession(exchange)
  const view = await passkeysView(exchange, site)
  return answerForm(
    exchange,
    async () => {
      await run()
      return goTo(`${exchange.deps.settings.config.basePath}/account/passkeys?notice=${done}`)
    },
    (problem) => view({ problem }),
    passkeyWording,
  )
}

const notices: readonly NoticeKey[] = ['passkey_added', 'passkey_renamed', 'passkey_removed']

function noticeOf({ target }: Exchange): NoticeKey | undefined {
  const given = new URLSearchParams(target.search).get('notice')
  return notices.find((notice) => notice === given)
}

function idOf(text: string): string {
  const parsed = z.uuid().safeParse(text)
  if (!parsed.success) throw new GatewayError(reject('not_found', 'no such passkey'))
  return parsed.data
}

function shown(passkey: Passkey): object {
  const { id, name, credentialId, createdAtMs, lastUsedAtMs, isBackedUp, transports, aaguid } = passkey
  return {
    id,
    name,
    credential_id: credentialId,
    created_at: new Date(createdAtMs).toISOString(),
    last_used_at: lastUsedAtMs === null ? null : new Date(lastUsedAtMs).toISOString(),
    backed_up: isBackedUp,
    transports,
    aaguid,
  }
}
