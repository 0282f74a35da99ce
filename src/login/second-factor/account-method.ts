// A person's own second factor: set up, replace the backup codes, remove; by the API and by pages.
import type { Hono } from 'hono'
import { z } from 'zod'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import { factorsOf, findFactors } from '../../db/queries/factors.ts'
import { type Exchange } from '../../exchange.ts'
import { type FormProblem, answerForm, goTo } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { isNobody, requireSession } from '../../forms/require-session.ts'
import { withReturnTo } from '../../pages/addresses.ts'
import type { Page } from '../../pages/layout.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import type { NoticeKey } from '../../pages/texts/en.ts'
import { backupCodesPage, setUpPage, twoStepPage } from '../../pages/two-step-page.tsx'
import { typedCode } from '../mailed-fields.ts'
import { returnTo } from '../return-to-field.ts'
import { type OfferedTotp, finishTotp, newCodes, offeredTotp, removeFactor, startTotp } from './enrol.ts'
import { qrPicture, qrSvg } from './qr.ts'

const finishFields = z.strictObject({ code: typedCode })
const finishForm = finishFields.extend({ return_to: returnTo })
const nothing = z.strictObject({})

export function ownSecondFactor(): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/mfa/totp/start', async (context) => {
    const { exchange } = context.env
    validFields(nothing, exchange.body)
    const offer = await startTotp(exchange)
    const svg = qrSvg(qrPicture(offer.otpauthUrl))
    return context.json({ secret: offer.secret, otpauth_url: offer.otpauthUrl, qr_svg: svg })
  })
  app.post('/v1/mfa/totp/finish', async (context) => {
    const { exchange } = context.env
    requireSession(exchange)
    return context.json({ backup_codes: await finishTotp(exchange, validFields(finishFields, exchange.body).code) })
  })
  app.post('/v1/mfa/backup-codes', async (context) => {
    const { exchange } = context.env
    validFields(nothing, exchange.body)
    return context.json({ backup_codes: await newCodes(exchange) })
  })
  app.delete('/v1/mfa/totp', async (context) => {
    await removeFactor(context.env.exchange)
    return context.body(null, 204)
  })
  mountPages(app)
  return app
}

function mountPages(app: Hono<GatewayEnv>): void {
  app.get('/account/two-step', async ({ env: { exchange } }) => {
    const { basePath } = exchange.deps.settings.config
    if (isNobody(exchange)) return goTo(withReturnTo(`${basePath}/login`, `${basePath}/account/two-step`))
    return pageResponse(await showState(exchange))
  })
  app.post('/account/two-step/start', ({ env: { exchange } }) => postStart(exchange))
  app.post('/account/two-step/finish', ({ env: { exchange } }) => postFinish(exchange))
  app.post('/account/two-step/backup-codes', async ({ env: { exchange } }) => {
    requireForm(exchange)
    return pageResponse(showCodes(exchange, await newCodes(exchange)))
  })
  app.post('/account/two-step/remove', async ({ env: { exchange } }) => {
    requireForm(exchange)
    await removeFactor(exchange)
    return pageResponse(await showState(exchange, 'factor_removed'))
  })
}

async function postStart(exchange: Exchange): Promise<Response> {
  requireForm(exchange)
  const codesLeft = await findCodesLeft(exchange)
  return answerForm(
    exchange,
    async () => pageResponse(showSetUp(exchange, await startTotp(exchange))),
    (problem) => twoStepPage({ ...questionBase(exchange, null, problem), codesLeft }),
    { factor_exists: 'factor_exists' },
  )
}

async function postFinish(exchange: Exchange): Promise<Response> {
  requireForm(exchange)
  const offer = await offeredTotp(exchange)
  if (offer === null) return goTo(`${exchange.deps.settings.config.basePath}/account/two-step`)
  return answerForm(
    exchange,
    async () => {
      const codes = await finishTotp(exchange, validFields(finishForm, exchange.body).code)
      return pageResponse(showCodes(exchange, codes))
    },
    (problem) => showSetUp(exchange, offer, problem),
    { invalid_or_expired: 'invalid_code', invalid_input: 'invalid_code' },
  )
}

async function showState(exchange: Exchange, notice?: NoticeKey): Promise<Page> {
  return twoStepPage({ ...questionBase(exchange, null), notice, codesLeft: await findCodesLeft(exchange) })
}

/** Null without an authenticator app. */
async function findCodesLeft(exchange: Exchange): Promise<number | null> {
  const { userId } = requireSession(exchange).lease.principal
  const [row] = await exchange.database.read(findFactors(userId))
  const factors = row === undefined ? null : factorsOf(row)
  return factors?.hasTotp === true ? factors.backupCodesLeft : null
}

function showSetUp(exchange: Exchange, offer: OfferedTotp, problem?: FormProblem): Page {
  const base = questionBase(exchange, null, problem)
  return setUpPage({ ...base, ...offer, picture: qrPicture(offer.otpauthUrl) })
}

function showCodes(exchange: Exchange, codes: readonly string[]): Page {
  return backupCodesPage({ ...questionBase(exchange, null), codes })
}
