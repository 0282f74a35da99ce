// Confirming an address signs in. Opening the link only shows a page: mail scanners open links, they press no buttons.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { OpenQuestion } from '../../db/queries/challenges.ts'
import type { Exchange } from '../../exchange.ts'
import { type FormProblem, answerForm, formText } from '../../forms/answer.ts'
import { csrfTokenFor } from '../../forms/csrf-token.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { checkMailPage } from '../../pages/check-mail-page.tsx'
import type { Page } from '../../pages/layout.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import { textsFor } from '../../language.ts'
import { verifyElsewherePage, verifyEmailPage } from '../../pages/verify-email-page.tsx'
import { emailAddress } from '../../users/email-address.ts'
import { questionBehind } from '../challenge.ts'
import { goOn } from '../go-on.ts'
import { mailedToken, typedCode } from '../mailed-fields.ts'
import { loginMode } from '../mode-field.ts'
import { newPassword } from '../password/fields.ts'
import { returnTo } from '../return-to-field.ts'
import { resend, verifyEmail } from './verify.ts'

const byLink = z.strictObject({
  token: mailedToken,
  new_password: newPassword.optional(),
  mode: loginMode,
  return_to: returnTo,
})
const byCode = z.strictObject({
  email: emailAddress,
  code: typedCode,
  new_password: newPassword.optional(),
  mode: loginMode,
  return_to: returnTo,
})
/** The page shows the address to password managers, and they send it along. */
const linkForm = byLink.extend({ email: z.string().optional() })
const resendFields = z.strictObject({ email: emailAddress, return_to: returnTo })

export function emailVerification(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/email/verify', async (context) => {
    const { exchange } = context.env
    return context.json((await verifyEmail(exchange, answerFields(exchange, byLink))).answer)
  })
  app.post('/v1/email/resend', async (context) => {
    const { exchange } = context.env
    await resend(exchange, validFields(resendFields, exchange.body).email)
    return context.json({ status: 'sent' }, 202)
  })
  app.get('/verify-email', async ({ env: { exchange }, req }) => {
    const token = req.query('token') ?? ''
    return pageResponse(showLink(exchange, token, await questionBehind(exchange, token, 'verify-email')))
  })
  app.post('/verify-email', ({ env: { exchange } }) => postVerification(exchange))
  app.post('/resend', ({ env: { exchange } }) => postResend(exchange))
  return app
}

/** Told apart by hand: the problems of a union name no field. */
function answerFields({ body }: Exchange, link: typeof byLink): z.output<typeof byLink> | z.output<typeof byCode> {
  return 'token' in body.fields ? validFields(link, body) : validFields(byCode, body)
}

function postVerification(exchange: Exchange): Promise<Response> {
  const token = formText(exchange, 'token')
  const isLink = token !== ''
  const wording = isLink ? 'invalid_link' : 'invalid_code'
  const hasPassword = 'new_password' in exchange.body.fields
  let question: OpenQuestion | null = null
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      question = await questionBehind(exchange, token, 'verify-email')
      // The page was made for the browser that signed up: this one is not it, or has lost its cookie since.
      if (asksPassword(question) && !hasPassword) return pageResponse(showLink(exchange, token, question))
      const fields = answerFields(exchange, linkForm)
      const verified = await verifyEmail(exchange, { ...fields, mode: 'cookie' })
      return goOn(exchange, verified.answer, fields.return_to ?? verified.returnTo)
    },
    (problem) => (isLink ? showLink(exchange, token, question, problem) : showCheckMail(exchange, problem)),
    { invalid_or_expired: wording, ...(hasPassword ? {} : { invalid_input: wording }) },
  )
}

/** Whoever reads the mail elsewhere than they signed up, or has not signed up at all, has chosen none that may count. */
function asksPassword(question: OpenQuestion | null): question is OpenQuestion {
  return question !== null && !question.hasOwnPassword
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

/** A link that asks nothing any more is shown like one that does: only the button tells. */
function showLink(exchange: Exchange, token: string, question: OpenQuestion | null, problem?: FormProblem): Page {
  const base = { ...questionBase(exchange, null, problem), token }
  return asksPassword(question) ? verifyElsewherePage({ ...base, email: question.email }) : verifyEmailPage(base)
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
