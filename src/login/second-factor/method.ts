// The second half of a login, whichever way the first one went: by the API with a token, by a page with a cookie.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import { findPausedMethods } from '../../db/queries/phones.ts'
import { texts } from '../../db/values.ts'
import type { Deps } from '../../deps.ts'
import { type Exchange, singleCookie } from '../../exchange.ts'
import { type FormProblem, answerForm, formText, goTo } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import type { Page } from '../../pages/layout.tsx'
import { mfaPage, mfaTextPage } from '../../pages/mfa-page.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import type { PasskeyOffer } from '../../pages/passkey-block.tsx'
import { clearedCookie, pauseCookieName } from '../../sessions/cookie.ts'
import { hashSecret } from '../../sessions/token.ts'
import { maskedPhone } from '../../users/phone-number.ts'
import type { LoginAnswer, LoginMode } from '../complete.ts'
import { goOn } from '../go-on.ts'
import { mailedToken } from '../mailed-fields.ts'
import { loginMode } from '../mode-field.ts'
import { passkeyAnswer, passkeyForm } from '../passkey/fields.ts'
import { offerToWaiting } from '../passkey/has-passkey.ts'
import { proveByPasskey } from '../passkey/sign-in.ts'
import type { PasskeySite } from '../passkey/site.ts'
import { passkeyWording } from '../passkey/wording.ts'
import { proveBySms, startSmsFactor } from '../phone/factor.ts'
import { returnTo } from '../return-to-field.ts'
import { factorCode, givenFactor, kindOf } from './fields.ts'
import { type GivenFactor, proveForLogin } from './prove.ts'

const token = { mfa_token: mailedToken, mode: loginMode }
const verifyCode = givenFactor.extend({ method: z.enum(['totp', 'backup_code', 'sms']), ...token })
const verifyPasskey = passkeyAnswer.extend(token)
const smsFields = z.strictObject({ mfa_token: mailedToken })
/** The page after a text says so, and shows again where it went. */
const formFields = z.strictObject({
  code: factorCode,
  method: z.literal('sms').optional(),
  phone: z.string().optional(),
  return_to: returnTo,
})

export function secondFactor({ passkeys: site }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/mfa/verify', async (context) => context.json(await verify(context.env.exchange, site)))
  app.post('/v1/mfa/sms/start', async (context) => {
    const { exchange } = context.env
    await startSmsFactor(exchange, validFields(smsFields, exchange.body).mfa_token)
    return context.json({ status: 'sent' }, 202)
  })
  app.get('/mfa', async ({ env: { exchange }, req }) => {
    const returnTo = parseReturnTo(req.query('return_to'))
    if (singleCookie(exchange, pauseCookieName) === null)
      return goTo(withReturnTo(`${exchange.deps.settings.config.basePath}/login`, returnTo))
    return pageResponse(showMfa(exchange, returnTo, await waysOn(exchange)))
  })
  app.post('/mfa', ({ env: { exchange } }) =>
    postMfa(exchange, { invalid_or_expired: 'invalid_code', invalid_input: 'invalid_code' }, () => {
      const { code, method = kindOf(code).method, return_to: to } = validFields(formFields, exchange.body)
      return { to, answer: proveByCode(exchange, waitingToken(exchange), { method, code, mode: 'cookie' }) }
    }),
  )
  app.post('/mfa/sms', ({ env: { exchange } }) => postSms(exchange))
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
    return proveByCode(exchange, waiting, given)
  }
  const { mfa_token: waiting, challenge_id: id = null, response, mode } = validFields(verifyPasskey, exchange.body)
  return proveByPasskey(exchange, site, waiting, { challengeId: id, response, mode })
}

type GivenCode = { readonly method: GivenFactor['method'] | 'sms'; readonly code: string; readonly mode: LoginMode }

function proveByCode(exchange: Exchange, waiting: string, { method, ...given }: GivenCode): Promise<LoginAnswer> {
  return method === 'sms'
    ? proveBySms(exchange, waiting, given)
    : proveForLogin(exchange, waiting, { method, ...given })
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
  // Before the answer, which spends what they are found by.
  const ways = await waysOn(exchange)
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const { to, answer } = prove()
      const signedIn = await answer
      exchange.setCookies.push(clearedCookie(pauseCookieName))
      return goOn(exchange, signedIn, to)
    },
    (problem) => showMfa(exchange, parseReturnTo(exchange.body.fields['return_to']), ways, problem),
    wording,
  )
}

async function postSms(exchange: Exchange): Promise<Response> {
  requireForm(exchange)
  const to = parseReturnTo(exchange.body.fields['return_to'])
  const ways = await waysOn(exchange)
  return answerForm(
    exchange,
    async () => {
      const phone = await startSmsFactor(exchange, waitingToken(exchange))
      return pageResponse(mfaTextPage({ ...questionBase(exchange, to), phone: maskedPhone(phone) }))
    },
    (problem) => mfaPage({ ...questionBase(exchange, to, problem), ...ways }),
    { invalid_or_expired: 'invalid_code' },
  )
}

/** How the login that waits in this browser can go on. */
interface WaysOn {
  readonly methods: readonly string[]
  readonly passkey: PasskeyOffer | null
}

async function waysOn(exchange: Exchange): Promise<WaysOn> {
  const [[row], passkey] = await Promise.all([
    exchange.database.read(findPausedMethods(hashSecret(waitingToken(exchange)))),
    offerToWaiting(exchange),
  ])
  return { methods: row === undefined ? [] : texts(row, 'methods'), passkey }
}

function showMfa(exchange: Exchange, to: string | null, ways: WaysOn, problem?: FormProblem): Page {
  const base = questionBase(exchange, to, problem)
  const isText = formText(exchange, 'method') === 'sms'
  return isText ? mfaTextPage({ ...base, phone: formText(exchange, 'phone') }) : mfaPage({ ...base, ...ways })
}
