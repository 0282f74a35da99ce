// Password login: the JSON API and the hosted pages over the same two functions.
import type { Hono } from 'hono'
import { parseReturnTo } from '../../access/return-to.ts'
import { validFields } from '../../body.ts'
import { type GatewayEnv, createApp } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import { type Exchange, principalOf } from '../../exchange.ts'
import { type FormProblem, answerForm, formText, goTo } from '../../forms/answer.ts'
import { csrfTokenFor } from '../../forms/csrf-token.ts'
import { questionBase } from '../../forms/question-base.ts'
import { worded } from '../../forms/worded.ts'
import { requireForm } from '../../forms/require-form.ts'
import { checkMailPage } from '../../pages/check-mail-page.tsx'
import { loginPage } from '../../pages/login-page.tsx'
import type { Page } from '../../pages/layout.tsx'
import { pageResponse } from '../../pages/page-response.ts'
import type { NoticeKey } from '../../pages/texts/en.ts'
import { signUpPage } from '../../pages/signup-page.tsx'
import { textsFor } from '../../language.ts'
import { goOn } from '../go-on.ts'
import { isOffered } from '../switched.ts'
import { loginFields, signUpFields } from './fields.ts'
import { signIn } from './sign-in.ts'
import { signUp } from './sign-up.ts'

export function password(deps: Deps): Hono<GatewayEnv> {
  const app = createApp()
  app.post('/v1/login', async (context) => {
    const { exchange } = context.env
    return context.json(await signIn(exchange, validFields(loginFields, exchange.body)))
  })
  app.post('/v1/signup', async (context) => {
    const { exchange } = context.env
    await signUp(exchange, validFields(signUpFields, exchange.body))
    return context.json({ status: 'verification_sent' }, 202)
  })
  app.get('/login', ({ env: { exchange }, req }) => {
    const returnTo = parseReturnTo(req.query('return_to'))
    // An application may ask for a sign-in of now, whoever is signed in already.
    const isShown = principalOf(exchange) === null || req.query('prompt') === 'login'
    return isShown ? pageResponse(showLogin(exchange, returnTo)) : goTo(returnTo ?? '/')
  })
  app.post('/login', ({ env: { exchange } }) => postLogin(exchange))
  if (deps.settings.config.login.signUp) mountSignUp(app)
  return app
}

function mountSignUp(app: Hono<GatewayEnv>): void {
  app.get('/signup', ({ env: { exchange }, req }) =>
    pageResponse(showSignUp(exchange, parseReturnTo(req.query('return_to')))),
  )
  app.post('/signup', ({ env: { exchange } }) => postSignUp(exchange))
}

function postLogin(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const fields = validFields(loginFields, exchange.body)
      return goOn(exchange, await signIn(exchange, { ...fields, mode: 'cookie' }), fields.return_to)
    },
    (problem) => showLogin(exchange, parseReturnTo(exchange.body.fields['return_to']), problem),
  )
}

function postSignUp(exchange: Exchange): Promise<Response> {
  return answerForm(
    exchange,
    async () => {
      requireForm(exchange)
      const fields = validFields(signUpFields, exchange.body)
      await signUp(exchange, fields)
      const { theme, basePath } = exchange.deps.settings.config
      const csrfToken = csrfTokenFor(exchange)
      return pageResponse(
        checkMailPage({
          theme,
          texts: textsFor(exchange),
          basePath,
          csrfToken,
          email: fields.email,
          returnTo: fields.return_to,
        }),
      )
    },
    (problem) => showSignUp(exchange, parseReturnTo(exchange.body.fields['return_to']), problem),
  )
}

export function showLogin(
  exchange: Exchange,
  returnTo: string | null,
  problem?: FormProblem,
  unknownId?: string,
): Page {
  const { login } = exchange.deps.settings.config
  const site = exchange.deps.passkeys
  return loginPage({
    ...questionBase(exchange, returnTo, problem),
    email: formText(exchange, 'email'),
    signUpEnabled: login.signUp && isOffered(exchange, 'sign-up'),
    passwordEnabled: isOffered(exchange, 'password'),
    passwordResetEnabled: isOffered(exchange, 'password-reset'),
    notice: problem === undefined ? noticeFor(exchange) : undefined,
    magicLinkEnabled: login.magicLink && isOffered(exchange, 'magic-link'),
    phoneEnabled: login.phone.provider !== 'none' && isOffered(exchange, 'phone'),
    providers: login.providers,
    passkey: site === null || !isOffered(exchange, 'passkey') ? null : { domain: site.domain, unknownId },
  })
}

function showSignUp(exchange: Exchange, returnTo: string | null, problem?: FormProblem): Page {
  return signUpPage({
    ...questionBase(exchange, returnTo, problem),
    email: formText(exchange, 'email'),
    name: formText(exchange, 'name'),
    fields: problem === undefined ? undefined : worded(exchange, problem.fields),
  })
}

function noticeFor({ target, authentication }: Exchange): NoticeKey | undefined {
  if (new URLSearchParams(target.search).get('notice') === 'password_changed') return 'password_changed'
  return authentication.kind === 'refused' ? 'session_expired' : undefined
}
