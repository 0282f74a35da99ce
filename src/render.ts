// How a refusal looks: problem+json for programs, a page or the way to the login page for people.
import { allowOrigin } from './allow-origin.ts'
import { type ErrorCode, type Rejection, errorTable, problemResponse, rejectionHeaders, weakProof } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { pageResponse } from './pages/page-response.ts'
import { problemPage } from './pages/problem-page.tsx'
import { textsFor } from './language.ts'

export function renderRejection(exchange: Exchange, rejection: Rejection): Response {
  const response = isPerson(exchange) ? pageFor(exchange, rejection) : problemResponse(rejection, exchange.id)
  allowOrigin(exchange, response.headers)
  for (const cookie of exchange.setCookies) response.headers.append('set-cookie', cookie)
  return response
}

/** A browser that navigates, as opposed to a script, a program, or an upgrade. */
export function isPerson({ request }: Exchange): boolean {
  const { headers } = request
  if (headers.get('upgrade') !== null || headers.get('x-requested-with') !== null) return false
  const mode = headers.get('sec-fetch-mode')
  if (mode !== null && mode !== 'navigate') return false
  const accept = headers.get('accept') ?? ''
  return accept.includes('text/html') && !accept.startsWith('application/json')
}

/** The other ways to sign in are open. */
const anotherWay: ReadonlySet<ErrorCode> = new Set([
  'sign_in_cancelled',
  'sign_in_expired',
  'address_unproven',
  'no_account',
  'provider_failed',
])

function pageFor(exchange: Exchange, rejection: Rejection): Response {
  const { config } = exchange.deps.settings
  const isSafe = exchange.request.method === 'GET' || exchange.request.method === 'HEAD'
  if (rejection.code === 'unauthenticated' && isSafe && !exchange.isOwnPath) return toLogin(exchange, rejection)
  if (rejection.code === 'step_up_required') return toProof(exchange, rejection)
  if (rejection.code === 'captcha_required') return toCaptcha(exchange, rejection)
  const { status } = errorTable[rejection.code]
  const signInUrl = status === 401 || anotherWay.has(rejection.code) ? `${config.basePath}/login` : null
  const page = problemPage({
    theme: config.theme,
    texts: textsFor(exchange),
    status,
    code: rejection.code,
    requestId: exchange.id,
    homeUrl: '/',
    signInUrl,
    retryAfterS: rejection.retryAfterS,
  })
  return pageResponse(page, { status, headers: rejectionHeaders(rejection, exchange.id) })
}

function toLogin(exchange: Exchange, rejection: Rejection): Response {
  const { target, deps } = exchange
  const headers = rejectionHeaders(rejection, exchange.id)
  const returnTo = encodeURIComponent(target.path + target.search)
  headers.set('location', `${deps.settings.config.basePath}/login?return_to=${returnTo}`)
  return new Response(null, { status: 302, headers })
}

/** `/auth/account/two-step/remove` is a button on `/auth/account/two-step`. */
function pageOfForm(path: string, basePath: string): string {
  const [, page] = /^(\/account\/[^/]+)\/[^/]+$/.exec(path.slice(basePath.length)) ?? []
  return `${basePath}${page ?? '/account'}`
}

/** The page that asks for a fresh proof, and back from there: to the address, or to the page whose form it was. */
function toProof(exchange: Exchange, rejection: Rejection): Response {
  const { target, deps, request } = exchange
  const { basePath } = deps.settings.config
  const isSafe = request.method === 'GET' || request.method === 'HEAD'
  const back = isSafe ? target.path + target.search : exchange.isOwnPath ? pageOfForm(target.path, basePath) : '/'
  const needsFactor = rejection.reason === weakProof ? '&aal=2' : ''
  const headers = rejectionHeaders(rejection, exchange.id)
  headers.set('location', `${basePath}/reauthenticate?return_to=${encodeURIComponent(back)}${needsFactor}`)
  return new Response(null, { status: 303, headers })
}

/** Forms without a page of their own, below the base path. */
const pageOf: Readonly<Record<string, string>> = { '/resend': '/verify-email', '/magic-link/verify': '/magic-link' }

/** The page that shows the captcha, and back from there to the form, which is filled in once more. */
function toCaptcha(exchange: Exchange, rejection: Rejection): Response {
  const { basePath } = exchange.deps.settings.config
  const { path } = exchange.target
  // The limit of a network asks before anything else is known of the request.
  const isForm = path.startsWith(`${basePath}/`)
  const below = path.slice(basePath.length)
  const after = exchange.body.fields['return_to']
  const further = typeof after === 'string' ? `?return_to=${encodeURIComponent(after)}` : ''
  const form = isForm ? `${basePath}${pageOf[below] ?? below}${further}` : path
  const headers = rejectionHeaders(rejection, exchange.id)
  headers.set('location', `${basePath}/captcha?return_to=${encodeURIComponent(form)}`)
  return new Response(null, { status: 303, headers })
}
