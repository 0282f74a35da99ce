import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { fill } from '../../src/pages/format.ts'
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
import { type Person, goodPassword, newEmail, newPerson } from '../support/people.ts'

let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  ;[gateway, browser] = await Promise.all([startGateway(), startBrowser()])
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
})

const toLogin = `/auth/login?return_to=${encodeURIComponent('/private')}`

/** The way everybody takes to a mail in development. */
async function openMailedLink(page: Page, email: string): Promise<void> {
  const link = page.getByRole('listitem').filter({ hasText: email }).getByRole('link').first()
  await expect
    .poll(
      async () => {
        await page.goto('/auth/dev/inbox')
        return link.count()
      },
      { timeout: 15_000, interval: 100 },
    )
    .toBe(1)
  await link.click()
}

describe.each(manners)('in $locale, with JavaScript $javaScript', (manner) => {
  const { texts } = manner
  const open = (): Promise<Page> => openWindow(browser, gateway.url, manner)
  const nameLabel = `${texts.fields.name} ${texts.fields.optional}`

  async function signUp(page: Page, given: { email: string; password: string; name: string }): Promise<void> {
    await field(page, texts.fields.email).fill(given.email)
    await field(page, texts.fields.password).fill(given.password)
    await field(page, nameLabel).fill(given.name)
    await press(page, texts.signUp.submit)
  }

  it('a stranger at a private page signs up, is let in as who they are, and is out after signing out', async () => {
    const page = await open()
    const email = newEmail()
    await page.goto('/private')
    expect(placeOf(page)).toBe(toLogin)
    await follow(page, texts.login.signUpLink)
    await signUp(page, { email, password: goodPassword, name: 'Åsa <b>Öberg</b>' })
    expect(await title(page)).toBe(texts.checkMail.title)
    await page.goto('/private')
    expect(placeOf(page), 'not let in before the address is confirmed').toBe(toLogin)
    await openMailedLink(page, email)
    expect(await title(page)).toBe(texts.verifyEmail.title)
    await press(page, texts.verifyEmail.submit)
    expect(placeOf(page)).toBe('/private')
    expect(await title(page)).toBe('Hello Åsa <b>Öberg</b>')
    expect(await page.getByRole('row', { name: 'E-mail' }).getByRole('cell').innerText()).toBe(email)
    expect(await page.getByRole('row', { name: 'Assertion' }).getByRole('cell').innerText()).toBe('valid')
    await follow(page, 'Your account')
    expect(await page.getByText(texts.account.current).count()).toBe(1)
    await press(page, texts.account.logout)
    expect(await title(page)).toBe(texts.signedOut.title)
    await page.goto('/private')
    expect(placeOf(page)).toBe(toLogin)
  })

  it('a page of the site signs out by a mere link, through a question, and a second visit has nothing left to end', async () => {
    const page = await signedIn(manner)
    await follow(page, 'Sign out')
    expect([placeOf(page), await title(page)]).toEqual(['/auth/logout', texts.signOut.title])
    await page.goto('/private')
    expect(placeOf(page), 'opening the link alone ends nothing').toBe('/private')
    await follow(page, 'Sign out')
    await press(page, texts.signOut.submit)
    expect(await title(page)).toBe(texts.signedOut.title)
    await page.goto('/auth/logout')
    expect(await title(page)).toBe(texts.signedOut.title)
    await page.goto('/private')
    expect(placeOf(page)).toBe(toLogin)
  })

  it('a wrong password says so where the person is, keeps the address, and the right one then goes on', async () => {
    const person = await newPerson(gateway)
    const { email } = person
    const page = await open()
    await page.goto('/private')
    await giveCredentials(page, { email, password: 'not the password' }, texts)
    expect(await page.title()).toContain(fill(texts.titleWithError, { title: texts.login.title }))
    expect(await page.getByRole('alert').innerText()).toContain(texts.problems.invalid_credentials)
    const password = field(page, texts.fields.password)
    expect(await password.getAttribute('aria-invalid')).toBe('true')
    expect(await field(page, texts.fields.email).inputValue()).toBe(email)
    expect(await password.inputValue()).toBe('')
    expect(await focused(page)).toBe('password')
    const description = page.locator(`[id="${await password.getAttribute('aria-describedby')}"]`)
    expect(await description.innerText()).toContain(texts.problems.invalid_credentials)
    await password.fill(person.password)
    await press(page, texts.login.submit)
    expect(placeOf(page)).toBe('/private')
  })

  it('a refused sign-up keeps what was typed, except the password, and leads to the field that is wrong', async () => {
    const email = newEmail()
    const page = await open()
    await page.goto(`/auth/signup?return_to=${encodeURIComponent('/private')}`)
    // Eight units to the browser's own check, four characters to the gateway's.
    await signUp(page, { email, password: 'e\u0301'.repeat(4), name: 'Robin' })
    expect(await page.getByRole('alert').innerText()).toContain(texts.fieldProblems.password_too_short)
    expect(await field(page, texts.fields.email).inputValue()).toBe(email)
    expect(await field(page, nameLabel).inputValue()).toBe('Robin')
    expect(await field(page, texts.fields.password).inputValue()).toBe('')
    await page.getByRole('alert').getByRole('link').click()
    expect(new URL(page.url()).hash).toBe('#password')
    await field(page, texts.fields.password).fill(goodPassword)
    await press(page, texts.signUp.submit)
    expect(await title(page)).toBe(texts.checkMail.title)
  })

  it('each device in the account page can be signed out: another one, and the one at hand', async () => {
    const person = await newPerson(gateway)
    const [here, there] = await Promise.all([signedIn(manner, person), signedIn(manner, person)])
    await here.goto('/auth/account')
    const devices = here.getByRole('main').getByRole('listitem')
    // The third is the one the person signed up with.
    expect(await devices.count()).toBe(3)
    const isHere = here.getByText(texts.account.current)
    await press(here, texts.account.revokeOthers)
    expect(await here.getByRole('status').innerText()).toBe(texts.notices.sessions_revoked)
    expect(await devices.count()).toBe(1)
    // A device may be believed for one more second without being asked about.
    await expect.poll(() => there.goto('/private').then(() => placeOf(there)), { timeout: 10_000 }).toBe(toLogin)
    await here.goto('/private')
    expect(placeOf(here)).toBe('/private')
    await here.goto('/auth/account')
    await devices.filter({ has: isHere }).getByRole('button').click()
    expect(await title(here)).toBe(texts.signedOut.title)
    await here.goto('/private')
    expect(placeOf(here)).toBe(toLogin)
  })

  it('of two tabs with the login page the one opened first still signs in', async () => {
    const person = await newPerson(gateway)
    const first = await open()
    await first.goto('/private')
    const second = await openTab(first)
    await second.goto('/auth/login')
    await giveCredentials(first, person, texts)
    expect(placeOf(first)).toBe('/private')
    await second.goto('/private')
    expect(placeOf(second)).toBe('/private')
  })
})

describe('a form that was left open', () => {
  it('says that it is out of date, rather than that the person is not allowed', async () => {
    const { email, password } = await newPerson(gateway)
    const first = await openWindow(browser, gateway.url)
    const second = await openTab(first)
    for (const page of [first, second]) {
      await page.goto('/auth/login')
      await field(page, 'Email address').fill(email)
      await field(page, 'Password').fill(password)
    }
    await press(first, 'Sign in')
    await press(second, 'Sign in')
    expect(await title(second)).toBe('This form is out of date')
  })
})

async function signedIn(manner: (typeof manners)[number], person?: Person): Promise<Page> {
  const page = await openWindow(browser, gateway.url, manner)
  await page.goto('/private')
  await giveCredentials(page, person ?? (await newPerson(gateway)), manner.texts)
  expect(placeOf(page)).toBe('/private')
  return page
}

/** Playwright's own scripts run in a world of their own, also where those of the page may not. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.id ?? '')
}
