// A part of the site that wants people to have signed in lately.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { field, giveCredentials, manners, openWindow, placeOf, press, title } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'

let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  const till = { path: '/till/*', require: { recentMinutes: 10 } }
  const bundle = bundleWith({ ...shippedConfig, routes: [till, ...shippedConfig.routes] })
  ;[gateway, browser] = await Promise.all([startGateway({ bundle }), startBrowser()])
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
})

describe.each(manners)('in $locale, with JavaScript $javaScript', ({ locale, texts, javaScript }) => {
  it('asks for the password once, and goes on', async () => {
    const person = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url, { javaScript, locale })
    await page.goto('/till/today?at=1')
    await giveCredentials(page, person, texts)
    expect(placeOf(page)).toBe('/till/today?at=1')
    await gateway.sql("update sessions set auth_time = now() - interval '11 minutes' where user_id = $1", [
      person.userId,
    ])
    await gateway.workerd.restart()
    await page.goto('/private')
    expect(placeOf(page)).toBe('/private')
    await page.goto('/till/today?at=1')
    expect(await title(page)).toBe(texts.reauthenticate.title)
    await field(page, texts.fields.current_password).fill(person.password)
    await press(page, texts.reauthenticate.submit)
    expect(placeOf(page)).toBe('/till/today?at=1')
  })
})
