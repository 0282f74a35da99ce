// The second half of a login, whichever way the first one went: by the API with a token, by a page with a cookie.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import { type Exchange, singleCookie } from '../../exchange.ts'
import { type FormProblem, answerForm, goTo } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import type { Page } from '../../pages/layout.tsx'
import { mfaPage } from '../../pages/mfa-page.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import { clearedCookie, pauseCookieName } from '../../sessions/cookie.ts'
import { goOn } from '../go-on.ts'
import { mailedToken } from '../mailed-fields.ts'
import { loginMode } from '../mode-field.ts'
import { returnTo } from '../return-to-field.ts'
import { factorCode, givenFactor, kindOf } from './fields.ts'
import { proveForLogin } from './prove.ts'

const verifyFields = givenFactor.extend({ mfa_token: mailedToken, mode: loginMode })
const formFields = z.strictObject({ code: factorCode, return_to: returnTo })

export function secondFactor(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/mfa/verify', async (context) => {
    const { exchange } = context.env
    const { mfa_token: token, ...given } = validFields(verifyFields, exchange.body)
    return context.json(await proveForLogin(exchange, token, given))
  })
  app.get('/mfa', ({ env: { exchange }, req }) => {
    const returnTo = parseReturnTo(req.query('return_to'))
    if (singleCookie(exchange, pauseCookieName) === null)
      return goTo(withReturnTo(`${exchange.deps.settings.config.basePath}/login`, returnTo))
    return pageResponse(showMfa(exchange, returnTo))
  })
  app.post('/mfa', ({ env: { exchange } }) => postMfa(exchange))
  return app
}

function postMfa(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const { code, return_to: to } = validFields(formFields, exchange.body)
      // Without one the try is made all the same, with a token that nobody was given: it ends like any wrong one.
      const token = singleCookie(exchange, pauseCookieName) ?? ''
      const answer = await proveForLogin(exchange, token, { ...kindOf(code), code, mode: 'cookie' })
      exchange.setCookies.push(clearedCookie(pauseCookieName))
      return goOn(exchange, answer, to)
    },
    (problem) => showMfa(exchange, parseReturnTo(exchange.body.fields['return_to']), problem),
    { invalid_or_expired: 'invalid_code', invalid_input: 'invalid_code' },
  )
}

function showMfa(exchange: Exchange, to: string | null, problem?: FormProblem): Page {
  return mfaPage(questionBase(exchange, to, problem))
}
