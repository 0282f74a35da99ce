// The second half of a login, whichever way the first one went: by the API with a token, by a page with a cookie.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import { findPausedMethods } from '../../db/queries/phones.ts'
import { texts } from '../../db/values.ts'
import { type Exchange, singleCookie } from '../../exchange.ts'
import { type FormProblem, answerForm, formText, goTo } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import type { Page } from '../../pages/layout.tsx'
import { mfaPage, mfaTextPage } from '../../pages/mfa-page.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import { clearedCookie, pauseCookieName } from '../../sessions/cookie.ts'
import { hashSecret } from '../../sessions/token.ts'
import { maskedPhone } from '../../users/phone-number.ts'
import type { LoginAnswer, LoginMode } from '../complete.ts'
import { goOn } from '../go-on.ts'
import { mailedToken } from '../mailed-fields.ts'
import { loginMode } from '../mode-field.ts'
import { proveBySms, startSmsFactor } from '../phone/factor.ts'
import { returnTo } from '../return-to-field.ts'
import { factorCode, givenFactor, kindOf } from './fields.ts'
import { type GivenFactor, proveForLogin } from './prove.ts'

const verifyFields = givenFactor.extend({
  method: z.enum(['totp', 'backup_code', 'sms']),
  mfa_token: mailedToken,
  mode: loginMode,
})
const smsFields = z.strictObject({ mfa_token: mailedToken })
/** The page after a text says so, and shows again where it went. */
const formFields = z.strictObject({
  code: factorCode,
  method: z.literal('sms').optional(),
  phone: z.string().optional(),
  return_to: returnTo,
})

export function secondFactor(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/mfa/verify', async (context) => {
    const { exchange } = context.env
    const { mfa_token: token, ...given } = validFields(verifyFields, exchange.body)
    return context.json(await prove(exchange, token, given))
  })
  app.post('/v1/mfa/sms/start', async (context) => {
    const { exchange } = context.env
    await startSmsFactor(exchange, validFields(smsFields, exchange.body).mfa_token)
    return context.json({ status: 'sent' }, 202)
  })
  app.get('/mfa', async ({ env: { exchange }, req }) => {
    const returnTo = parseReturnTo(req.query('return_to'))
    if (singleCookie(exchange, pauseCookieName) === null)
      return goTo(withReturnTo(`${exchange.deps.settings.config.basePath}/login`, returnTo))
    return pageResponse(await showMfa(exchange, returnTo))
  })
  app.post('/mfa', ({ env: { exchange } }) => postMfa(exchange))
  app.post('/mfa/sms', ({ env: { exchange } }) => postSms(exchange))
  return app
}

type Given = { readonly method: GivenFactor['method'] | 'sms'; readonly code: string; readonly mode: LoginMode }

function prove(exchange: Exchange, token: string, { method, ...given }: Given): Promise<LoginAnswer> {
  return method === 'sms' ? proveBySms(exchange, token, given) : proveForLogin(exchange, token, { method, ...given })
}

async function postSms(exchange: Exchange): Promise<Response> {
  requireForm(exchange)
  const to = parseReturnTo(exchange.body.fields['return_to'])
  const before = await methodsOf(exchange)
  return answerForm(
    exchange,
    async () => {
      const phone = await startSmsFactor(exchange, singleCookie(exchange, pauseCookieName) ?? '')
      return pageResponse(mfaTextPage({ ...questionBase(exchange, to), phone: maskedPhone(phone) }))
    },
    (problem) => mfaPage({ ...questionBase(exchange, to, problem), methods: before }),
    { invalid_or_expired: 'invalid_code' },
  )
}

async function postMfa(exchange: Exchange): Promise<Response> {
  const methods = await methodsOf(exchange)
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const { code, method, return_to: to } = validFields(formFields, exchange.body)
      // Without one the try is made all the same, with a token that nobody was given: it ends like any wrong one.
      const token = singleCookie(exchange, pauseCookieName) ?? ''
      const answer = await prove(exchange, token, {
        method: method ?? kindOf(code).method,
        code,
        mode: 'cookie',
      })
      exchange.setCookies.push(clearedCookie(pauseCookieName))
      return goOn(exchange, answer, to)
    },
    (problem) => showAgain(exchange, methods, problem),
    { invalid_or_expired: 'invalid_code', invalid_input: 'invalid_code' },
  )
}

async function showMfa(exchange: Exchange, to: string | null): Promise<Page> {
  return mfaPage({ ...questionBase(exchange, to), methods: await methodsOf(exchange) })
}

function showAgain(exchange: Exchange, methods: readonly string[], problem: FormProblem): Page {
  const base = questionBase(exchange, parseReturnTo(exchange.body.fields['return_to']), problem)
  const isText = formText(exchange, 'method') === 'sms'
  return isText ? mfaTextPage({ ...base, phone: formText(exchange, 'phone') }) : mfaPage({ ...base, methods })
}

/** By which the login that waits in this browser can go on. */
async function methodsOf(exchange: Exchange): Promise<readonly string[]> {
  const token = singleCookie(exchange, pauseCookieName) ?? ''
  const [row] = await exchange.database.read(findPausedMethods(hashSecret(token)))
  return row === undefined ? [] : texts(row, 'methods')
}
