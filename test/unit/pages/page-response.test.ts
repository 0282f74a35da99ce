import { describe, expect, it } from 'vitest'
import { signedOutPage } from '../../../src/pages/signed-out-page.tsx'
import { loginPage } from '../../../src/pages/login-page.tsx'
import { logoSource, pageResponse } from '../../../src/pages/page-response.ts'
import type { PasskeyOffer } from '../../../src/pages/passkey-block.tsx'
import { en as texts } from '../../../src/pages/texts/en.ts'
import { type Theme, defaultTheme } from '../../../src/pages/theme.ts'
import { base } from './read-page.ts'

const page = (logoUrl: string | null = null, passkey: PasskeyOffer | null = null) =>
  loginPage({
    theme: { ...defaultTheme, logoUrl },
    texts,
    basePath: '/auth',
    csrfToken: 'c',
    returnTo: null,
    signUpEnabled: true,
    magicLinkEnabled: true,
    phoneEnabled: true,
    passkey,
  })
const policy = (response: Response): string => response.headers.get('content-security-policy') ?? ''

describe('pageResponse', () => {
  it('uses one fresh nonce in policy and page', async () => {
    const responses = [pageResponse(page()), pageResponse(page())]
    const nonces = responses.map((response) => /style-src 'nonce-([A-Za-z0-9+/=]{24})'/.exec(policy(response))?.[1])
    expect(new Set(nonces).size).toBe(2)
    expect(await responses[0]?.text()).toContain(`<style nonce="${nonces[0]}">`)
  })

  it.each([
    ['with passkeys', { domain: 'example.com' }, ["connect-src 'self'"]],
    ['without', null, []],
  ])('lets the scripts of a page run by its nonce, and ask this host only %s', async (_name, passkey, asked) => {
    const response = pageResponse(page(null, passkey))
    const directives = policy(response).split('; ')
    const nonce = /script-src '(nonce-[^']+)'/.exec(policy(response))?.[1]
    expect(directives).toContain(`script-src '${nonce}'`)
    expect(directives.filter((directive) => directive.startsWith('connect-src'))).toEqual(asked)
    const html = await response.text()
    expect(html).toContain(`<script type="module" ${nonce?.replace('nonce-', 'nonce="')}">`)
    expect(html.match(/<script/g)).toHaveLength(passkey === null ? 1 : 2)
  })

  it('allows nothing it does not need', () => {
    const response = pageResponse(signedOutPage({ ...base, homeUrl: '/' }))
    expect(
      policy(response)
        .replace(/nonce-[^']*/, 'nonce-N')
        .split('; '),
    ).toEqual([
      "default-src 'none'",
      "style-src 'nonce-N'",
      "img-src 'self' data:",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'strict-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(response.headers.get('permissions-policy')).toContain('camera=()')
  })

  it('takes a status, cookies and other headers, but no weaker protection', () => {
    const headers = new Headers({ 'Retry-After': '5', 'Cache-Control': 'public', 'Content-Security-Policy': '*' })
    headers.append('Set-Cookie', 'a=1')
    headers.append('Set-Cookie', 'b=2')
    const response = pageResponse(page(), { status: 429, headers })
    expect(response.status).toBe(429)
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('retry-after')).toBe('5')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(policy(response)).toMatch(/^default-src 'none'/)
  })
})

describe('logo', () => {
  it('allows the origin of a logo elsewhere', () => {
    expect(policy(pageResponse(page('https://cdn.example:8443/logo.svg?x=1')))).toContain(
      "img-src 'self' data: https://cdn.example:8443;",
    )
  })

  it('allows those of both schemes, and none that no page shows', () => {
    const theme = {
      ...defaultTheme,
      logoUrl: 'https://cdn.example/day.svg',
      dark: { ...defaultTheme.dark, logoUrl: 'https://night.example/night.svg' },
    }
    const images = (colorScheme: Theme['colorScheme']) =>
      /img-src ([^;]*);/.exec(policy(pageResponse(signedOutPage({ ...base, theme: { ...theme, colorScheme } }))))?.[1]
    expect(images('auto')).toBe("'self' data: https://cdn.example https://night.example")
    expect(images('light')).toBe("'self' data: https://cdn.example")
    expect(images('dark')).toBe("'self' data: https://night.example")
  })

  it.each([
    ['/logo.svg', null],
    ['data:image/png;base64,AAAA', null],
    ["https://a.example;script-src'unsafe-inline'/x", null],
    ['https://a,b.example/x', null],
    ['javascript:alert(1)', null],
    ['http://[::1]:8787/x', 'http://[::1]:8787'],
    ['https://bücher.example/x', 'https://xn--bcher-kva.example'],
  ])('reads the source of %s', (logoUrl, source) => {
    expect(logoSource(logoUrl)).toBe(source)
  })
})
