// A fresh proof from somebody who is signed in, for what a session alone is not enough for. Where there is a second factor
// it is that one that counts: a password alone then leads to the question for it, as at any login.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import { type Factors, factorsOf, findFactors } from '../../db/queries/factors.ts'
import { entryOf, startSession } from '../../db/queries/sign-in.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, reject } from '../../exchange.ts'
import { type FormProblem, answerForm, goTo } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { isNobody, requireSession } from '../../forms/require-session.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import { reauthenticatePage } from '../../pages/mfa-page.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import type { PasskeyOffer } from '../../pages/passkey-block.tsx'
import { type LoginAnswer, completeLogin, draftSession } from '../complete.ts'
import { goOn } from '../go-on.ts'
import { passkeyAnswer, passkeyForm } from '../passkey/fields.ts'
import { offerTo } from '../passkey/has-passkey.ts'
import { proveOwnPasskey } from '../passkey/sign-in.ts'
import type { PasskeySite } from '../passkey/site.ts'
import { passkeyWording } from '../passkey/wording.ts'
import { provePassword } from '../password/change.ts'
import { currentPassword } from '../password/fields.ts'
import { returnTo } from '../return-to-field.ts'
import { factorCode, givenFactor, kindOf } from '../second-factor/fields.ts'
import { type GivenFactor, proveForSession } from '../second-factor/prove.ts'

const byPassword = z.strictObject({ password: currentPassword })
/** The page shows the address to password managers, and they send it along. */
const passwordForm = z.strictObject({
  current_password: currentPassword,
  email: z.string().optional(),
  return_to: returnTo,
})
const factorForm = z.strictObject({ code: factorCode, return_to: returnTo })

export function reauthentication({ passkeys: site }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/reauthenticate', async (context) => {
    const { exchange } = context.env
    requireSession(exchange)
    if (site !== null && exchange.body.fields['method'] === 'passkey') {
      const { challenge_id: id = null, response } = validFields(passkeyAnswer, exchange.body)
      return context.json(await proveOwnPasskey(exchange, site, { challengeId: id, response, mode: 'cookie' }))
    }
    if ('code' in exchange.body.fields)
      return context.json(await withFactor(exchange, validFields(givenFactor, exchange.body)))
    return context.json(await withPassword(exchange, validFields(byPassword, exchange.body).password))
  })
  app.get('/reauthenticate', async ({ env: { exchange }, req }) => {
    const to = parseReturnTo(req.query('return_to'))
    if (isNobody(exchange)) return goTo(withReturnTo(`${exchange.deps.settings.config.basePath}/login`, to))
    return show(exchange, to, req.query('aal') === '2')
  })
  app.post('/reauthenticate', ({ env: { exchange } }) => post(exchange))
  if (site !== null) app.post('/reauthenticate/passkey', ({ env: { exchange } }) => postPasskey(exchange, site))
  return app
}

async function withPassword(exchange: Exchange, password: string): Promise<LoginAnswer> {
  const { userId } = requireSession(exchange).lease.principal
  await provePassword(exchange, password)
  const draft = draftSession(exchange, { userId, method: 'reauthentication', amr: ['pwd'], aal: 1, mode: 'cookie' })
  const [row] = await exchange.database.write(startSession(draft))
  if (row === undefined) throw new GatewayError(reject('invalid_credentials', 'account gone'))
  return completeLogin(exchange, entryOf(row), draft)
}

function withFactor(exchange: Exchange, given: GivenFactor): Promise<LoginAnswer> {
  const { userId, amr } = requireSession(exchange).lease.principal
  return proveForSession(exchange, { userId, amr }, given)
}

async function post(exchange: Exchange): Promise<Response> {
  const asked = { ...(await ownFactors(exchange)), needsFactor: false }
  const to = parseReturnTo(exchange.body.fields['return_to'])
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      if (!('code' in exchange.body.fields)) {
        const { current_password: password } = validFields(passwordForm, exchange.body)
        return goOn(exchange, await withPassword(exchange, password), to)
      }
      const { code } = validFields(factorForm, exchange.body)
      return goOn(exchange, await withFactor(exchange, { ...kindOf(code), code }), to)
    },
    (problem) => pageOf(exchange, { ...asked, to }, problem),
    { invalid_credentials: 'invalid_password', invalid_or_expired: 'invalid_code' },
  )
}

async function postPasskey(exchange: Exchange, site: PasskeySite): Promise<Response> {
  const asked = { ...(await ownFactors(exchange)), needsFactor: false }
  const to = parseReturnTo(exchange.body.fields['return_to'])
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const { challenge_id: id, response } = validFields(passkeyForm, exchange.body)
      return goOn(exchange, await proveOwnPasskey(exchange, site, { challengeId: id, response, mode: 'cookie' }), to)
    },
    (problem) => pageOf(exchange, { ...asked, to }, problem),
    passkeyWording,
  )
}

async function show(exchange: Exchange, to: string | null, needsFactor: boolean): Promise<Response> {
  return pageResponse(pageOf(exchange, { ...(await ownFactors(exchange)), to, needsFactor }))
}

interface Own {
  readonly factors: Factors
  readonly passkey: PasskeyOffer | null
}

interface Asked extends Own {
  readonly to: string | null
  readonly needsFactor: boolean
}

function pageOf(exchange: Exchange, { to, factors, passkey, needsFactor }: Asked, problem?: FormProblem) {
  const instead = passkey === null ? 'nothing' : 'passkey'
  // A password leads on to the text where there is a phone that is asked second.
  const isByPassword = !needsFactor || factors.methods.length > 0
  const ask = factors.hasTotp ? 'factor' : isByPassword ? 'password' : instead
  const { providers } = exchange.deps.settings.config.login
  const { email } = requireSession(exchange).lease.principal
  return reauthenticatePage({ ...questionBase(exchange, to, problem), ask, email, passkey, providers })
}

async function ownFactors(exchange: Exchange): Promise<Own> {
  const { userId } = requireSession(exchange).lease.principal
  const [[row], passkey] = await Promise.all([exchange.database.read(findFactors(userId)), offerTo(exchange, userId)])
  const none = { hasPassword: false, hasTotp: false, methods: [], backupCodesLeft: 0 }
  return { factors: row === undefined ? none : factorsOf(row), passkey }
}
