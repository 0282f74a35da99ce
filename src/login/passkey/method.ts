// Signing in with a passkey: the JSON API, and the forms that the script of the pages fills in.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import type { Exchange } from '../../exchange.ts'
import { type FormProblem, answerForm } from '../../forms/answer.ts'
import { requireForm } from '../../forms/require-form.ts'
import { emailAddress } from '../../users/email-address.ts'
import { goOn } from '../go-on.ts'
import { mailedToken } from '../mailed-fields.ts'
import { loginMode } from '../mode-field.ts'
import { showLogin } from '../password/method.ts'
import { askSignIn } from './ask-sign-in.ts'
import { assertionField, challengeId, passkeyForm } from './fields.ts'
import { signInByPasskey } from './sign-in.ts'
import type { PasskeySite } from './site.ts'
import { passkeyWording } from './wording.ts'

const startFields = z
  .strictObject({
    email: emailAddress.optional(),
    mfa_token: mailedToken.optional(),
    /** For pages, whose script holds no token: the cookie says which login waits, or whose session it is. */
    about: z.enum(['sign-in', 'second-factor', 'proof']).default('sign-in'),
  })
  .transform(({ email = null, mfa_token: mfaToken = null, about }) => ({ email, mfaToken, about }))

const finishFields = z.strictObject({ challenge_id: challengeId, response: assertionField, mode: loginMode })

export function passkeySignIn({ passkeys: site }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  if (site === null) return app
  app.post('/v1/webauthn/authenticate/start', async (context) => {
    const { exchange } = context.env
    return context.json(await askSignIn(exchange, site, validFields(startFields, exchange.body)))
  })
  app.post('/v1/webauthn/authenticate/finish', async (context) => {
    const { exchange } = context.env
    const { challenge_id: id, ...fields } = validFields(finishFields, exchange.body)
    return context.json(await signInByPasskey(exchange, site, { ...fields, challengeId: id }))
  })
  app.post('/login/passkey', ({ env: { exchange } }) => postPasskey(exchange, site))
  return app
}

function postPasskey(exchange: Exchange, site: PasskeySite): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const { challenge_id: id, response, return_to: to } = validFields(passkeyForm, exchange.body)
      const answer = await signInByPasskey(exchange, site, { challengeId: id, response, mode: 'cookie' })
      return goOn(exchange, answer, to)
    },
    (problem) =>
      showLogin(exchange, parseReturnTo(exchange.body.fields['return_to']), problem, unknownId(exchange, problem)),
    passkeyWording,
  )
}

/** What the browser is told not to offer any more: only what came with this very form. */
function unknownId({ body }: Exchange, { problem }: FormProblem): string | undefined {
  const given = passkeyForm.safeParse(body.fields)
  return problem === 'unknown_passkey' && given.success ? given.data.response.id : undefined
}
