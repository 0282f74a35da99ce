// A fresh proof from somebody who is signed in, for what a session alone is not enough for. Where there is a second factor
// it is that one that counts: a password alone then leads to the question for it, as at any login.
import type { Hono } from 'hono'
import { z } from 'zod'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
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
import { type LoginAnswer, completeLogin, draftSession } from '../complete.ts'
import { goOn } from '../go-on.ts'
import { provePassword } from '../password/change.ts'
import { currentPassword } from '../password/fields.ts'
import { returnTo } from '../return-to-field.ts'
import { factorCode, givenFactor, kindOf } from '../second-factor/fields.ts'
import { type GivenFactor, proveForSession } from '../second-factor/prove.ts'

const byPassword = z.strictObject({ password: currentPassword })
const passwordForm = z.strictObject({ current_password: currentPassword, return_to: returnTo })
const factorForm = z.strictObject({ code: factorCode, return_to: returnTo })

export function reauthentication(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/reauthenticate', async (context) => {
    const { exchange } = context.env
    requireSession(exchange)
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
  const factors = await ownFactors(exchange)
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
    (problem) => pageOf(exchange, { to, factors, needsFactor: false }, problem),
    { invalid_credentials: 'invalid_password', invalid_or_expired: 'invalid_code' },
  )
}

async function show(exchange: Exchange, to: string | null, needsFactor: boolean): Promise<Response> {
  return pageResponse(pageOf(exchange, { to, factors: await ownFactors(exchange), needsFactor }))
}

interface Asked {
  readonly to: string | null
  readonly factors: Factors
  readonly needsFactor: boolean
}

function pageOf(exchange: Exchange, { to, factors, needsFactor }: Asked, problem?: FormProblem) {
  const ask = factors.hasTotp ? 'factor' : needsFactor ? 'nothing' : 'password'
  return reauthenticatePage({ ...questionBase(exchange, to, problem), ask })
}

async function ownFactors(exchange: Exchange): Promise<Factors> {
  const { userId } = requireSession(exchange).lease.principal
  const [row] = await exchange.database.read(findFactors(userId))
  return row === undefined ? { hasPassword: false, hasTotp: false, backupCodesLeft: 0 } : factorsOf(row)
}
