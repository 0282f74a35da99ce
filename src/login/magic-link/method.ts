// Magic links: the JSON API and the hosted pages over the same functions. Opening a link consumes nothing.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { OpenQuestion } from '../../db/queries/challenges.ts'
import type { Deps } from '../../deps.ts'
import type { Exchange } from '../../exchange.ts'
import { type FormProblem, answerForm, formText } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import type { Page } from '../../pages/layout.tsx'
import { magicCodePage, magicConfirmPage, magicElsewherePage, magicLinkPage } from '../../pages/magic-link-page.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import { emailAddress, maskedEmail } from '../../users/email-address.ts'
import { questionBehind } from '../challenge.ts'
import { goOn } from '../go-on.ts'
import { mailedToken, typedCode } from '../mailed-fields.ts'
import { loginMode } from '../mode-field.ts'
import { returnTo } from '../return-to-field.ts'
import { magicSignIn, sendMagicLink } from './sign-in.ts'

const startFields = z.strictObject({ email: emailAddress, return_to: returnTo })
const byLink = z.strictObject({
  token: mailedToken,
  email: emailAddress.optional(),
  mode: loginMode,
  return_to: returnTo,
})
const byCode = z.strictObject({ email: emailAddress, code: typedCode, mode: loginMode, return_to: returnTo })

export function magicLink({ settings }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  if (!settings.config.login.magicLink) return app
  app.post('/v1/magic-link/start', async (context) => {
    const { exchange } = context.env
    const fields = validFields(startFields, exchange.body)
    await sendMagicLink(exchange, fields.email, fields.return_to)
    return context.json({ status: 'sent' }, 202)
  })
  app.post('/v1/magic-link/verify', async (context) => {
    const { exchange } = context.env
    return context.json((await magicSignIn(exchange, answerFields(exchange))).answer)
  })
  app.get('/magic-link', async ({ env: { exchange }, req }) => {
    const token = req.query('token')
    if (token !== undefined)
      return pageResponse(showConfirm(exchange, token, await questionBehind(exchange, token, 'magic-link')))
    return pageResponse(showStart(exchange, parseReturnTo(req.query('return_to'))))
  })
  app.post('/magic-link', ({ env: { exchange } }) => postStart(exchange))
  app.post('/magic-link/verify', ({ env: { exchange } }) => postVerify(exchange))
  return app
}

/** Told apart by hand: the problems of a union name no field. */
function answerFields({ body }: Exchange): z.output<typeof byLink> | z.output<typeof byCode> {
  return 'token' in body.fields ? validFields(byLink, body) : validFields(byCode, body)
}

function postStart(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const fields = validFields(startFields, exchange.body)
      await sendMagicLink(exchange, fields.email, fields.return_to)
      return pageResponse(showCode(exchange))
    },
    (problem) => showStart(exchange, parseReturnTo(exchange.body.fields['return_to']), problem),
  )
}

function postVerify(exchange: Exchange): Promise<Response> {
  const token = formText(exchange, 'token')
  const hasAddress = token !== '' && 'email' in exchange.body.fields
  const linkWording = hasAddress ? 'wrong_address' : 'invalid_link'
  const wording = token === '' ? 'invalid_code' : linkWording
  let question: OpenQuestion | null = null
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      question = await questionBehind(exchange, token, 'magic-link')
      // The page was made for the browser that asked: this one is not it, or has lost its cookie since.
      if (question?.isOwn === false && !hasAddress) return pageResponse(showConfirm(exchange, token, question))
      const fields = answerFields(exchange)
      const { answer, returnTo: kept } = await magicSignIn(exchange, { ...fields, mode: 'cookie' })
      return goOn(exchange, answer, fields.return_to ?? kept)
    },
    (problem) => (token === '' ? showCode(exchange, problem) : showConfirm(exchange, token, question, problem)),
    { invalid_or_expired: wording, ...(hasAddress ? {} : { invalid_input: wording }) },
  )
}

function showStart(exchange: Exchange, goTo: string | null, problem?: FormProblem): Page {
  return magicLinkPage({ ...questionBase(exchange, goTo, problem), email: formText(exchange, 'email') })
}

function showCode(exchange: Exchange, problem?: FormProblem): Page {
  const base = questionBase(exchange, parseReturnTo(exchange.body.fields['return_to']), problem)
  return magicCodePage({ ...base, email: formText(exchange, 'email') })
}

/** A link that asks nothing any more is shown like one that does: only the button tells. */
function showConfirm(exchange: Exchange, token: string, question: OpenQuestion | null, problem?: FormProblem): Page {
  const base = { ...questionBase(exchange, null, problem), token }
  const shown = question === null ? null : maskedEmail(question.email)
  if (shown === null || question?.isOwn === true) return magicConfirmPage({ ...base, shown })
  return magicElsewherePage({ ...base, shown, email: formText(exchange, 'email') })
}
