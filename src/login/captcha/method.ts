// The page on which somebody proves to be a person, after a limit asked for it, and the clearance they get.
import type { Hono } from 'hono'
import { parseReturnTo } from '../../access/return-to.ts'
import { verifiedAnswer } from '../../captcha-proof.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import { GatewayError } from '../../errors.ts'
import { type Exchange, reject } from '../../exchange.ts'
import { type FormProblem, answerForm, formText, goTo } from '../../forms/answer.ts'
import { questionBase } from '../../forms/question-base.ts'
import { requireForm } from '../../forms/require-form.ts'
import { captchaPage } from '../../pages/captcha-page.tsx'
import type { Page } from '../../pages/layout.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import type { Captcha } from '../../providers/captcha/captcha.ts'
import { clearanceCookie } from '../../sessions/cookie.ts'

export function captchaClearance({ captcha }: Deps): Hono<GatewayEnv> {
  const app = createApp()
  if (captcha === null) return app
  app.get('/captcha', ({ env: { exchange }, req }) =>
    pageResponse(show(exchange, captcha, parseReturnTo(req.query('return_to'))), {
      widgetOrigin: captcha.script.origin,
    }),
  )
  app.post('/captcha', ({ env: { exchange } }) => clear(exchange, captcha))
  return app
}

async function clear(exchange: Exchange, captcha: Captcha): Promise<Response> {
  const returnTo = parseReturnTo(exchange.body.fields['return_to'])
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const verified = await verifiedAnswer(exchange, formText(exchange, captcha.field))
      if (verified === false) throw new GatewayError(reject('invalid_or_expired', 'captcha answer'))
      if (verified !== true) throw new GatewayError(verified)
      const { clearance, maxAgeS } = exchange.deps.clearances.issue(exchange.client.ip)
      exchange.setCookies.push(clearanceCookie(clearance, maxAgeS))
      return goTo(returnTo ?? `${exchange.deps.settings.config.basePath}/login`)
    },
    (problem) => show(exchange, captcha, returnTo, problem),
    { invalid_or_expired: 'captcha_wrong' },
    { widgetOrigin: captcha.script.origin },
  )
}

function show(exchange: Exchange, captcha: Captcha, returnTo: string | null, problem?: FormProblem): Page {
  const { siteKey, script, action } = captcha
  const widget = { scriptUrl: script.url, siteKey, action }
  return captchaPage({ ...questionBase(exchange, returnTo, problem), widget })
}
