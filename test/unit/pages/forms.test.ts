import { describe, expect, it } from 'vitest'
import { accountPage } from '../../../src/pages/account-page.tsx'
import { checkMailPage } from '../../../src/pages/check-mail-page.tsx'
import { inboxPage } from '../../../src/pages/inbox-page.tsx'
import type { Page } from '../../../src/pages/layout.tsx'
import { loginPage } from '../../../src/pages/login-page.tsx'
import { problemPage } from '../../../src/pages/problem-page.tsx'
import { signUpPage } from '../../../src/pages/signup-page.tsx'
import { signedOutPage } from '../../../src/pages/signed-out-page.tsx'
import { en as texts } from '../../../src/pages/texts/en.ts'
import { defaultTheme as theme } from '../../../src/pages/theme.ts'
import { verifyEmailPage } from '../../../src/pages/verify-email-page.tsx'
import { tagsOf } from './samples.ts'

const base = { theme, texts, basePath: '/auth', csrfToken: 'token' }
const html = (page: Page): string => page.render('n')
const input = (page: Page, name: string): Record<string, string> =>
  Object.fromEntries(
    tagsOf(html(page)).find((tag) => tag.name === 'input' && tag.attributes.get('name') === name)?.attributes ?? [],
  )
const actions = (page: Page): string[] => tagsOf(html(page)).flatMap((tag) => tag.attributes.get('action') ?? [])

describe('login page', () => {
  const props = { ...base, returnTo: '/basket?a=1&b=2', signUpEnabled: true }

  it('has the fields password managers know', () => {
    const page = loginPage(props)
    expect(actions(page)).toEqual(['/auth/login'])
    expect(input(page, 'email')).toMatchObject({ type: 'email', autocomplete: 'username', inputmode: 'email' })
    expect(input(page, 'password')).toMatchObject({ type: 'password', autocomplete: 'current-password' })
    expect(input(page, 'return_to')).toMatchObject({ type: 'hidden', value: '/basket?a=1&amp;b=2' })
  })

  it('keeps the way back when leading to sign-up', () => {
    expect(html(loginPage(props))).toContain('href="/auth/signup?return_to=%2Fbasket%3Fa%3D1%26b%3D2"')
    expect(html(loginPage({ ...props, returnTo: null }))).toContain('href="/auth/signup"')
    expect(html(loginPage({ ...props, signUpEnabled: false }))).not.toContain('/signup')
    expect(input(loginPage({ ...props, returnTo: null }), 'return_to')).toEqual({})
  })

  it('tells of a problem in the title, in an alert and at both fields, and keeps the address', () => {
    const page = loginPage({ ...props, email: 'ada@example.org', problem: 'invalid_credentials' })
    expect(html(page)).toContain('<title>Error: Sign in – Portcullis</title>')
    expect(html(page)).toContain('<div class="problem" role="alert" id="problem">')
    expect(input(page, 'email')).toMatchObject({ value: 'ada@example.org', 'aria-invalid': 'true' })
    expect(input(page, 'password')).toMatchObject({ 'aria-describedby': 'problem', autofocus: '' })
    expect(input(page, 'password')).not.toHaveProperty('value')
  })

  it('says when to try again, blaming no field', () => {
    const page = loginPage({ ...props, problem: 'rate_limited', retryAfterS: 100 })
    expect(html(page)).toContain('Try again in 2 minutes.')
    expect(input(page, 'email')).not.toHaveProperty('aria-invalid')
  })
})

describe('sign-up page', () => {
  const wrong = signUpPage({
    ...base,
    returnTo: '/x',
    name: 'Ada',
    email: 'ada@',
    fields: { email: texts.fieldProblems.email_invalid, password: undefined },
  })

  it('asks for a new password within the limits and for a name if one likes', () => {
    const page = signUpPage({ ...base, returnTo: null })
    expect(actions(page)).toEqual(['/auth/signup'])
    expect(input(page, 'password')).toMatchObject({ autocomplete: 'new-password', minlength: '8', maxlength: '256' })
    expect(input(page, 'password')).toHaveProperty('required')
    expect(input(page, 'name')).not.toHaveProperty('required')
    expect(html(page)).not.toContain('role="alert"')
  })

  it('shows an error at its field and in the summary, and keeps what was typed', () => {
    expect(input(wrong, 'email')).toMatchObject({ value: 'ada@', 'aria-describedby': 'email-error', autofocus: '' })
    expect(input(wrong, 'name')).toMatchObject({ value: 'Ada' })
    expect(input(wrong, 'password')).not.toHaveProperty('aria-invalid')
    expect(html(wrong)).toContain('<a href="#email">Email address: Enter an email address')
    expect(html(wrong)).toContain('href="/auth/login?return_to=%2Fx"')
  })
})

describe('mail confirmation pages', () => {
  it('takes a code, or sends another message', () => {
    const page = checkMailPage({ ...base, email: 'ada@example.org' })
    expect(actions(page)).toEqual(['/auth/verify-email', '/auth/resend'])
    expect(input(page, 'code')).toMatchObject({
      autocomplete: 'one-time-code',
      inputmode: 'numeric',
      pattern: '[0-9]{6}',
    })
    expect(html(page).match(/name="email" value="ada@example.org"/g)).toHaveLength(2)
    expect(html(page)).toContain('<strong>ada@example.org</strong>')
  })

  it('consumes the token of a link by a button only', () => {
    const page = verifyEmailPage({ ...base, token: 'abc' })
    expect(actions(page)).toEqual(['/auth/verify-email'])
    expect(input(page, 'token')).toMatchObject({ type: 'hidden', value: 'abc' })
    expect(tagsOf(html(page)).filter((tag) => tag.name === 'a')).toEqual([])
  })
})

describe('problem page', () => {
  it.each([400, 403, 404, 429, 500, 502, 503, 504] as const)('has words for %i', (status) => {
    expect(html(problemPage({ ...base, status, requestId: 'r-1' }))).toContain(texts.problemPage.byStatus[status].title)
  })

  it.each([
    [418, 400],
    [599, 500],
  ] as const)('shows %i as %i', (status, shown) => {
    expect(html(problemPage({ ...base, status, requestId: 'r' }))).toContain(texts.problemPage.byStatus[shown].title)
  })

  it('links only where it is safe to', () => {
    const page = problemPage({ ...base, status: 404, requestId: 'r-1', backUrl: 'javascript:alert(1)', homeUrl: '/' })
    expect(tagsOf(html(page)).flatMap((tag) => (tag.name === 'a' ? (tag.attributes.get('href') ?? []) : []))).toEqual([
      '/',
    ])
    expect(html(page)).toContain('<code>r-1</code>')
    expect(html(problemPage({ ...base, status: 503, requestId: 'r', retryAfterS: 1 }))).toContain('in 1 second.')
  })

  it('offers to sign in again after signing out', () => {
    expect(html(signedOutPage({ ...base, homeUrl: '//evil.example' }))).not.toContain('evil')
    expect(html(signedOutPage(base))).toContain('href="/auth/login"')
  })
})

describe('inbox page', () => {
  it('shows hostile links as text', () => {
    const links = ['https://a.example/x', '/auth/verify-email?token=1', 'javascript:alert(1)', '//b.example']
    const item = { channel: 'email', to: 'a@b.c', subject: null, text: 'hi', links, code: null, at: 0 }
    const page = html(inboxPage({ ...base, items: [item] }))
    expect(tagsOf(page).flatMap((tag) => (tag.name === 'a' ? (tag.attributes.get('href') ?? []) : []))).toEqual(
      links.slice(0, 2),
    )
    expect(page).toContain('javascript:alert(1)')
    expect(page).toContain(texts.inbox.noSubject)
  })

  it('says so when it is empty', () => {
    expect(html(inboxPage({ ...base, items: [] }))).toContain(texts.inbox.empty)
  })
})

describe('account page', () => {
  const row = { createdAt: '2026-01-02T03:04:05Z', lastSeenAt: 'never', ip: null, userAgent: null }
  const props = { ...base, user: { email: 'ada@example.org', name: null } }

  it('signs out one device, all others, or this one', () => {
    const page = accountPage({
      ...props,
      sessions: [
        { ...row, id: 's1', isCurrent: true },
        { ...row, id: 's2', isCurrent: false },
      ],
    })
    expect(actions(page)).toEqual([
      '/auth/logout',
      '/auth/account/sessions/revoke',
      '/auth/account/sessions/revoke',
      '/auth/account/sessions/revoke-others',
    ])
    expect(html(page)).toContain('name="id" value="s2"')
    expect(html(page)).toContain('<time datetime="2026-01-02T03:04:05.000Z">')
    expect(html(page)).toContain(texts.account.unknownDevice)
  })

  it('does not offer to sign out others where there are none', () => {
    const page = accountPage({ ...props, sessions: [{ ...row, id: 's1', isCurrent: true }] })
    expect(html(page)).not.toContain('revoke-others')
  })
})
