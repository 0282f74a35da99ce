// A person's own phone: make it theirs, remove it; by the API and by pages.
import type { Hono } from 'hono'
import { z } from 'zod'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import { phoneUses } from '../../db/queries/phones.ts'
import type { Deps } from '../../deps.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, reject } from '../../exchange.ts'
import { type FormProblem, answerForm, formText, goTo } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { isNobody, requireSession } from '../../forms/require-session.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import type { Page } from '../../pages/layout.tsx'
import { ownPhoneCodePage, ownPhonePage } from '../../pages/own-phone-page.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import { maskedPhone } from '../../users/phone-number.ts'
import { typedCode } from '../mailed-fields.ts'
import { returnTo } from '../return-to-field.ts'
import { findOwnPhone, finishEnrolment, removeOwnPhone, startEnrolment } from './enrol.ts'
import { typedPhone } from '../../phone-field.ts'

const startFields = z.strictObject({ phone: typedPhone, use: z.enum(phoneUses).default('sign-in') })
const finishFields = z.strictObject({ code: typedCode })
const startForm = startFields.extend({ return_to: returnTo })
/** The page sends the number along, to show it again. */
const finishForm = finishFields.extend({ phone: typedPhone.optional(), return_to: returnTo })

export function ownPhone({ sms }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  if (sms === null) return app
  app.get('/v1/phone', async (context) => {
    const { exchange } = context.env
    const own = await findOwnPhone(exchange, requireSession(exchange).lease.principal.userId)
    if (own === null) throw new GatewayError(reject('not_found', 'no phone'))
    return context.json({ phone: maskedPhone(own.number), use: own.use })
  })
  app.post('/v1/phone/enrol/start', async (context) => {
    const { exchange } = context.env
    requireSession(exchange)
    await startEnrolment(exchange, validFields(startFields, exchange.body))
    return context.json({ status: 'sent' }, 202)
  })
  app.post('/v1/phone/enrol/finish', async (context) => {
    const { exchange } = context.env
    requireSession(exchange)
    await finishEnrolment(exchange, validFields(finishFields, exchange.body).code)
    return context.json({ status: 'phone_added' })
  })
  app.delete('/v1/phone', async (context) => {
    await removeOwnPhone(context.env.exchange)
    return context.body(null, 204)
  })
  mountPages(app)
  return app
}

function mountPages(app: Hono<GatewayEnv>): void {
  app.get('/account/phone', async ({ env: { exchange } }) => {
    const { basePath } = exchange.deps.settings.config
    if (isNobody(exchange)) return goTo(withReturnTo(`${basePath}/login`, `${basePath}/account/phone`))
    return pageResponse(await showState(exchange))
  })
  app.post('/account/phone/start', ({ env: { exchange } }) => postStart(exchange))
  app.post('/account/phone/finish', ({ env: { exchange } }) => postFinish(exchange))
  app.post('/account/phone/remove', async ({ env: { exchange } }) => {
    requireForm(exchange)
    await removeOwnPhone(exchange)
    return goTo(`${exchange.deps.settings.config.basePath}/account?notice=phone_removed`)
  })
}

async function postStart(exchange: Exchange): Promise<Response> {
  requireForm(exchange)
  const state = await stateOf(exchange)
  return answerForm(
    exchange,
    async () => {
      await startEnrolment(exchange, validFields(startForm, exchange.body))
      return pageResponse(showCode(exchange))
    },
    (problem) => ownPhonePage({ ...questionBase(exchange, null, problem), ...state }),
    { invalid_phone: 'invalid_input', factor_exists: 'phone_exists' },
  )
}

function postFinish(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      await finishEnrolment(exchange, validFields(finishForm, exchange.body).code)
      return goTo(`${exchange.deps.settings.config.basePath}/account?notice=phone_added`)
    },
    (problem) => showCode(exchange, problem),
    { invalid_or_expired: 'invalid_code', invalid_input: 'invalid_code', phone_taken: 'phone_taken' },
  )
}

async function showState(exchange: Exchange): Promise<Page> {
  return ownPhonePage({ ...questionBase(exchange, null), ...(await stateOf(exchange)) })
}

async function stateOf(exchange: Exchange) {
  const { userId } = requireSession(exchange).lease.principal
  const own = await findOwnPhone(exchange, userId)
  const shown = own === null ? null : { number: maskedPhone(own.number), use: own.use }
  return { own: shown, phone: formText(exchange, 'phone') }
}

function showCode(exchange: Exchange, problem?: FormProblem): Page {
  return ownPhoneCodePage({ ...questionBase(exchange, null, problem), phone: formText(exchange, 'phone') })
}
