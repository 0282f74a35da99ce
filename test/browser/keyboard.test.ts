// With the keyboard alone: everything is reached by Tab, is seen to be reached, and is done by Enter or Space.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { de } from '../../src/pages/texts/de.ts'
import { en } from '../../src/pages/texts/en.ts'
import { letTimePass, totpCode } from '../support/authenticator.ts'
import { openWindow } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, newPerson } from '../support/people.ts'
import { addDevice } from '../support/virtual-authenticator.ts'

let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  ;[gateway, browser] = await Promise.all([startGateway(), startBrowser()])
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
})

/** What a person knows of where they are: its name, and that a line goes around it. */
function focus(page: Page): Promise<{ name: string; id: string; isSeen: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement ?? document.body
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const { width, height } = element.getBoundingClientRect()
    return {
      name: (element.textContent ?? '').replace(/\s+/g, ' ').trim(),
      id: element.id,
      isSeen: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && width > 0 && height > 0,
    }
  })
}

/** By the name of a button or a link, or by the id of a field. */
async function tabTo(page: Page, target: string): Promise<void> {
  const passed: string[] = []
  for (let step = 0; step < 60; step += 1) {
    const { name, id, isSeen } = await focus(page)
    if (name === target || id === target) {
      expect(isSeen, `${target} shows that it is reached`).toBe(true)
      return
    }
    passed.push(name === '' ? id : name)
    await page.keyboard.press('Tab')
  }
  throw new Error(`the keyboard never reaches "${target}", only ${passed.join(', ')}`)
}

async function pressOn(page: Page, target: string, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press(key)
}

async function typeInto(page: Page, id: string, text: string): Promise<void> {
  await tabTo(page, id)
  await page.keyboard.type(text)
}

/** Where one may type as soon as the page is there, without going anywhere. */
async function typeAtOnce(page: Page, id: string, text: string): Promise<void> {
  await expect.poll(() => focus(page).then((now) => now.id)).toBe(id)
  await page.keyboard.type(text)
}

const arrive = (page: Page, path: string): Promise<void> => page.waitForURL(({ pathname }) => pathname === path)
const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor()

describe.each([
  { locale: 'en-GB', texts: en },
  { locale: 'de-AT', texts: de },
])('in $locale', ({ locale, texts }) => {
  async function signIn(page: Page, { email, password }: Person): Promise<void> {
    await typeAtOnce(page, 'email', email)
    await typeInto(page, 'password', password)
    await page.keyboard.press('Enter')
  }

  it('a person looks at the password, signs in, and out by the question', async () => {
    const { email, password } = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url, { locale })
    await page.goto('/private')
    await typeAtOnce(page, 'email', email)
    await typeInto(page, 'password', password)
    await pressOn(page, `${texts.conveniences.show} ${texts.fields.password}`, 'Space')
    expect(await page.locator('#password').getAttribute('type')).toBe('text')
    await pressOn(page, texts.login.submit)
    await arrive(page, '/private')
    await page.goto('/auth/logout')
    await heading(page, texts.signOut.title)
    await pressOn(page, texts.signOut.submit, 'Space')
    await heading(page, texts.signedOut.title)
    await page.context().close()
  })

  it('a person sets up an app, keeps the codes, gives the second step, and looks around the account', async () => {
    const person = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url, { locale })
    await page.goto('/auth/login?return_to=/auth/account')
    await signIn(page, person)
    await arrive(page, '/auth/account')
    await pressOn(page, texts.account.revokeOthers)
    await page.getByText(texts.notices.sessions_revoked).waitFor()
    await pressOn(page, texts.account.twoStep)
    await arrive(page, '/auth/account/two-step')
    await pressOn(page, texts.twoStep.start)
    await heading(page, texts.twoStep.setUpTitle)
    const link = await page.getByRole('link', { name: texts.twoStep.openApp }).getAttribute('href')
    const secret = new URL(link ?? '').searchParams.get('secret') ?? ''
    await typeAtOnce(page, 'code', totpCode(secret))
    await page.keyboard.press('Enter')
    await heading(page, texts.twoStep.codesTitle)
    await tabTo(page, texts.twoStep.copy)
    await pressOn(page, texts.twoStep.codesDone)
    await arrive(page, '/auth/account')
    await pressOn(page, texts.account.logout)
    await heading(page, texts.signedOut.title)
    await letTimePass(gateway, person)

    await page.goto('/auth/login?return_to=/auth/account')
    await signIn(page, person)
    await heading(page, texts.mfa.title)
    await typeAtOnce(page, 'code', totpCode(secret))
    await page.keyboard.press('Enter')
    await arrive(page, '/auth/account')
    await pressOn(page, texts.account.ownData)
    await arrive(page, '/auth/account/data')
    await typeInto(page, 'name', ' Longer')
    await pressOn(page, texts.ownData.saveName)
    await page.getByText(texts.notices.name_changed).waitFor()
    await page.context().close()
  })

  it('a person adds a passkey, signs in by it, and removes it', async () => {
    const person = await newPerson(gateway)
    const page = await openWindow(browser, gateway.url, { locale })
    // Only the button asks: the suggestions sign in by themselves.
    await page.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false)
    })
    await addDevice(page)
    await page.goto('/auth/login?return_to=/auth/account/passkeys')
    await signIn(page, person)
    await arrive(page, '/auth/account/passkeys')
    await typeInto(page, 'passkey_name', 'Laptop')
    await pressOn(page, texts.passkeys.add)
    await page.waitForURL('**notice=passkey_added')
    await page.context().clearCookies()
    await page.goto('/auth/login?return_to=/auth/account/passkeys')
    await pressOn(page, texts.passkeys.signIn)
    await arrive(page, '/auth/account/passkeys')
    await pressOn(page, `${texts.passkeys.remove} Laptop`, 'Space')
    await page.getByText(texts.notices.passkey_removed).waitFor()
    await page.context().close()
  })
})
