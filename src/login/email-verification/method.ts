// Confirming an address signs in. Opening the link only shows a page: mail scanners open links, they press no buttons.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { Exchange } from '../../exchange.ts'
import { type FormProblem, answerForm, formText } from '../../forms/answer.ts'
import { csrfTokenFor } from '../../forms/csrf-token.ts'
import { requireForm } from '../../forms/require-form.ts'
import { checkMailPage } from '../../pages/check-mail-page.tsx'
import type { Page } from '../../pages/layout.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import { textsFor } from '../../language.ts'
import { verifyEmailPage } from '../../pages/verify-email-page.tsx'
import { emailAddress } from '../../users/email-address.ts'
import { goOn } from '../go-on.ts'
import { mailedToken, typedCode } from '../mailed-fields.ts'
import { loginMode } from '../mode-field.ts'
import { returnTo } from '../return-to-field.ts'
import { resend, verifyEmail } from './verify.ts'

const answerFields = z.union([
  z.strictObject({ token: mailedToken, mode: loginMode, return_to: returnTo }),
  z.strictObject({ email: emailAddress, code: typedCode, mode: loginMode, return_to: returnTo }),
])
const resendFields = z.strictObject({ email: emailAddress, return_to: returnTo })

export function emailVerification(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/email/verify', async (context) => {
    const { exchange } = context.env
    return context.json((await verifyEmail(exchange, validFields(answerFields, exchange.body))).answer)
  })
  app.post('/v1/email/resend', async (context) => {
    const { exchange } = context.env
    await resend(exchange, validFields(resendFields, exchange.body).email)
    return context.json({ status: 'sent' }, 202)
  })
  app.get('/verify-email', ({ env: { exchange }, req }) => pageResponse(showLink(exchange, req.query('token') ?? '')))
  app.post('/verify-email', ({ env: { exchange } }) => postVerification(exchange))
  app.post('/resend', ({ env: { exchange } }) => postResend(exchange))
  return app
}

function postVerification(exchange: Exchange): Promise<Response> {
  const isLink = formText(exchange, 'token') !== ''
  const wording = isLink ? 'invalid_link' : 'invalid_code'
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const fields = validFields(answerFields, exchange.body)
      const verified = await verifyEmail(exchange, { ...fields, mode: 'cookie' })
      return goOn(exchange, verified.answer, fields.return_to ?? verified.returnTo)
    },
    (problem) => (isLink ? showLink(exchange, formText(exchange, 'token'), problem) : showCheckMail(exchange, problem)),
    { invalid_or_expired: wording, invalid_input: wording },
  )
}

function postResend(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      await resend(exchange, validFields(resendFields, exchange.body).email)
      return pageResponse(showCheckMail(exchange))
    },
    (problem) => showCheckMail(exchange, problem),
  )
}

function showLink(exchange: Exchange, given: string, problem?: FormProblem): Page {
  const { theme, basePath } = exchange.deps.settings.config
  const csrfToken = csrfTokenFor(exchange)
  return verifyEmailPage({
    theme,
    texts: textsFor(exchange),
    basePath,
    csrfToken,
    token: given,
    problem: problem?.problem,
    retryAfterS: problem?.retryAfterS,
  })
}

function showCheckMail(exchange: Exchange, problem?: FormProblem): Page {
  const { theme, basePath } = exchange.deps.settings.config
  return checkMailPage({
    theme,
    texts: textsFor(exchange),
    basePath,
    csrfToken: csrfTokenFor(exchange),
    email: formText(exchange, 'email'),
    returnTo: parseReturnTo(exchange.body.fields['return_to']),
    problem: problem?.problem,
    retryAfterS: problem?.retryAfterS,
    notice: problem === undefined ? 'message_sent' : undefined,
  })
}
