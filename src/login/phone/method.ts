// Signing in by phone: the JSON API and the hosted pages over the same functions.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import type { Exchange } from '../../exchange.ts'
import { type FormProblem, answerForm, formText } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import type { Page } from '../../pages/layout.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import { phoneCodePage, phonePage } from '../../pages/phone-page.tsx'
import { goOn } from '../go-on.ts'
import { typedCode } from '../mailed-fields.ts'
import { loginMode } from '../mode-field.ts'
import { returnTo } from '../return-to-field.ts'
import { typedPhone } from '../../phone-field.ts'
import { startPhone, verifyPhone } from './sign-in.ts'

const startFields = z.strictObject({ phone: typedPhone, return_to: returnTo })
const verifyFields = z.strictObject({ phone: typedPhone, code: typedCode, mode: loginMode, return_to: returnTo })

export function phone({ sms }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  if (sms === null) return app
  app.post('/v1/phone/start', async (context) => {
    const { exchange } = context.env
    const fields = validFields(startFields, exchange.body)
    await startPhone(exchange, fields.phone, fields.return_to)
    return context.json({ status: 'sent' }, 202)
  })
  app.post('/v1/phone/verify', async (context) => {
    const { exchange } = context.env
    return context.json((await verifyPhone(exchange, validFields(verifyFields, exchange.body))).answer)
  })
  app.get('/phone', ({ env: { exchange }, req }) =>
    pageResponse(showStart(exchange, parseReturnTo(req.query('return_to')))),
  )
  app.post('/phone', ({ env: { exchange } }) => postStart(exchange))
  app.post('/phone/verify', ({ env: { exchange } }) => postVerify(exchange))
  return app
}

function postStart(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const fields = validFields(startFields, exchange.body)
      await startPhone(exchange, fields.phone, fields.return_to)
      return pageResponse(showCode(exchange))
    },
    (problem) => showStart(exchange, parseReturnTo(exchange.body.fields['return_to']), problem),
    { invalid_phone: 'invalid_input' },
  )
}

function postVerify(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const fields = validFields(verifyFields, exchange.body)
      const { answer, returnTo: kept } = await verifyPhone(exchange, { ...fields, mode: 'cookie' })
      return goOn(exchange, answer, fields.return_to ?? kept)
    },
    (problem) => showCode(exchange, problem),
    { invalid_or_expired: 'invalid_code', invalid_input: 'invalid_code', invalid_phone: 'invalid_code' },
  )
}

function showStart(exchange: Exchange, goTo: string | null, problem?: FormProblem): Page {
  return phonePage({ ...questionBase(exchange, goTo, problem), phone: formText(exchange, 'phone') })
}

function showCode(exchange: Exchange, problem?: FormProblem): Page {
  const base = questionBase(exchange, parseReturnTo(exchange.body.fields['return_to']), problem)
  return phoneCodePage({ ...base, phone: formText(exchange, 'phone') })
}
