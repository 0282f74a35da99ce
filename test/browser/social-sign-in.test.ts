// Signing in with another site in a real browser, at a provider that nobody here wrote.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { fill } from '../../src/pages/format.ts'
import { follow, giveCredentials, manners, openWindow, placeOf, press, title } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { signInAtPeer } from '../support/pages/scene.ts'
import { newEmail, newPerson } from '../support/people.ts'
import { type SignInPeer, startSignInPeer } from '../support/sign-in-peer.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'

let gateway: TestGateway
let browser: Browser
let peer: SignInPeer
beforeAll(async () => {
  peer = await startSignInPeer()
  const bundle = bundleWith({ ...shippedConfig, login: { providers: [peer.row] } })
  ;[gateway, browser] = await Promise.all([startGateway({ bundle }), startBrowser()])
  peer.register(`${gateway.url}/auth/v1/oidc/peer/callback`)
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
  await peer.stop()
})

describe.each(manners)('in $locale, with JavaScript $javaScript', ({ locale, texts, javaScript }) => {
  const { login, connections, problemPage } = texts
  const provider = 'The Peer'
  const byPeer = fill(login.provider, { provider })
  const open = (): Promise<Page> => openWindow(browser, gateway.url, { javaScript, locale })
  const signInThere = (page: Page, name: string): Promise<void> => signInAtPeer(page, { peer }, name)

  it('somebody new signs in with the other site and arrives where they wanted to go', async () => {
    const page = await open()
    await page.goto('/private')
    await follow(page, byPeer)
    await signInThere(page, newEmail())
    await page.waitForURL(`${gateway.url}/private`)
    await page.goto('/auth/account')
    expect(await page.getByText('Peer Person').count()).toBe(1)
    await page.context().close()
  })

  it('whose address is not proven there reads what to do, and signs in another way from that page', async () => {
    const page = await open()
    await page.goto('/private')
    await follow(page, byPeer)
    await signInThere(page, `unproven-${newEmail()}`)
    await page.waitForURL(`${gateway.url}/**`)
    const { title: says, sentence } = problemPage.byCode.address_unproven
    expect(await title(page)).toBe(says)
    expect(await page.getByText(sentence).count()).toBe(1)
    await follow(page, problemPage.signIn)
    expect(placeOf(page)).toBe('/auth/login')
    await page.context().close()
  })

  it('an account is connected on the account page, signs in, and is disconnected again', async () => {
    const person = await newPerson(gateway)
    const name = newEmail()
    const page = await open()
    await page.goto('/auth/account')
    await giveCredentials(page, person, texts)
    await follow(page, connections.title)
    await press(page, fill(connections.connect, { provider }))
    await signInThere(page, name)
    await page.waitForURL(`${gateway.url}/auth/account/connections**`)
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.identity_connected)
    const elsewhere = await open()
    await elsewhere.goto('/private')
    await follow(elsewhere, byPeer)
    await signInThere(elsewhere, name)
    await elsewhere.waitForURL(`${gateway.url}/private`)
    await elsewhere.goto('/auth/account')
    expect(await elsewhere.getByText(person.email).count()).toBeGreaterThan(0)
    await press(page, fill(connections.disconnect, { provider }))
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.identity_disconnected)
    await Promise.all([page.context().close(), elsewhere.context().close()])
  })

  it('whoever stops there reads that nothing has changed', async () => {
    const page = await open()
    await page.goto('/auth/login')
    await follow(page, byPeer)
    await page.waitForURL(`${peer.issuer}/interaction/**`)
    await page.getByRole('link', { name: /abort|cancel/i }).click()
    await page.waitForURL(`${gateway.url}/**`)
    expect(await title(page)).toBe(problemPage.byCode.sign_in_cancelled.title)
    await page.context().close()
  })
})
