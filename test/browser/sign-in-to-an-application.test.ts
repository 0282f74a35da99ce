// A person signs in to another application of the site in a real browser, which holds forms to their page's policy.
import { type Server, createServer } from 'node:http'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { fill } from '../../src/pages/format.ts'
import { giveCredentials, manners, openWindow } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { authorizePath, newClient, newPkce } from '../support/oauth.ts'
import { type Person, newPerson } from '../support/people.ts'

let gateway: TestGateway
let browser: Browser
let application: Server
let callback = ''
let person: Person
beforeAll(async () => {
  application = createServer((request, response) => {
    const code = new URL(request.url ?? '/', 'http://application.invalid').searchParams.get('code')
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<h1>${code === null ? 'No code' : 'Welcome back'}</h1>`)
  })
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  const bound = application.address()
  callback = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}/callback`
  ;[gateway, browser] = await Promise.all([startGateway(), startBrowser()])
  person = await newPerson(gateway)
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
  application.closeAllConnections()
  await new Promise((resolve) => application.close(resolve))
})

const requestOf = async (fields: Readonly<Record<string, unknown>>): Promise<string> => {
  const { id } = await newClient(gateway, { redirectUris: [callback], ...fields })
  return authorizePath(id, { redirect_uri: callback, code_challenge: newPkce().challenge })
}

describe.each(manners)('in $locale, with JavaScript $javaScript', ({ locale, texts, javaScript }) => {
  it('somebody signs in on the way to an application of the site, and arrives there', async () => {
    const page = await openWindow(browser, gateway.url, { javaScript, locale })
    await page.goto(await requestOf({}))
    await giveCredentials(page, person, texts)
    await page.waitForURL(`${callback}?**`)
    expect(await page.getByRole('heading').innerText()).toBe('Welcome back')
    await page.context().close()
  })

  it.each([
    [texts.consent.allow, 'Welcome back'],
    [texts.consent.deny, 'No code'],
  ])('somebody presses “%s” when an application of others asks, and arrives there', async (button, greeting) => {
    const page = await openWindow(browser, gateway.url, { javaScript, locale })
    await page.goto(await requestOf({ isFirstParty: false, name: 'Foreign Wiki' }))
    await giveCredentials(page, person, texts)
    await page.getByRole('heading', { name: fill(texts.consent.title, { client: 'Foreign Wiki' }) }).waitFor()
    await page.getByRole('button', { name: button, exact: true }).click()
    await page.waitForURL(`${callback}?**`)
    expect(await page.getByRole('heading').innerText()).toBe(greeting)
    await page.context().close()
  })
})
