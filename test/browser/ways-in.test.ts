// Each way to sign in, from the page a person starts at to the site they wanted.
import jsQR from 'jsqr'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { letTimePass, totpCode } from '../support/authenticator.ts'
import { openTab, openWindow, placeOf } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'

let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  // A part of the site that asks for the second factor.
  const vault = { path: '/vault/*', require: { aal: 2 as const } }
  const bundle = await bundleWith({ ...shippedConfig, routes: [vault, ...shippedConfig.routes] })
  ;[gateway, browser] = await Promise.all([startGateway({ bundle }), startBrowser()])
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
})

const next = 'a password that came later'

async function fillIn(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
}
const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
const follow = (page: Page, name: string): Promise<void> => page.getByRole('link', { name, exact: true }).click()
const title = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText()

async function signIn(page: Page, { email, password }: Pick<Person, 'email' | 'password'>): Promise<void> {
  await fillIn(page, { 'Email address': email, Password: password })
  await press(page, 'Sign in')
}

/** Photographs the picture and reads it, as a phone would. */
async function scanned(page: Page): Promise<string> {
  const photo = await page.getByRole('img', { name: 'QR code for the authenticator app' }).screenshot()
  const dark = await browser.newPage()
  // A page without a policy, which may look at the pixels.
  const { data, width, height } = await dark.evaluate(async (base64) => {
    const image = new Image()
    image.src = `data:image/png;base64,${base64}`
    await image.decode()
    const canvas = document.createElement('canvas')
    ;[canvas.width, canvas.height] = [image.width, image.height]
    const context = canvas.getContext('2d')
    context?.drawImage(image, 0, 0)
    const pixels = context?.getImageData(0, 0, image.width, image.height).data ?? []
    return { data: [...pixels], width: image.width, height: image.height }
  }, photo.toString('base64'))
  await dark.close()
  return jsQR(Uint8ClampedArray.from(data), width, height)?.data ?? ''
}

describe.each([{ javaScript: true }, { javaScript: false }])('with JavaScript $javaScript', ({ javaScript }) => {
  const open = (): Promise<Page> => openWindow(browser, gateway.url, { javaScript })

  it('a mailed link signs in where it is opened, by its button, and goes where the person wanted to go', async () => {
    const { email } = await newPerson(gateway)
    const page = await open()
    await page.goto('/private')
    await follow(page, 'Send me a sign-in link by mail')
    await fillIn(page, { 'Email address': email })
    await press(page, 'Send the message')
    expect(await title(page)).toBe('Check your mail')
    const tab = await openTab(page)
    await tab.goto((await mailTo(gateway, email, /Sign in to/)).link)
    expect(await title(tab)).toBe('Sign in')
    await page.goto('/private')
    expect(placeOf(page), 'opening the link signs nobody in').toContain('/auth/login')
    await press(tab, 'Sign in')
    expect(placeOf(tab)).toBe('/private')
  })

  it('the code of that mail signs in on the device that asked, and a wrong one says so there', async () => {
    const { email } = await newPerson(gateway)
    const page = await open()
    await page.goto('/auth/magic-link?return_to=/private')
    await fillIn(page, { 'Email address': email })
    await press(page, 'Send the message')
    const { code, link } = await mailTo(gateway, email, /Sign in to/)
    await fillIn(page, { '6-digit code': code === '000000' ? '000001' : '000000' })
    await press(page, 'Sign in')
    expect(await page.getByRole('alert').innerText()).toContain('This code is not right')
    await fillIn(page, { '6-digit code': code })
    await press(page, 'Sign in')
    expect(placeOf(page)).toBe('/private')
    const late = await open()
    await late.goto(link)
    await press(late, 'Sign in')
    expect(await late.getByRole('alert').innerText()).toContain('This link is no longer valid')
  })

  it('a mailed link that is opened on another device points to the code, and signs in whoever types the address', async () => {
    const { email } = await newPerson(gateway)
    const [page, other] = [await open(), await open()]
    await page.goto('/auth/magic-link?return_to=/private')
    await fillIn(page, { 'Email address': email })
    await press(page, 'Send the message')
    const { link } = await mailTo(gateway, email, /Sign in to/)
    await other.goto(link)
    expect(await other.getByText('Go back there, and enter the 6-digit code').count()).toBe(1)
    await fillIn(other, { 'Email address': newEmail() })
    await press(other, 'Sign in')
    expect(await other.getByRole('alert').innerText()).toContain('not sent to that address')
    await fillIn(other, { 'Email address': email })
    await press(other, 'Sign in')
    expect(placeOf(other)).toBe('/private')
  })

  it('an address is confirmed on another device by the code, or there with a new password', async () => {
    for (const isByCode of [true, false]) {
      const email = newEmail()
      const [page, other] = [await open(), await open()]
      await page.goto('/auth/signup')
      await fillIn(page, { 'Email address': email, Password: goodPassword })
      await press(page, 'Create account')
      const { link, code } = await mailTo(gateway, email)
      await other.goto(link)
      expect(await other.getByLabel('Email address').inputValue()).toBe(email)
      const confirming = isByCode ? page : other
      await fillIn(confirming, isByCode ? { '6-digit code': code } : { 'New password': next })
      await press(confirming, isByCode ? 'Confirm' : 'Confirm my address')
      const later = await open()
      await later.goto('/private')
      await signIn(later, { email, password: isByCode ? goodPassword : next })
      expect(placeOf(later)).toBe('/private')
    }
  })

  it('a forgotten password is replaced by the mailed link, and the new one signs in', async () => {
    const { email } = await newPerson(gateway)
    const page = await open()
    await page.goto('/private')
    await follow(page, 'Forgot your password?')
    await fillIn(page, { 'Email address': email })
    await press(page, 'Send the message')
    expect(await page.getByText(email).count()).toBe(1)
    await page.goto((await mailTo(gateway, email, /new password/)).link)
    await fillIn(page, { 'New password': 'password123' })
    await press(page, 'Change password')
    expect(await page.getByRole('alert').innerText()).toContain('Many people use this password')
    await fillIn(page, { 'New password': next })
    await press(page, 'Change password')
    expect(await page.getByRole('status').innerText()).toContain('Your password is changed')
    await page.goto('/private')
    await signIn(page, { email, password: next })
    expect(placeOf(page)).toBe('/private')
  })

  it('or by the mailed code, on the page where it was asked for', async () => {
    const { email } = await newPerson(gateway)
    const page = await open()
    await page.goto('/auth/forgot')
    await fillIn(page, { 'Email address': email })
    await press(page, 'Send the message')
    await fillIn(page, { '6-digit code': (await mailTo(gateway, email, /new password/)).code, 'New password': next })
    await press(page, 'Change password')
    expect(await page.getByRole('status').innerText()).toContain('Your password is changed')
  })

  it('a known password is changed in the account, and other windows are out', async () => {
    const person = await newPerson(gateway)
    const [here, there] = [await open(), await open()]
    for (const page of [here, there]) {
      await page.goto('/private')
      await signIn(page, person)
    }
    await here.goto('/.well-known/change-password')
    expect(await title(here)).toBe('Change your password')
    await fillIn(here, { 'Current password': 'not the password', 'New password': next })
    await press(here, 'Change password')
    expect(await here.getByRole('alert').innerText()).toContain('The password is not right.')
    await fillIn(here, { 'Current password': person.password, 'New password': next })
    await press(here, 'Change password')
    expect(await here.getByRole('status').innerText()).toContain('all other devices are signed out')
    await expect
      .poll(() => there.goto('/private').then(() => placeOf(there)), { timeout: 10_000 })
      .toContain('/auth/login')
  })

  it('an authenticator app is set up by its picture, asked for at the next login, and can be stood in for', async () => {
    const person = await newPerson(gateway)
    const page = await open()
    await page.goto('/vault/')
    await signIn(page, person)
    expect(await page.getByText('Set up an authenticator app first').count(), 'a page that needs it leads there').toBe(
      1,
    )
    await press(page, 'Set up an authenticator app')
    const secret = new URL(await scanned(page)).searchParams.get('secret') ?? ''
    await fillIn(page, { '6-digit code': '000000' })
    await press(page, 'Switch on')
    expect(await page.getByRole('alert').innerText()).toContain('This code is not right')
    await fillIn(page, { '6-digit code': totpCode(secret) })
    await press(page, 'Switch on')
    const codes = await page.getByRole('main').getByRole('listitem').allInnerTexts()
    expect(codes.length).toBe(10)
    await follow(page, 'I have kept them')
    expect(await page.getByText('Two-step sign-in: on').count()).toBe(1)
    await page.goto('/vault/')
    expect(placeOf(page)).toBe('/vault/')
    await letTimePass(gateway, person)

    const later = await open()
    await later.goto('/private')
    await signIn(later, person)
    expect(await title(later)).toBe('Second step')
    expect(placeOf(later)).toBe('/auth/mfa?return_to=%2Fprivate')
    await fillIn(later, { Code: '000000' })
    await press(later, 'Continue')
    expect(await later.getByRole('alert').innerText()).toContain('This code is not right')
    await fillIn(later, { Code: totpCode(secret) })
    await press(later, 'Continue')
    expect(placeOf(later)).toBe('/private')

    const withoutPhone = await open()
    await withoutPhone.goto('/private')
    await signIn(withoutPhone, person)
    await fillIn(withoutPhone, { Code: (codes[0] ?? '').toUpperCase() })
    await press(withoutPhone, 'Continue')
    expect(placeOf(withoutPhone)).toBe('/private')
    await withoutPhone.goto('/auth/account/two-step')
    expect(await withoutPhone.getByText('Backup codes left: 9').count()).toBe(1)
  })

  it('what needs a fresh proof asks for the factor, and then does it', async () => {
    const person = await newPerson(gateway)
    const page = await open()
    await page.goto('/auth/login?return_to=/auth/account/two-step')
    await signIn(page, person)
    await press(page, 'Set up an authenticator app')
    const secret =
      new URL(
        (await page.getByRole('link', { name: 'Open the app on this device' }).getAttribute('href')) ?? '',
      ).searchParams.get('secret') ?? ''
    await fillIn(page, { '6-digit code': totpCode(secret) })
    await press(page, 'Switch on')
    await letTimePass(gateway, person)
    await gateway.sql("update sessions set auth_time = now() - interval '11 minutes' where user_id = $1", [
      person.userId,
    ])
    await gateway.workerd.restart()
    await page.goto('/auth/account/two-step')
    await press(page, 'Remove the authenticator app')
    expect(await title(page)).toBe('Please confirm that it is you')
    await fillIn(page, { Code: totpCode(secret) })
    await press(page, 'Continue')
    expect(placeOf(page)).toBe('/auth/account/two-step')
    await press(page, 'Remove the authenticator app')
    expect(await page.getByRole('status').innerText()).toContain('is removed')
    await follow(page, 'Your account')
    expect(await page.getByText('Two-step sign-in: off').count()).toBe(1)
  })
})

describe('in German', () => {
  it('a person gets in by a mailed link, pages and mail in their language', async () => {
    const { email } = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url, { locale: 'de-AT' })
    await page.goto('/private')
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
    await follow(page, 'Link zum Anmelden per E-Mail schicken')
    await fillIn(page, { 'E-Mail-Adresse': email })
    await press(page, 'Nachricht schicken')
    await fillIn(page, { '6-stelliger Code': (await mailTo(gateway, email, /Anmeldung bei/)).code })
    await press(page, 'Anmelden')
    expect(placeOf(page)).toBe('/private')
  })
})
