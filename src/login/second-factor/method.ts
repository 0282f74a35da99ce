// The second half of a login, whichever way the first one went: by the API with a token, by a page with a cookie.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import { type Exchange, singleCookie } from '../../exchange.ts'
import { type FormProblem, answerForm, goTo } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import type { Page } from '../../pages/layout.tsx'
import { mfaPage } from '../../pages/mfa-page.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import type { PasskeyOffer } from '../../pages/passkey-block.tsx'
import { clearedCookie, pauseCookieName } from '../../sessions/cookie.ts'
import type { LoginAnswer } from '../complete.ts'
import { goOn } from '../go-on.ts'
import { mailedToken } from '../mailed-fields.ts'
import { loginMode } from '../mode-field.ts'
import { passkeyAnswer, passkeyForm } from '../passkey/fields.ts'
import { offerToWaiting } from '../passkey/has-passkey.ts'
import { proveByPasskey } from '../passkey/sign-in.ts'
import type { PasskeySite } from '../passkey/site.ts'
import { passkeyWording } from '../passkey/wording.ts'
import { returnTo } from '../return-to-field.ts'
import { factorCode, givenFactor, kindOf } from './fields.ts'
import { proveForLogin } from './prove.ts'

const token = { mfa_token: mailedToken, mode: loginMode }
const verifyCode = givenFactor.extend(token)
const verifyPasskey = passkeyAnswer.extend(token)
const formFields = z.strictObject({ code: factorCode, return_to: returnTo })

export function secondFactor({ passkeys: site }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/mfa/verify', async (context) => context.json(await verify(context.env.exchange, site)))
  app.get('/mfa', async ({ env: { exchange }, req }) => {
    const returnTo = parseReturnTo(req.query('return_to'))
    if (singleCookie(exchange, pauseCookieName) === null)
      return goTo(withReturnTo(`${exchange.deps.settings.config.basePath}/login`, returnTo))
    return pageResponse(showMfa(exchange, returnTo, await offerToWaiting(exchange)))
  })
  app.post('/mfa', ({ env: { exchange } }) =>
    postMfa(exchange, { invalid_or_expired: 'invalid_code', invalid_input: 'invalid_code' }, () => {
      const { code, return_to: to } = validFields(formFields, exchange.body)
      const given = { ...kindOf(code), code, mode: 'cookie' } as const
      return { to, answer: proveForLogin(exchange, waitingToken(exchange), given) }
    }),
  )
  if (site === null) return app
  app.post('/mfa/passkey', ({ env: { exchange } }) =>
    postMfa(exchange, passkeyWording, () => {
      const { challenge_id: id, response, return_to: to } = validFields(passkeyForm, exchange.body)
      const given = { challengeId: id, response, mode: 'cookie' } as const
      return { to, answer: proveByPasskey(exchange, site, waitingToken(exchange), given) }
    }),
  )
  return app
}

function verify(exchange: Exchange, site: PasskeySite | null): Promise<LoginAnswer> {
  if (site === null || exchange.body.fields['method'] !== 'passkey') {
    const { mfa_token: waiting, ...given } = validFields(verifyCode, exchange.body)
    return proveForLogin(exchange, waiting, given)
  }
  const { mfa_token: waiting, challenge_id: id = null, response, mode } = validFields(verifyPasskey, exchange.body)
  return proveByPasskey(exchange, site, waiting, { challengeId: id, response, mode })
}

/** Without one the try is made all the same, with a token that nobody was given: it ends like any wrong one. */
function waitingToken(exchange: Exchange): string {
  return singleCookie(exchange, pauseCookieName) ?? ''
}

interface Given {
  readonly to: string | null
  readonly answer: Promise<LoginAnswer>
}

async function postMfa(
  exchange: Exchange,
  wording: Parameters<typeof answerForm>[3],
  prove: () => Given,
): Promise<Response> {
  // Before the answer, which spends what it is found by.
  const offer = await offerToWaiting(exchange)
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const { to, answer } = prove()
      const signedIn = await answer
      exchange.setCookies.push(clearedCookie(pauseCookieName))
      return goOn(exchange, signedIn, to)
    },
    (problem) => showMfa(exchange, parseReturnTo(exchange.body.fields['return_to']), offer, problem),
    wording,
  )
}

function showMfa(exchange: Exchange, to: string | null, passkey: PasskeyOffer | null, problem?: FormProblem): Page {
  return mfaPage({ ...questionBase(exchange, to, problem), passkey })
}
