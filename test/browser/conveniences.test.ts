// What scripts make easier: a password to look at, a code out of whatever was pasted, backup codes to copy. In both languages,
// and nothing of it to be seen where no script runs.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { de } from '../../src/pages/texts/de.ts'
import { en } from '../../src/pages/texts/en.ts'
import { totpCode } from '../support/authenticator.ts'
import { field, giveCredentials, openTab, openWindow, placeOf, press } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type Person, mailTo, newPerson, subjectOf } from '../support/people.ts'

let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  ;[gateway, browser] = await Promise.all([startGateway(), startBrowser()])
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
})

/** As the keyboard of a person does it, who copied this somewhere else. */
async function paste(page: Page, text: string): Promise<void> {
  const elsewhere = await openTab(page)
  await elsewhere.setContent('<textarea></textarea>')
  await elsewhere.locator('textarea').fill(text)
  await elsewhere.locator('textarea').press('ControlOrMeta+a')
  await elsewhere.keyboard.press('ControlOrMeta+c')
  await elsewhere.close()
  await page.keyboard.press('ControlOrMeta+v')
}

/** What the clipboard holds, as another page is given it. */
async function pasted(page: Page): Promise<string> {
  const elsewhere = await openTab(page)
  await elsewhere.setContent('<textarea autofocus></textarea>')
  await elsewhere.locator('textarea').press('ControlOrMeta+v')
  const text = await elsewhere.locator('textarea').inputValue()
  await elsewhere.close()
  return text
}

async function toBackupCodes(page: Page, person: Person, texts = en): Promise<void> {
  await page.goto('/auth/login?return_to=/auth/account/two-step')
  await giveCredentials(page, person, texts)
  await press(page, texts.twoStep.start)
  const link = await page.getByRole('link', { name: texts.twoStep.openApp }).getAttribute('href')
  const code = totpCode(new URL(link ?? '').searchParams.get('secret') ?? '')
  // Apps show it in two groups; without a script that is what arrives.
  await page.getByLabel(texts.fields.code).fill(`${code.slice(0, 3)} ${code.slice(3)}`)
  await press(page, texts.twoStep.finish)
  await page.getByRole('heading', { level: 1, name: texts.twoStep.codesTitle }).waitFor()
}

describe.each([
  { locale: 'en-GB', texts: en },
  { locale: 'de-AT', texts: de },
])('in $locale', ({ locale, texts }) => {
  const open = (javaScript = true): Promise<Page> => openWindow(browser, gateway.url, { locale, javaScript })

  it('a password is shown by a button that says whether it does, and is hidden again before it is sent', async () => {
    const person = await newPerson(gateway)
    const page = await open()
    await page.goto('/auth/login?return_to=/private')
    const password = field(page, texts.fields.password)
    const button = page.getByRole('button', {
      name: `${texts.conveniences.show} ${texts.fields.password}`,
      exact: true,
    })
    const state = async () => [await password.getAttribute('type'), await button.getAttribute('aria-pressed')]
    await field(page, texts.fields.email).fill(person.email)
    await password.fill(person.password)
    expect(await state()).toEqual(['password', 'false'])
    await button.click()
    expect(await state()).toEqual(['text', 'true'])
    await button.press('Space')
    expect(await state()).toEqual(['password', 'false'])
    await button.click()
    expect(await password.inputValue()).toBe(person.password)
    // The moment the form is sent, and no navigation yet that would hide what became of the field.
    await page.evaluate(() => addEventListener('submit', (event) => event.preventDefault()))
    await press(page, texts.login.submit)
    expect(await state()).toEqual(['password', 'false'])
    await page.context().close()
  })

  it('each password of a page has a button of its own', async () => {
    const page = await open()
    await page.goto('/auth/login?return_to=/auth/account/password')
    await giveCredentials(page, await newPerson(gateway), texts)
    await press(page, `${texts.conveniences.show} ${texts.fields.new_password}`)
    expect(await field(page, texts.fields.new_password).getAttribute('type')).toBe('text')
    expect(await field(page, texts.fields.current_password).getAttribute('type')).toBe('password')
    await page.context().close()
  })

  it('the code is taken out of what was pasted, and what holds no code or two is left as it is', async () => {
    const { email } = await newPerson(gateway)
    const page = await open()
    await page.goto('/auth/magic-link?return_to=/private')
    await field(page, texts.fields.email).fill(email)
    await press(page, texts.magicLink.submit)
    const code = field(page, texts.fields.code)
    const mailed = await mailTo(gateway, email, subjectOf(texts.mail.magicLink.subject))
    for (const [text, value] of [
      ['no code here', 'no code here'],
      ['123456 or 654321', '123456 or 654321'],
      ['12345678', '12345678'],
      ['2026-11-21: your code is 345-678.', '345678'],
      ['１２３\u00a0４５６', '123456'],
      [`\n  ${mailed.code.slice(0, 3)} ${mailed.code.slice(3)}\n`, mailed.code],
    ] as const) {
      await code.fill('')
      await code.focus()
      await paste(page, text)
      expect(await code.inputValue()).toBe(value)
    }
    await press(page, texts.magicLink.enter)
    expect(placeOf(page)).toBe('/private')
    await page.context().close()
  })

  it('the backup codes are copied, which is said, and so is that they were not', async () => {
    const page = await open()
    // What a browser with a window grants to whoever presses a button; the policy of the page is asked all the same.
    await page.context().grantPermissions(['clipboard-write'], { origin: gateway.url })
    await toBackupCodes(page, await newPerson(gateway), texts)
    const codes = await page.getByRole('main').getByRole('listitem').allInnerTexts()
    expect(codes).toHaveLength(10)
    expect(await page.getByRole('status').innerText()).toBe('')
    await press(page, texts.twoStep.copy)
    await expect.poll(() => page.getByRole('status').innerText()).toBe(texts.twoStep.copied)
    expect((await pasted(page)).split('\n')).toEqual(codes)
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    })
    await press(page, texts.twoStep.copy)
    await expect.poll(() => page.getByRole('status').innerText()).toBe(texts.twoStep.copyFailed)
    await page.context().close()
  })

  it('without scripts no button stands there that does nothing', async () => {
    const page = await open(false)
    const shown = (): Promise<string[]> =>
      page.locator('button:visible').evaluateAll((all) => all.map((one) => one.getAttribute('type') ?? ''))
    await page.goto('/auth/login')
    expect(await shown()).toEqual(['submit'])
    await page.goto('/auth/signup')
    expect(await shown()).toEqual(['submit'])
    await toBackupCodes(page, await newPerson(gateway), texts)
    expect(await shown()).toEqual([])
    await page.context().close()
  })
})
