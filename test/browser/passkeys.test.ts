// Passkeys as people meet them: added on the account page, offered where they sign in, asked for as the second step, removed.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { openWindow, placeOf } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, mailTo, newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { type Device, addDevice } from '../support/virtual-authenticator.ts'
import { de } from '../../src/pages/texts/de.ts'
import { en } from '../../src/pages/texts/en.ts'

let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  // A part of the site that asks for the second factor.
  const vault = { path: '/vault/*', require: { aal: 2 as const } }
  const bundle = bundleWith({ ...shippedConfig, routes: [vault, ...shippedConfig.routes] })
  ;[gateway, browser] = await Promise.all([startGateway({ bundle }), startBrowser()])
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
})

const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
const title = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText()
/** By its path alone: the address of the login page ends with where it leads. */
const arrive = (page: Page, path: string): Promise<void> => page.waitForURL(({ pathname }) => pathname === path)
const names = async (page: Page): Promise<string[]> =>
  (await page.locator('.passkeys h2').allInnerTexts()).map((text) => text.trim())

async function giveCredentials(page: Page, { email, password }: Person, texts = en): Promise<void> {
  await page.getByLabel(texts.fields.email, { exact: true }).fill(email)
  await page.getByLabel(texts.fields.password, { exact: true }).fill(password)
  await press(page, texts.login.submit)
}

async function toPasskeys(page: Page, person: Person, texts = en): Promise<void> {
  await page.goto('/auth/login?return_to=/auth/account/passkeys')
  await giveCredentials(page, person, texts)
  await arrive(page, '/auth/account/passkeys')
}

async function add(page: Page, name = '', texts = en): Promise<void> {
  await page.locator('#passkey_name').fill(name)
  await press(page, texts.passkeys.add)
  await page.waitForURL('**notice=passkey_added')
}

/** A window of somebody who has a passkey in it and is signed out. */
async function withPasskey(
  options: { readonly person?: Person } = {},
): Promise<{ page: Page; device: Device; person: Person }> {
  const person = options.person ?? (await newPerson(gateway))
  const page = await openWindow(browser, gateway.url)
  const device = await addDevice(page)
  await toPasskeys(page, person)
  await add(page)
  await page.context().clearCookies()
  return { page, device, person }
}

describe.each([
  { locale: 'en-GB', texts: en },
  { locale: 'de-AT', texts: de },
])('in $locale', ({ locale, texts }) => {
  it('a passkey is added, named and renamed, signs in by itself, and is removed from the account and the device', async () => {
    const person = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url, { locale })
    const device = await addDevice(page)
    await toPasskeys(page, person, texts)
    expect(await title(page)).toBe(texts.passkeys.title)
    expect(await page.getByText(texts.passkeys.none).count()).toBe(1)
    await add(page, 'Schlüssel', texts)
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.passkey_added)
    expect(await names(page)).toEqual(['Schlüssel'])
    expect(await page.getByText(texts.passkeys.neverUsed).count()).toBe(1)
    await page.locator('.passkeys input[name=passkey_name]').fill('Laptop')
    await press(page, `${texts.passkeys.rename} Schlüssel`)
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.passkey_renamed)
    expect(await names(page)).toEqual(['Laptop'])
    await mailTo(
      gateway,
      person.email,
      locale === 'en-GB' ? /A change to your account/ : /Eine Änderung an Ihrem Konto/,
    )

    await page.context().clearCookies()
    await page.goto('/private')
    await arrive(page, '/private')
    await page.goto('/auth/account/passkeys')
    expect(await page.getByText(texts.passkeys.neverUsed).count()).toBe(0)
    await press(page, `${texts.passkeys.remove} Laptop`)
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.passkey_removed)
    expect(await names(page)).toEqual([])
    // By the Signal API: the device offers it no longer.
    await expect.poll(async () => (await device.credentials()).length).toBe(0)
  })
})

describe('the sign-in page', () => {
  it('offers a passkey by a button only where a script can ask for one', async () => {
    const [plain, scripted] = [
      await openWindow(browser, gateway.url, { javaScript: false }),
      await openWindow(browser, gateway.url),
    ]
    for (const page of [plain, scripted]) await page.goto('/auth/login')
    expect(await plain.getByRole('button', { name: en.passkeys.signIn }).isVisible()).toBe(false)
    expect(await scripted.getByRole('button', { name: en.passkeys.signIn }).isVisible()).toBe(true)
    expect(await scripted.getByLabel('Email address').getAttribute('autocomplete')).toBe('username webauthn')
  })

  it('suggests passkeys at once: whoever takes one types and presses nothing', async () => {
    const { page } = await withPasskey()
    await page.goto('/private')
    await arrive(page, '/private')
    expect(placeOf(page)).toBe('/private')
  })

  it('signs in by the button, with the address typed or not, and goes where the person wanted to go', async () => {
    const { page, person } = await withPasskey()
    // A browser that suggests none: only the button asks.
    await page.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false)
    })
    for (const email of ['', person.email]) {
      await page.context().clearCookies()
      await page.goto('/auth/login?return_to=/private')
      await page.getByLabel('Email address').fill(email)
      const asked = page.waitForRequest((request) => request.url().endsWith('/start'))
      await press(page, en.passkeys.signIn)
      expect((await asked).postDataJSON()).toEqual({ about: 'sign-in', ...(email === '' ? {} : { email }) })
      await arrive(page, '/private')
    }
  })

  it('says what to do when it does not work, and goes on working', async () => {
    const { page, device, person } = await withPasskey()
    await device.remove()
    await page.goto('/auth/login?return_to=/private')
    // No device at all: the browser waits for one until it is told that the person gave up.
    await page.evaluate(() => {
      navigator.credentials.get = () => Promise.reject(new DOMException('given up', 'NotAllowedError'))
    })
    await press(page, en.passkeys.signIn)
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toBe(en.passkeys.failed)
    await giveCredentials(page, person)
    expect(placeOf(page)).toBe('/private')
  })

  it('tells of too many attempts without losing the password form', async () => {
    const page = await openWindow(browser, gateway.url)
    await addDevice(page)
    for (let round = 0; round < 11; round += 1) await page.goto('/auth/login')
    await press(page, en.passkeys.signIn)
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toBe(en.passkeys.limited)
  })

  it('tells the device of a passkey that the account has no more, which then forgets it', async () => {
    const { page, device, person } = await withPasskey()
    await gateway.sql('delete from passkeys where user_id = $1', [person.userId])
    await page.goto('/auth/login')
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toContain(en.problems.unknown_passkey)
    await expect.poll(async () => (await device.credentials()).length).toBe(0)
  })
})

describe('a second device', () => {
  it('gets a passkey of its own, which works when the first one is gone', async () => {
    const { page, device, person } = await withPasskey()
    await page.goto('/private')
    await arrive(page, '/private')
    // The device that has one already says so.
    await page.goto('/auth/account/passkeys')
    await press(page, en.passkeys.add)
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toBe(en.passkeys.exists)

    const key = await addDevice(page, { transport: 'usb' })
    await device.attend(false)
    await page.reload()
    await add(page, 'Key ring')
    expect(await names(page)).toEqual(['Linux', 'Key ring'])
    expect((await key.credentials()).length).toBe(1)
    await device.remove()
    await page.context().clearCookies()
    await page.goto('/auth/login?return_to=/private')
    // Suggestions are for what is in the device itself; a key is asked for by the button.
    await press(page, en.passkeys.signIn)
    await arrive(page, '/private')
    const session = (await (await page.request.get('/auth/v1/session')).json()) as { user: { id: string } }
    expect(session.user.id).toBe(person.userId)
  })
})

describe('the second step', () => {
  it('takes a passkey instead of a code, and no password is enough without either', async () => {
    const person = await newPerson(gateway)
    const app = await enrol(person.visitor)
    await letTimePass(gateway, person)
    const page = await openWindow(browser, gateway.url)
    const device = await addDevice(page)
    await page.goto('/auth/login?return_to=/auth/account/passkeys')
    await giveCredentials(page, person)
    expect(await page.getByRole('button', { name: en.passkeys.secondFactor }).count()).toBe(0)
    await page.getByLabel('Code').fill(totpCode(app.secret))
    await press(page, 'Continue')
    await arrive(page, '/auth/account/passkeys')
    await add(page)
    await page.context().clearCookies()
    await device.attend(false)
    await page.goto('/auth/login?return_to=/private')
    await giveCredentials(page, person)
    expect(await title(page)).toBe('Second step')
    await device.attend(true)
    await press(page, en.passkeys.secondFactor)
    await arrive(page, '/private')
    const { session } = (await (await page.request.get('/auth/v1/session')).json()) as { session: object }
    expect(session).toMatchObject({ aal: 'aal2', amr: ['pwd', 'hwk', 'user', 'mfa'] })
  })

  it('is asked for by a part of the site that needs it, and given by a passkey without an app', async () => {
    const { page, device, person } = await withPasskey()
    await device.attend(false)
    await page.goto('/auth/login?return_to=/vault/gold')
    await giveCredentials(page, person)
    await arrive(page, '/auth/reauthenticate')
    await device.attend(true)
    await press(page, en.passkeys.prove)
    await arrive(page, '/vault/gold')
  })
})

describe('adding a passkey', () => {
  it('asks for a proof first when the sign-in is long ago, and leads back', async () => {
    const person = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url)
    await addDevice(page)
    await toPasskeys(page, person)
    await gateway.sql("update sessions set auth_time = now() - interval '11 minutes' where user_id = $1", [
      person.userId,
    ])
    await gateway.workerd.restart({ bindings: gateway.bindings })
    await page.reload()
    await press(page, en.passkeys.add)
    await arrive(page, '/auth/reauthenticate')
    await page.getByLabel('Current password').fill(person.password)
    await press(page, 'Continue')
    await arrive(page, '/auth/account/passkeys')
    await add(page)
    expect(await names(page)).toEqual(['Linux'])
  })
})

/** What browsers from before 2025 lack. */
const older = (): void => {
  for (const name of ['parseRequestOptionsFromJSON', 'parseCreationOptionsFromJSON', 'signalUnknownCredential'])
    Reflect.deleteProperty(PublicKeyCredential, name)
  Reflect.deleteProperty(PublicKeyCredential.prototype, 'toJSON')
}

describe('a browser that does not know the JSON forms', () => {
  it('adds a passkey and signs in with it all the same', async () => {
    const person = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url)
    await page.addInitScript(older)
    await addDevice(page)
    await toPasskeys(page, person)
    expect(await page.evaluate(() => 'toJSON' in PublicKeyCredential.prototype)).toBe(false)
    await add(page)
    await page.context().clearCookies()
    await page.goto('/private')
    await arrive(page, '/private')
    await page.goto('/auth/account/passkeys')
    await press(page, en.passkeys.add)
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toBe(en.passkeys.exists)
  })
})
