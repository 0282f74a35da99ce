import { accountPage } from '../../../src/pages/account-page.tsx'
import { checkMailPage } from '../../../src/pages/check-mail-page.tsx'
import { connectionsPage } from '../../../src/pages/connections-page.tsx'
import { changePasswordPage } from '../../../src/pages/change-password-page.tsx'
import { forgotPage } from '../../../src/pages/forgot-page.tsx'
import {
  magicCodePage,
  magicConfirmPage,
  magicElsewherePage,
  magicLinkPage,
} from '../../../src/pages/magic-link-page.tsx'
import { mfaPage, mfaTextPage, reauthenticatePage } from '../../../src/pages/mfa-page.tsx'
import { ownPhoneCodePage, ownPhonePage } from '../../../src/pages/own-phone-page.tsx'
import { phoneCodePage, phonePage } from '../../../src/pages/phone-page.tsx'
import { resetPage } from '../../../src/pages/reset-page.tsx'
import { backupCodesPage, setUpPage, twoStepPage } from '../../../src/pages/two-step-page.tsx'
import { passkeysPage } from '../../../src/pages/passkeys-page.tsx'
import { inboxPage } from '../../../src/pages/inbox-page.tsx'
import type { Page } from '../../../src/pages/layout.tsx'
import { loginPage } from '../../../src/pages/login-page.tsx'
import { problemPage } from '../../../src/pages/problem-page.tsx'
import { signUpPage } from '../../../src/pages/signup-page.tsx'
import { signOutPage } from '../../../src/pages/sign-out-page.tsx'
import { signedOutPage } from '../../../src/pages/signed-out-page.tsx'
import { en, type Texts } from '../../../src/pages/texts/en.ts'
import type { Theme } from '../../../src/pages/theme.ts'
import { verifyElsewherePage, verifyEmailPage } from '../../../src/pages/verify-email-page.tsx'

/** What people type, and what the site is called: `value` stands for all of it. */
const picture = { viewBox: '0 0 29 29', path: 'M4 4h7v1h-7z' }

export function everyPage(theme: Theme, value: string, texts: Texts = en): Readonly<Record<string, Page>> {
  const base = { theme, texts, basePath: '/auth', csrfToken: value }
  const row = {
    createdAt: 0,
    lastSeenAt: 1_790_000_000_000,
    place: { country: 'AT', city: value },
    ip: value,
    userAgent: value,
  }
  return {
    login: loginPage({
      ...base,
      returnTo: value,
      email: value,
      signUpEnabled: true,
      magicLinkEnabled: true,
      phoneEnabled: true,
      providers: [{ id: 'one', name: value }],
      passkey: { domain: 'example.com', unknownId: value },
      problem: 'invalid_credentials',
    }),
    signUp: signUpPage({
      ...base,
      returnTo: value,
      email: value,
      name: value,
      fields: { name: value, email: value, password: value },
    }),
    checkMail: checkMailPage({ ...base, email: value, returnTo: value, problem: 'invalid_code', retryAfterS: 30 }),
    verifyEmail: verifyEmailPage({ ...base, token: value, returnTo: value, problem: 'invalid_link' }),
    verifyElsewhere: verifyElsewherePage({ ...base, token: value, email: value, wrong: { new_password: value } }),
    forgot: forgotPage({ ...base, returnTo: value, email: value, wrong: { email: value } }),
    reset: resetPage({ ...base, returnTo: value, token: value, email: value }),
    resetUnknown: resetPage({ ...base, returnTo: value, token: value, email: null, problem: 'invalid_link' }),
    resetByCode: resetPage({ ...base, email: value, problem: 'invalid_code', wrong: { new_password: value } }),
    changePassword: changePasswordPage({ ...base, email: value, problem: 'invalid_password' }),
    magicLink: magicLinkPage({ ...base, returnTo: value, email: value, problem: 'rate_limited', retryAfterS: 30 }),
    magicCode: magicCodePage({ ...base, returnTo: value, email: value, problem: 'invalid_code' }),
    magicConfirm: magicConfirmPage({ ...base, token: value, shown: value }),
    magicUnknown: magicConfirmPage({ ...base, token: value, shown: null, problem: 'invalid_link' }),
    magicElsewhere: magicElsewherePage({ ...base, token: value, shown: value, email: value, problem: 'wrong_address' }),
    mfa: mfaPage({
      ...base,
      returnTo: value,
      problem: 'invalid_code',
      methods: ['totp', 'backup_code', 'sms'],
      passkey: { domain: 'example.com' },
    }),
    mfaByText: mfaPage({ ...base, returnTo: value, methods: ['sms'], passkey: null }),
    mfaText: mfaTextPage({ ...base, returnTo: value, phone: value, problem: 'invalid_code' }),
    phone: phonePage({ ...base, returnTo: value, phone: value, wrong: { phone: value } }),
    phoneCode: phoneCodePage({ ...base, returnTo: value, phone: value, problem: 'invalid_code' }),
    ownPhoneNone: ownPhonePage({ ...base, phone: value, own: null, wrong: { phone: value } }),
    ownPhone: ownPhonePage({ ...base, phone: '', own: { number: value, use: 'second-factor' } }),
    ownPhoneCode: ownPhoneCodePage({ ...base, phone: value, problem: 'phone_taken' }),
    mfaWithoutPasskey: mfaPage({ ...base, methods: ['totp'], passkey: null }),
    mfaByPasskeyAlone: mfaPage({ ...base, returnTo: value, methods: [], passkey: { domain: 'example.com' } }),
    proofByPassword: reauthenticatePage({
      ...base,
      email: value,
      returnTo: value,
      ask: 'password',
      passkey: { domain: 'example.com' },
    }),
    proofByFactor: reauthenticatePage({ ...base, email: value, returnTo: value, ask: 'factor', passkey: null }),
    proofImpossible: reauthenticatePage({ ...base, email: value, returnTo: value, ask: 'nothing', passkey: null }),
    proofByPasskey: reauthenticatePage({ ...base, email: value, ask: 'passkey', passkey: { domain: 'example.com' } }),
    connections: connectionsPage({
      ...base,
      connections: [
        { id: value, name: value, isConnected: true },
        { id: 'two', name: value, isConnected: false },
      ],
      notice: 'identity_connected',
    }),
    twoStepOff: twoStepPage({ ...base, codesLeft: null, problem: 'factor_exists' }),
    twoStepOn: twoStepPage({ ...base, codesLeft: 7, notice: 'factor_removed' }),
    setUp: setUpPage({ ...base, secret: value, otpauthUrl: value, picture, problem: 'invalid_code' }),
    backupCodes: backupCodesPage({ ...base, codes: [value, value] }),
    noPasskeys: passkeysPage({ ...base, offer: { domain: 'example.com' }, passkeys: [], accepted: null }),
    passkeys: passkeysPage({
      ...base,
      offer: { domain: 'example.com' },
      passkeys: [
        { id: 'a', name: value, createdAt: 0, lastUsedAt: null, isBackedUp: true },
        { id: 'b', name: value, createdAt: 0, lastUsedAt: 1_790_000_000_000, isBackedUp: false },
      ],
      accepted: { userId: value, ids: [value], name: value, displayName: value },
      problem: 'passkey_refused',
      notice: 'passkey_added',
    }),
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
      hasTwoStep: true,
      phone: 'sign-in',
      passkeys: 2,
      homeUrl: '/',
      notice: 'session_revoked',
    }),
  }
}

export const HOSTILE = `"><script>alert(1)</script><img src=x onerror='x'>&amp;{site}</style>`

export type Tag = { readonly name: string; readonly attributes: ReadonlyMap<string, string> }

/** Reads every start tag the way a browser would, as far as well-formed output needs. */
export function tagsOf(html: string): readonly Tag[] {
  const withoutCss = html.replace(/(<(?:style|script)[^>]*>)[\s\S]*?<\/(?:style|script)>/g, '$1')
  return [...withoutCss.matchAll(/<([a-z][a-z0-9]*)((?:[^>"]|"[^"]*")*)>/gi)].map(([, name = '', rest = '']) => ({
    name: name.toLowerCase(),
    attributes: new Map(
      [...rest.matchAll(/([^\s="/]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [key.toLowerCase(), value]),
    ),
  }))
}
