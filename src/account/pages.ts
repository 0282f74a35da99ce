// The account page: who you are, where you are signed in, and the way out.
import type { Hono } from 'hono'
import { factorsOf, findFactors } from '../db/queries/factors.ts'
import { findPhone, ownPhone } from '../db/queries/phones.ts'
import { orNone } from '../db/missing-tables.ts'
import { findPasskeys } from '../db/queries/passkeys.ts'
import { type GatewayEnv, createApp } from '../context.ts'
import { type Exchange } from '../exchange.ts'
import { formText, goTo } from '../forms/answer.ts'
import { csrfTokenFor } from '../forms/csrf-token.ts'
import { requireForm } from '../forms/require-form.ts'
import { accountPage } from '../pages/account-page.tsx'
import type { Page } from '../pages/layout.tsx'
import { pageResponse } from '../pages/page-response.ts'
import { signOutPage } from '../pages/sign-out-page.tsx'
import { signedOutPage } from '../pages/signed-out-page.tsx'
import type { NoticeKey } from '../pages/texts/en.ts'
import { textsFor } from '../language.ts'
import { isNobody, requireSession } from '../forms/require-session.ts'
import { findOwn } from './own-account.ts'
import { ownSessions, revokeOne, revokeOthers, signOut } from './sessions.ts'

const shownSessions = 100

/** What a change on another page may have this one say. */
const notices = ['password_changed_here', 'phone_added', 'phone_removed'] as const satisfies readonly NoticeKey[]

export function accountPages(): Hono<GatewayEnv> {
  const app = createApp()
  app.get('/account', async ({ env: { exchange } }) => {
    const { basePath } = exchange.deps.settings.config
    if (isNobody(exchange)) {
      return goTo(`${basePath}/login?return_to=${encodeURIComponent(`${basePath}/account`)}`)
    }
    const told = new URLSearchParams(exchange.target.search).get('notice')
    return pageResponse(
      await showAccount(
        exchange,
        notices.find((notice) => notice === told),
      ),
    )
  })
  app.post('/account/sessions/revoke', async ({ env: { exchange } }) => {
    requireForm(exchange)
    const id = formText(exchange, 'id')
    // The list has the same button beside every device. For a program this is a conflict; a person means it.
    if (id === requireSession(exchange).lease.principal.sessionId) return leave(exchange)
    await revokeOne(exchange, id)
    return pageResponse(await showAccount(exchange, 'session_revoked'))
  })
  app.post('/account/sessions/revoke-others', async ({ env: { exchange } }) => {
    requireForm(exchange)
    await revokeOthers(exchange)
    return pageResponse(await showAccount(exchange, 'sessions_revoked'))
  })
  // A link cannot sign out, as another site could hold it too; it leads to the button that can.
  app.get('/logout', ({ env: { exchange } }) => pageResponse(showSignOut(exchange)))
  app.post('/logout', ({ env: { exchange } }) => {
    requireForm(exchange)
    return leave(exchange)
  })
  return app
}

async function leave(exchange: Exchange): Promise<Response> {
  await signOut(exchange)
  return pageResponse(showSignedOut(exchange))
}

function showSignOut(exchange: Exchange): Page {
  const { kind } = exchange.authentication
  if (kind === 'anonymous' || kind === 'refused') return showSignedOut(exchange)
  const { email } = requireSession(exchange).lease.principal
  const { theme, basePath } = exchange.deps.settings.config
  return signOutPage({
    theme,
    texts: textsFor(exchange),
    basePath,
    csrfToken: csrfTokenFor(exchange),
    email,
    homeUrl: '/',
  })
}

function showSignedOut(exchange: Exchange): Page {
  const { theme, basePath } = exchange.deps.settings.config
  return signedOutPage({ theme, texts: textsFor(exchange), basePath, homeUrl: '/' })
}

async function showAccount(exchange: Exchange, notice?: NoticeKey): Promise<Page> {
  const { principal } = requireSession(exchange).lease
  const [{ name }, { items }, [factors], [phone], passkeys] = await Promise.all([
    // The session learns of another name only minutes later.
    findOwn(exchange),
    ownSessions(exchange, { limit: shownSessions, cursor: undefined }),
    exchange.database.read(findFactors(principal.userId)),
    exchange.database.read(findPhone(principal.userId)),
    orNone(() => exchange.database.read(findPasskeys(principal.userId))),
  ])
  const { theme, basePath } = exchange.deps.settings.config
  return accountPage({
    theme,
    texts: textsFor(exchange),
    basePath,
    csrfToken: csrfTokenFor(exchange),
    user: { email: principal.email, name },
    sessions: items.map((item) => ({
      id: item.id,
      createdAt: item.createdAtMs,
      lastSeenAt: item.lastSeenAtMs,
      ip: item.ip,
      place: item.place,
      userAgent: item.userAgent,
      isCurrent: item.id === principal.sessionId,
    })),
    hasTwoStep: factors !== undefined && factorsOf(factors).hasTotp,
    phone: exchange.deps.sms === null ? null : phone === undefined ? 'none' : ownPhone(phone).use,
    hasProviders: exchange.deps.identityProviders.size > 0,
    passkeys: exchange.deps.passkeys === null ? null : passkeys.length,
    homeUrl: '/',
    notice,
  })
}
