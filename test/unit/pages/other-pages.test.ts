import { describe, expect, it } from 'vitest'
import { accountPage } from '../../../src/pages/account-page.tsx'
import { inboxPage } from '../../../src/pages/inbox-page.tsx'
import { problemPage } from '../../../src/pages/problem-page.tsx'
import { signedOutPage } from '../../../src/pages/signed-out-page.tsx'
import { en as texts } from '../../../src/pages/texts/en.ts'
import { signOutPage } from '../../../src/pages/sign-out-page.tsx'
import { actions, base, html, links } from './read-page.ts'

describe('problem page', () => {
  it.each([400, 401, 403, 404, 429, 500, 502, 503, 504] as const)('has words for %i', (status) => {
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
    expect(links(page)).toEqual(['/'])
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
    const addresses = ['https://a.example/x', '/auth/verify-email?token=1', 'javascript:alert(1)', '//b.example']
    const item = { channel: 'email', to: 'a@b.c', subject: null, text: 'hi', links: addresses, code: null, at: 0 }
    const page = inboxPage({ ...base, items: [item] })
    expect(links(page)).toEqual(addresses.slice(0, 2))
    expect(html(page)).toContain('javascript:alert(1)')
    expect(html(page)).toContain(texts.inbox.noSubject)
  })

  it('says so when it is empty', () => {
    expect(html(inboxPage({ ...base, items: [] }))).toContain(texts.inbox.empty)
  })
})

describe('account page', () => {
  const row = {
    createdAt: '2026-01-02T03:04:05Z',
    lastSeenAt: 'never',
    ip: null,
    place: null,
    userAgent: null,
  }
  const props = {
    ...base,
    user: { email: 'ada@example.org', name: null },
    hasTwoStep: false,
    phone: null,
    passkeys: null,
  }

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

describe('sign-out page', () => {
  it('asks before it signs out, and leads back only where it is safe to', () => {
    const page = signOutPage({ ...base, email: 'ada@example.org', homeUrl: 'javascript:alert(1)' })
    expect(actions(page)).toEqual(['/auth/logout'])
    expect(html(page)).toContain('<strong>ada@example.org</strong>')
    expect(links(page)).toEqual([])
    expect(links(signOutPage({ ...base, email: 'a@b.c', homeUrl: '/' }))).toEqual(['/'])
  })
})
