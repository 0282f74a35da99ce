// Forgotten and changed passwords: the JSON API and the hosted pages over the same functions.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import { type Exchange } from '../../exchange.ts'
import { type FormProblem, answerForm, formText, goTo } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { isNobody, requireSession } from '../../forms/require-session.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import { changePasswordPage } from '../../pages/change-password-page.tsx'
import { forgotPage } from '../../pages/forgot-page.tsx'
import type { Page } from '../../pages/layout.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import { resetPage } from '../../pages/reset-page.tsx'
import { emailAddress } from '../../users/email-address.ts'
import { questionBehind } from '../challenge.ts'
import { mailedToken, typedCode } from '../mailed-fields.ts'
import { returnTo } from '../return-to-field.ts'
import { changePassword } from './change.ts'
import { currentPassword, newPassword } from './fields.ts'
import { forgotPassword, resetPassword } from './reset.ts'

const forgotFields = z.strictObject({ email: emailAddress, return_to: returnTo })
const resetByLink = z.strictObject({ token: mailedToken, new_password: newPassword, return_to: returnTo })
const resetByCode = z.strictObject({
  email: emailAddress,
  code: typedCode,
  new_password: newPassword,
  return_to: returnTo,
})
/** The pages show the address to password managers, and they send it along. */
const resetLinkForm = resetByLink.extend({ email: z.string().optional() })
const changeFields = z.strictObject({ current_password: currentPassword, new_password: newPassword })
const changeForm = changeFields.extend({ email: z.string().optional(), return_to: returnTo })

export function passwordReset(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/password/forgot', async (context) => {
    const { exchange } = context.env
    await forgotPassword(exchange, validFields(forgotFields, exchange.body).email)
    return context.json({ status: 'sent' }, 202)
  })
  app.post('/v1/password/reset', async (context) => {
    const { exchange } = context.env
    const fields = resetFields(exchange, resetByLink)
    await resetPassword(exchange, fields, fields.new_password)
    return context.json({ status: 'password_changed' })
  })
  app.post('/v1/password/change', async (context) => {
    const { exchange } = context.env
    requireSession(exchange)
    await changePassword(exchange, validFields(changeFields, exchange.body))
    return context.json({ status: 'password_changed' })
  })
  app.get('/forgot', ({ env: { exchange }, req }) =>
    pageResponse(showForgot(exchange, parseReturnTo(req.query('return_to')))),
  )
  app.post('/forgot', ({ env: { exchange } }) => postForgot(exchange))
  app.get('/reset', async ({ env: { exchange }, req }) => {
    const token = req.query('token') ?? ''
    return pageResponse(showReset(exchange, token, await addressBehind(exchange, token)))
  })
  app.post('/reset', ({ env: { exchange } }) => postReset(exchange))
  app.get('/account/password', ({ env: { exchange } }) => {
    const { basePath } = exchange.deps.settings.config
    if (isNobody(exchange)) return goTo(withReturnTo(`${basePath}/login`, `${basePath}/account/password`))
    return pageResponse(showChange(exchange))
  })
  app.post('/account/password', ({ env: { exchange } }) => postChange(exchange))
  return app
}

/** Told apart by hand: the problems of a union name no field. */
function resetFields(
  { body }: Exchange,
  link: typeof resetByLink,
): z.output<typeof resetByLink> | z.output<typeof resetByCode> {
  return 'token' in body.fields ? validFields(link, body) : validFields(resetByCode, body)
}

function postForgot(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      await forgotPassword(exchange, validFields(forgotFields, exchange.body).email)
      return pageResponse(showReset(exchange, '', null))
    },
    (problem) => showForgot(exchange, parseReturnTo(exchange.body.fields['return_to']), problem),
  )
}

function postReset(exchange: Exchange): Promise<Response> {
  const token = formText(exchange, 'token')
  let address: string | null = null
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      address = await addressBehind(exchange, token)
      const fields = resetFields(exchange, resetLinkForm)
      await resetPassword(exchange, fields, fields.new_password)
      const login = `${exchange.deps.settings.config.basePath}/login?notice=password_changed`
      return goTo(fields.return_to === null ? login : `${login}&return_to=${encodeURIComponent(fields.return_to)}`)
    },
    (problem) => showReset(exchange, token, address, problem),
    { invalid_or_expired: token === '' ? 'invalid_code' : 'invalid_link' },
  )
}

function postChange(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      requireSession(exchange)
      await changePassword(exchange, validFields(changeForm, exchange.body))
      return goTo(`${exchange.deps.settings.config.basePath}/account?notice=password_changed_here`)
    },
    (problem) => showChange(exchange, problem),
    { invalid_credentials: 'invalid_password' },
  )
}

function showForgot(exchange: Exchange, returnTo: string | null, problem?: FormProblem): Page {
  return forgotPage({ ...questionBase(exchange, returnTo, problem), email: formText(exchange, 'email') })
}

/** Whose password the link of a mail changes: known to whoever has the link. */
async function addressBehind(exchange: Exchange, token: string): Promise<string | null> {
  return (await questionBehind(exchange, token, 'reset-password'))?.email ?? null
}

/** With a token the page behind the link, otherwise the one that asks for the code. */
function showReset(exchange: Exchange, token: string, address: string | null, problem?: FormProblem): Page {
  const base = questionBase(exchange, parseReturnTo(exchange.body.fields['return_to']), problem)
  const email = formText(exchange, 'email')
  return resetPage(token === '' && email !== '' ? { ...base, email } : { ...base, token, email: address })
}

function showChange(exchange: Exchange, problem?: FormProblem): Page {
  const { email } = requireSession(exchange).lease.principal
  return changePasswordPage({ ...questionBase(exchange, null, problem), email })
}
