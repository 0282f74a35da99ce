// A mail that is read on another device than the one where it was asked for.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { field, manners, openWindow, placeOf, press, title } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { mailTo, newPerson, subjectOf } from '../support/people.ts'

let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  ;[gateway, browser] = await Promise.all([startGateway(), startBrowser()])
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
})

describe.each(manners)('in $locale, with JavaScript $javaScript', ({ locale, texts, javaScript }) => {
  const open = (): Promise<Page> => openWindow(browser, gateway.url, { javaScript, locale })

  async function asked(): Promise<{ asking: Page; reading: Page; link: string; code: string }> {
    const { email } = await newPerson(gateway)
    const [asking, reading] = [await open(), await open()]
    await asking.goto('/auth/magic-link?return_to=/private')
    await field(asking, texts.fields.email).fill(email)
    await press(asking, texts.magicLink.submit)
    const { link, code } = await mailTo(gateway, email, subjectOf(texts.mail.magicLink.subject))
    return { asking, reading, link, code }
  }

  it('the link does nothing by being opened there: the code still signs in where it was asked for', async () => {
    const { asking, reading, link, code } = await asked()
    await reading.goto(link)
    expect(await title(reading)).toBe(texts.magicLink.confirmTitle)
    await reading.goto('/private')
    expect(placeOf(reading)).toContain('/auth/login')
    await field(asking, texts.fields.code).fill(code)
    await press(asking, texts.magicLink.enter)
    expect(placeOf(asking)).toBe('/private')
  })

  it('its button signs in there, and then the code signs nobody in where it was asked for', async () => {
    const { asking, reading, link, code } = await asked()
    await reading.goto(link)
    await press(reading, texts.magicLink.enter)
    expect(placeOf(reading)).toBe('/private')
    await field(asking, texts.fields.code).fill(code)
    await press(asking, texts.magicLink.enter)
    expect(await asking.getByRole('alert').innerText()).toContain(texts.problems.invalid_code)
  })
})
