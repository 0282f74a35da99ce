// Ways in that a mail opens, from the page a person starts at to the site they wanted; and a password that is changed.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import {
  field,
  follow,
  giveCredentials,
  manners,
  openTab,
  openWindow,
  placeOf,
  press,
  title,
} from '../support/browser.ts'
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

const next = 'a password that came later'
const otherThan = (code: string): string => (code === '000000' ? '000001' : '000000')

describe.each(manners)('in $locale, with JavaScript $javaScript', ({ locale, texts, javaScript }) => {
  const { fields, mail } = texts
  const open = (): Promise<Page> => openWindow(browser, gateway.url, { javaScript, locale })

  async function ask(page: Page, email: string, submit: string): Promise<void> {
    await field(page, fields.email).fill(email)
    await press(page, submit)
  }

  it('a mailed link signs in where it is opened, by its button, and goes where the person wanted to go', async () => {
    const { email } = await newPerson(gateway)
    const page = await open()
    await page.goto('/private')
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(texts.lang)
    await follow(page, texts.login.magicLink)
    await ask(page, email, texts.magicLink.submit)
    expect(await title(page)).toBe(texts.checkMail.title)
    const tab = await openTab(page)
    await tab.goto((await mailTo(gateway, email, subjectOf(mail.magicLink.subject))).link)
    expect(await title(tab)).toBe(texts.magicLink.confirmTitle)
    await page.goto('/private')
    expect(placeOf(page), 'opening the link signs nobody in').toContain('/auth/login')
    await press(tab, texts.magicLink.enter)
    expect(placeOf(tab)).toBe('/private')
  })

  it('the code of that mail signs in on the device that asked, and a wrong one says so there', async () => {
    const { email } = await newPerson(gateway)
    const page = await open()
    await page.goto('/auth/magic-link?return_to=/private')
    await ask(page, email, texts.magicLink.submit)
    const { code } = await mailTo(gateway, email, subjectOf(mail.magicLink.subject))
    await field(page, fields.code).fill(otherThan(code))
    await press(page, texts.magicLink.enter)
    expect(await page.getByRole('alert').innerText()).toContain(texts.problems.invalid_code)
    await field(page, fields.code).fill(`${code.slice(0, 3)} ${code.slice(3)}`)
    await press(page, texts.magicLink.enter)
    expect(placeOf(page)).toBe('/private')
  })

  it('a forgotten password is replaced by the mailed link, and the new one signs in', async () => {
    const { email } = await newPerson(gateway)
    const page = await open()
    await page.goto('/private')
    await follow(page, texts.login.forgot)
    await ask(page, email, texts.forgot.submit)
    expect(await page.getByText(email).count()).toBe(1)
    await page.goto((await mailTo(gateway, email, subjectOf(mail.reset.subject))).link)
    await field(page, fields.new_password).fill('password123')
    await press(page, texts.reset.submit)
    expect(await page.getByRole('alert').innerText()).toContain(texts.fieldProblems.password_common)
    await field(page, fields.new_password).fill(next)
    await press(page, texts.reset.submit)
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.password_changed)
    await page.goto('/private')
    await giveCredentials(page, { email, password: next }, texts)
    expect(placeOf(page)).toBe('/private')
  })

  it('or by the mailed code, on the page where it was asked for', async () => {
    const { email } = await newPerson(gateway)
    const page = await open()
    await page.goto('/auth/forgot')
    await ask(page, email, texts.forgot.submit)
    await field(page, fields.code).fill((await mailTo(gateway, email, subjectOf(mail.reset.subject))).code)
    await field(page, fields.new_password).fill(next)
    await press(page, texts.reset.submit)
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.password_changed)
  })

  it('a known password is changed in the account, and other windows are out', async () => {
    const person = await newPerson(gateway)
    const [here, there] = [await open(), await open()]
    for (const page of [here, there]) {
      await page.goto('/private')
      await giveCredentials(page, person, texts)
    }
    await here.goto('/.well-known/change-password')
    expect(await title(here)).toBe(texts.changePassword.title)
    for (const [current, says, role] of [
      ['not the password', texts.problems.invalid_password, 'alert'],
      [person.password, texts.notices.password_changed_here, 'status'],
    ] as const) {
      await field(here, fields.current_password).fill(current)
      await field(here, fields.new_password).fill(next)
      await press(here, texts.changePassword.submit)
      expect(await here.getByRole(role).innerText()).toContain(says)
    }
    await expect
      .poll(() => there.goto('/private').then(() => placeOf(there)), { timeout: 10_000 })
      .toContain('/auth/login')
  })
})
