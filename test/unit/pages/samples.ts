import { accountPage } from '../../../src/pages/account-page.tsx'
import { checkMailPage } from '../../../src/pages/check-mail-page.tsx'
import { inboxPage } from '../../../src/pages/inbox-page.tsx'
import type { Page } from '../../../src/pages/layout.tsx'
import { loginPage } from '../../../src/pages/login-page.tsx'
import { problemPage } from '../../../src/pages/problem-page.tsx'
import { signUpPage } from '../../../src/pages/signup-page.tsx'
import { signOutPage } from '../../../src/pages/sign-out-page.tsx'
import { signedOutPage } from '../../../src/pages/signed-out-page.tsx'
import { en, type Texts } from '../../../src/pages/texts/en.ts'
import type { Theme } from '../../../src/pages/theme.ts'
import { verifyEmailPage } from '../../../src/pages/verify-email-page.tsx'

/** What people type, and what the site is called: `value` stands for all of it. */
export function everyPage(theme: Theme, value: string, texts: Texts = en): Readonly<Record<string, Page>> {
  const base = { theme, texts, basePath: '/auth', csrfToken: value }
  const row = { createdAt: 0, lastSeenAt: 1_790_000_000_000, ip: value, userAgent: value }
  return {
    login: loginPage({ ...base, returnTo: value, email: value, signUpEnabled: true, problem: 'invalid_credentials' }),
    signUp: signUpPage({
      ...base,
      returnTo: value,
      email: value,
      name: value,
      fields: { name: value, email: value, password: value },
    }),
    checkMail: checkMailPage({ ...base, email: value, returnTo: value, problem: 'invalid_code', retryAfterS: 30 }),
    verifyEmail: verifyEmailPage({ ...base, token: value, returnTo: value, problem: 'invalid_link' }),
    problem: problemPage({ ...base, status: 500, requestId: value, backUrl: value, homeUrl: '/', signInUrl: value }),
    signOut: signOutPage({ ...base, email: value, homeUrl: '/' }),
    signedOut: signedOutPage({ ...base, homeUrl: '/' }),
    inbox: inboxPage({
      ...base,
      items: [{ channel: value, to: value, subject: value, text: value, links: [value, '/ok'], code: value, at: 0 }],
    }),
    account: accountPage({
      ...base,
      user: { email: value, name: value },
      sessions: [
        { ...row, id: value, isCurrent: true },
        { ...row, id: 'b', isCurrent: false },
      ],
      homeUrl: '/',
      notice: 'session_revoked',
    }),
  }
}

export const HOSTILE = `"><script>alert(1)</script><img src=x onerror='x'>&amp;{site}</style>`

export type Tag = { readonly name: string; readonly attributes: ReadonlyMap<string, string> }

/** Reads every start tag the way a browser would, as far as well-formed output needs. */
export function tagsOf(html: string): readonly Tag[] {
  const withoutCss = html.replace(/(<style[^>]*>)[\s\S]*?<\/style>/g, '$1')
  return [...withoutCss.matchAll(/<([a-z][a-z0-9]*)((?:[^>"]|"[^"]*")*)>/gi)].map(([, name = '', rest = '']) => ({
    name: name.toLowerCase(),
    attributes: new Map(
      [...rest.matchAll(/([^\s="/]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [key.toLowerCase(), value]),
    ),
  }))
}
