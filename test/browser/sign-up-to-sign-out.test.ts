import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { openTab, openWindow, placeOf } from '../support/browser.ts'
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

async function fillIn(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value)
}

function press(page: Page, name: string): Promise<void> {
  return page.getByRole('button', { name, exact: true }).click()
}

function follow(page: Page, name: string): Promise<void> {
  return page.getByRole('link', { name, exact: true }).click()
}

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

function title(page: Page): Promise<string> {
  return page.getByRole('heading', { level: 1 }).innerText()
}

describe.each([{ javaScript: true }, { javaScript: false }])('with JavaScript $javaScript', ({ javaScript }) => {
  it('a stranger at a private page signs up, is let in as who they are, and is out after signing out', async () => {
    const page = await openWindow(browser, gateway.url, { javaScript })
    const email = newEmail()
    await page.goto('/private')
    expect(placeOf(page)).toBe(toLogin)
    await follow(page, 'Create an account')
    await fillIn(page, { 'Email address': email, Password: goodPassword, 'Name (optional)': 'Åsa <b>Öberg</b>' })
    await press(page, 'Create account')
    expect(await title(page)).toBe('Check your mail')
    await page.goto('/private')
    expect(placeOf(page), 'not let in before the address is confirmed').toBe(toLogin)
    await openMailedLink(page, email)
    expect(await title(page)).toBe('Confirm your email address')
    await press(page, 'Confirm my address')
    expect(placeOf(page)).toBe('/private')
    expect(await title(page)).toBe('Hello Åsa <b>Öberg</b>')
    expect(await page.getByRole('row', { name: 'E-mail' }).getByRole('cell').innerText()).toBe(email)
    expect(await page.getByRole('row', { name: 'Assertion' }).getByRole('cell').innerText()).toBe('valid')
    await follow(page, 'Your account')
    expect(await page.getByText('This device').count()).toBe(1)
    await press(page, 'Sign out')
    expect(await title(page)).toBe('You are signed out')
    await page.goto('/private')
    expect(placeOf(page)).toBe(toLogin)
  })

  it('a page of the site signs out by a mere link, through a question, and a second visit has nothing left to end', async () => {
    const page = await signedIn(javaScript)
    await follow(page, 'Sign out')
    expect([placeOf(page), await title(page)]).toEqual(['/auth/logout', 'Sign out?'])
    await page.goto('/private')
    expect(placeOf(page), 'opening the link alone ends nothing').toBe('/private')
    await follow(page, 'Sign out')
    await press(page, 'Sign out')
    expect(await title(page)).toBe('You are signed out')
    await page.goto('/auth/logout')
    expect(await title(page)).toBe('You are signed out')
    await page.goto('/private')
    expect(placeOf(page)).toBe(toLogin)
  })

  it('a wrong password says so where the person is, keeps the address, and the right one then goes on', async () => {
    const { email, password } = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url, { javaScript })
    await page.goto('/private')
    await fillIn(page, { 'Email address': email, Password: 'not the password' })
    await press(page, 'Sign in')
    expect(await page.title()).toMatch(/^Error: Sign in/)
    expect(await page.getByRole('alert').innerText()).toContain('The email address or the password is not right.')
    const field = page.getByLabel('Password')
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect(await page.getByLabel('Email address').inputValue()).toBe(email)
    expect(await field.inputValue()).toBe('')
    expect(await focused(page)).toBe('password')
    const description = page.locator(`[id="${await field.getAttribute('aria-describedby')}"]`)
    expect(await description.innerText()).toContain('not right')
    await field.fill(password)
    await press(page, 'Sign in')
    expect(placeOf(page)).toBe('/private')
  })

  it('a refused sign-up keeps what was typed, except the password, and leads to the field that is wrong', async () => {
    const email = newEmail()
    const page = await openWindow(browser, gateway.url, { javaScript })
    await page.goto(`/auth/signup?return_to=${encodeURIComponent('/private')}`)
    // Eight units to the browser's own check, four characters to the gateway's.
    await fillIn(page, { 'Email address': email, Password: 'e\u0301'.repeat(4), 'Name (optional)': 'Robin' })
    await press(page, 'Create account')
    expect(await page.getByRole('alert').innerText()).toContain('Use at least 8 characters.')
    expect(await page.getByLabel('Email address').inputValue()).toBe(email)
    expect(await page.getByLabel('Name (optional)').inputValue()).toBe('Robin')
    expect(await page.getByLabel('Password').inputValue()).toBe('')
    await page.getByRole('alert').getByRole('link').click()
    expect(new URL(page.url()).hash).toBe('#password')
    await page.getByLabel('Password').fill(goodPassword)
    await press(page, 'Create account')
    expect(await title(page)).toBe('Check your mail')
  })

  it('each device in the account page can be signed out: another one, and the one at hand', async () => {
    const person = await newPerson(gateway)
    const [here, there] = await Promise.all([signedIn(javaScript, person), signedIn(javaScript, person)])
    await here.goto('/auth/account')
    const devices = here.getByRole('main').getByRole('listitem')
    // The third is the one the person signed up with.
    expect(await devices.count()).toBe(3)
    const isHere = here.getByText('This device')
    await press(here, 'Sign out everywhere else')
    expect(await here.getByRole('status').innerText()).toBe('All other devices are signed out.')
    expect(await devices.count()).toBe(1)
    // A device may be believed for one more second without being asked about.
    await expect.poll(() => there.goto('/private').then(() => placeOf(there)), { timeout: 10_000 }).toBe(toLogin)
    await here.goto('/private')
    expect(placeOf(here)).toBe('/private')
    await here.goto('/auth/account')
    await devices.filter({ has: isHere }).getByRole('button').click()
    expect(await title(here)).toBe('You are signed out')
    await here.goto('/private')
    expect(placeOf(here)).toBe(toLogin)
  })

  it('of two tabs with the login page the one opened first still signs in', async () => {
    const { email, password } = await newPerson(gateway)
    const first = await openWindow(browser, gateway.url, { javaScript })
    await first.goto('/private')
    const second = await openTab(first)
    await second.goto('/auth/login')
    await fillIn(first, { 'Email address': email, Password: password })
    await press(first, 'Sign in')
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
      await fillIn(page, { 'Email address': email, Password: password })
    }
    await press(first, 'Sign in')
    await press(second, 'Sign in')
    expect(await title(second)).toBe('This form is out of date')
  })
})

describe('with the keyboard alone', () => {
  it('a person signs in and out, and always sees where they are', async () => {
    const { email, password } = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url)
    await page.goto('/private')
    expect(await focused(page)).toBe('email')
    await page.keyboard.type(email)
    await page.keyboard.press('Tab')
    await page.keyboard.type(password)
    expect(await hasVisibleFocus(page)).toBe(true)
    await page.keyboard.press('Tab')
    expect(await hasVisibleFocus(page)).toBe(true)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/private')
    await tabTo(page, 'Sign out')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/auth/logout')
    await tabTo(page, 'Sign out')
    expect(await hasVisibleFocus(page)).toBe(true)
    await page.keyboard.press('Space')
    await page.getByText('You are signed out').first().waitFor()
  })
})

async function signedIn(javaScript: boolean, person?: Person): Promise<Page> {
  const { email, password } = person ?? (await newPerson(gateway))
  const page = await openWindow(browser, gateway.url, { javaScript })
  await page.goto('/private')
  await fillIn(page, { 'Email address': email, Password: password })
  await press(page, 'Sign in')
  expect(placeOf(page)).toBe('/private')
  return page
}

/** Playwright's own scripts run in a world of their own, also where those of the page may not. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.id ?? '')
}

function hasVisibleFocus(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement ?? document.body)
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2
  })
}

async function tabTo(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab')
    if ((await page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')) === name) return
  }
  throw new Error(`the keyboard never reaches "${name}"`)
}
