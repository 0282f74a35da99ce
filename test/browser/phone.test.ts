// Signing in by phone, from the page a person starts at to the site they wanted; in both languages, without JavaScript.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { openWindow, placeOf } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson } from '../support/people.ts'
import { codeTo, newNumber, textsTo } from '../support/phones.ts'

let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  ;[gateway, browser] = await Promise.all([startGateway(), startBrowser()])
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
})

const words = {
  'en-GB': {
    email: 'Email address',
    password: 'Password',
    signIn: 'Sign in',
    byText: 'Send me a code by text',
    number: 'Mobile number',
    send: 'Send the code',
    code: '6-digit code',
    wrong: 'This code is not right',
    noNumber: 'Enter the number of a mobile phone',
    forSecond: 'A second step after the password',
    mine: 'This is my phone',
    added: 'Your phone is set up',
    go: 'Continue',
    remove: 'Remove the phone',
    removed: 'Your phone is removed',
    text: 'is your code for',
  },
  'de-DE': {
    email: 'E-Mail-Adresse',
    password: 'Passwort',
    signIn: 'Anmelden',
    byText: 'Code per SMS schicken',
    number: 'Mobilnummer',
    send: 'Code schicken',
    code: '6-stelliger Code',
    wrong: 'Dieser Code stimmt nicht',
    noNumber: 'Geben Sie eine Mobilnummer',
    forSecond: 'Zweiter Schritt nach dem Passwort',
    mine: 'Das ist mein Telefon',
    added: 'Ihr Telefon ist eingerichtet',
    go: 'Weiter',
    remove: 'Telefon entfernen',
    removed: 'Ihr Telefon ist entfernt',
    text: 'ist Ihr Code für',
  },
} as const

describe.each([
  { locale: 'en-GB', javaScript: true },
  { locale: 'en-GB', javaScript: false },
  { locale: 'de-DE', javaScript: false },
] as const)('in $locale, with JavaScript $javaScript', ({ locale, javaScript }) => {
  const w = words[locale]
  const open = (): Promise<Page> => openWindow(browser, gateway.url, { javaScript, locale })
  const fill = (page: Page, label: string, value: string) => page.getByLabel(label, { exact: true }).fill(value)
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

  async function signIn(page: Page, { email, password }: Person): Promise<void> {
    await fill(page, w.email, email)
    await fill(page, w.password, password)
    await press(page, w.signIn)
  }

  async function setUp(page: Page, person: Person, use: 'sign-in' | 'second-factor'): Promise<string> {
    const number = newNumber()
    await page.goto('/auth/account/phone')
    await signIn(page, person)
    await fill(page, w.number, number)
    if (use === 'second-factor') await page.getByLabel(w.forSecond).check()
    await press(page, w.send)
    await fill(page, w.code, await codeTo(gateway, number))
    await press(page, w.mine)
    expect(await page.getByRole('status').innerText()).toContain(w.added)
    return number
  }

  it('a phone is made one’s own, signs in where the person wanted to go, and is removed', async () => {
    const page = await open()
    const number = await setUp(page, await newPerson(gateway), 'sign-in')
    const other = await open()
    await other.goto('/private')
    await other.getByRole('link', { name: w.byText, exact: true }).click()
    await fill(other, w.number, '030 123456')
    await press(other, w.send)
    expect(await other.getByRole('alert').innerText()).toContain(w.noNumber)
    await fill(other, w.number, number)
    await press(other, w.send)
    const code = await codeTo(gateway, number, 1)
    expect(textsTo(gateway, number).at(-1)?.text).toContain(w.text)
    await fill(other, w.code, code === '000000' ? '000001' : '000000')
    await press(other, w.signIn)
    expect(await other.getByRole('alert').innerText()).toContain(w.wrong)
    await fill(other, w.code, code)
    await press(other, w.signIn)
    expect(placeOf(other)).toBe('/private')
    await other.goto('/auth/account/phone')
    await press(other, w.remove)
    expect(await other.getByRole('status').innerText()).toContain(w.removed)
  })

  it('a phone that is asked second completes a sign-in by a password', async () => {
    const person = await newPerson(gateway)
    const number = await setUp(await open(), person, 'second-factor')
    const page = await open()
    await page.goto('/private')
    await signIn(page, person)
    await press(page, w.byText)
    const code = await codeTo(gateway, number, 1)
    await fill(page, w.code, code === '000000' ? '000001' : '000000')
    await press(page, w.go)
    expect(await page.getByRole('alert').innerText()).toContain(w.wrong)
    await fill(page, w.code, code)
    await press(page, w.go)
    expect(placeOf(page)).toBe('/private')
  })
})
