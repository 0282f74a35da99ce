// Signing in with another site in a real browser, at a provider that nobody here wrote.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { openWindow, placeOf } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, newEmail, newPerson } from '../support/people.ts'
import { type SignInPeer, startSignInPeer } from '../support/sign-in-peer.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'

let gateway: TestGateway
let browser: Browser
let peer: SignInPeer
beforeAll(async () => {
  peer = await startSignInPeer()
  const bundle = await bundleWith({ ...shippedConfig, login: { providers: [peer.row] } })
  ;[gateway, browser] = await Promise.all([startGateway({ bundle }), startBrowser()])
  peer.register(`${gateway.url}/auth/v1/oidc/peer/callback`)
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
  await peer.stop()
})

/** The provider's own two pages. */
async function signInThere(page: Page, login: string): Promise<void> {
  await page.waitForURL(`${peer.issuer}/interaction/**`)
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('any')
  await page.locator('button[type=submit]').click()
  await page.locator('button[type=submit]').click()
}
const title = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText()
const follow = (page: Page, name: string): Promise<void> => page.getByRole('link', { name, exact: true }).click()
const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()

describe.each([{ javaScript: true }, { javaScript: false }])('with JavaScript $javaScript', ({ javaScript }) => {
  const open = (locale = 'en-GB'): Promise<Page> => openWindow(browser, gateway.url, { javaScript, locale })

  it('somebody new signs in with the other site and arrives where they wanted to go', async () => {
    const page = await open()
    await page.goto('/private')
    await follow(page, 'Sign in with The Peer')
    await signInThere(page, newEmail())
    await page.waitForURL(`${gateway.url}/private`)
    await page.goto('/auth/account')
    expect(await page.getByText('Peer Person').count()).toBe(1)
    await page.context().close()
  })

  it('the button speaks German to whom the page does', async () => {
    const page = await open('de-DE')
    await page.goto('/private')
    await follow(page, 'Mit The Peer anmelden')
    await signInThere(page, newEmail())
    await page.waitForURL(`${gateway.url}/private`)
    await page.context().close()
  })

  it('whose address is not proven there reads what to do, and signs in another way from that page', async () => {
    const page = await open()
    await page.goto('/private')
    await follow(page, 'Sign in with The Peer')
    await signInThere(page, `unproven-${newEmail()}`)
    await page.waitForURL(`${gateway.url}/**`)
    expect(await title(page)).toBe('Your address is not confirmed there')
    expect(await page.getByText('connect the other site on your account page').count()).toBe(1)
    await follow(page, 'Sign in')
    expect(placeOf(page)).toBe('/auth/login')
    await page.context().close()
  })

  it('an account is connected on the account page, signs in, and is disconnected again', async () => {
    const person = await newPerson(gateway)
    const login = newEmail()
    const page = await open()
    await page.goto('/auth/account')
    await page.getByLabel('Email address').fill(person.email)
    await page.getByLabel('Password').fill(goodPassword)
    await press(page, 'Sign in')
    await follow(page, 'Connected accounts')
    await press(page, 'Connect The Peer')
    await signInThere(page, login)
    await page.waitForURL(`${gateway.url}/auth/account/connections**`)
    expect(await page.getByRole('status').innerText()).toContain('The account is connected')
    const elsewhere = await open()
    await elsewhere.goto('/private')
    await follow(elsewhere, 'Sign in with The Peer')
    await signInThere(elsewhere, login)
    await elsewhere.waitForURL(`${gateway.url}/private`)
    await elsewhere.goto('/auth/account')
    expect(await elsewhere.getByText(person.email).count()).toBeGreaterThan(0)
    await press(page, 'Disconnect The Peer')
    expect(await page.getByRole('status').innerText()).toContain('The account is disconnected')
    await Promise.all([page.context().close(), elsewhere.context().close()])
  })

  it('whoever stops there reads that nothing has changed', async () => {
    const page = await open()
    await page.goto('/auth/login')
    await follow(page, 'Sign in with The Peer')
    await page.waitForURL(`${peer.issuer}/interaction/**`)
    await page.getByRole('link', { name: /abort|cancel/i }).click()
    await page.waitForURL(`${gateway.url}/**`)
    expect(await title(page)).toBe('Sign-in not finished')
    await page.context().close()
  })
})
