// A mail that is read on another device than the one where it was asked for.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { field, giveCredentials, manners, openWindow, placeOf, press, title } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, mailTo, newEmail, newPerson, subjectOf } from '../support/people.ts'

const chosen = 'another long password'

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

  async function asked(): Promise<{ email: string; asking: Page; reading: Page; link: string; code: string }> {
    const { email } = await newPerson(gateway)
    const [asking, reading] = [await open(), await open()]
    await asking.goto('/auth/magic-link?return_to=/private')
    await field(asking, texts.fields.email).fill(email)
    await press(asking, texts.magicLink.submit)
    const { link, code } = await mailTo(gateway, email, subjectOf(texts.mail.magicLink.subject))
    return { email, asking, reading, link, code }
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

  it('the link points to the code there, and signs in whoever types the address', async () => {
    const { email, reading, link } = await asked()
    await reading.goto(link)
    expect(await reading.getByText(texts.magicLink.elsewhereNext).count()).toBe(1)
    await field(reading, texts.fields.email).fill(newEmail())
    await press(reading, texts.magicLink.enter)
    expect(await reading.getByRole('alert').innerText()).toContain(texts.problems.wrong_address)
    await field(reading, texts.fields.email).fill(email)
    await press(reading, texts.magicLink.enter)
    expect(placeOf(reading)).toBe('/private')
  })

  it.each(['by the code where it was asked for', 'there with a new password'])(
    'an address is confirmed %s',
    async (how) => {
      const email = newEmail()
      const [asking, reading] = [await open(), await open()]
      await asking.goto('/auth/signup')
      await field(asking, texts.fields.email).fill(email)
      await field(asking, texts.fields.password).fill(goodPassword)
      await press(asking, texts.signUp.submit)
      const { link, code } = await mailTo(gateway, email, subjectOf(texts.mail.verification.subject))
      await reading.goto(link)
      expect(await field(reading, texts.fields.email).inputValue()).toBe(email)
      const isByCode = how.startsWith('by the code')
      if (isByCode) {
        await field(asking, texts.fields.code).fill(code)
        await press(asking, texts.checkMail.submit)
      } else {
        await field(reading, texts.fields.new_password).fill(chosen)
        await press(reading, texts.verifyEmail.submit)
      }
      const later = await open()
      await later.goto('/private')
      await giveCredentials(later, { email, password: isByCode ? goodPassword : chosen }, texts)
      expect(placeOf(later)).toBe('/private')
    },
  )
})
