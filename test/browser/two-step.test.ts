// The second factor as people meet it: set up from its picture, asked for at every way in, stood in for, proven afresh, removed.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { fill } from '../../src/pages/format.ts'
import { enrol, letTimePass, totpCode } from '../support/authenticator.ts'
import { field, follow, giveCredentials, manners, openWindow, placeOf, press, title } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { mailTo, newPerson, subjectOf } from '../support/people.ts'
import { scanned } from '../support/qr-photo.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'

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

const next = 'a password that came later'

describe.each(manners)('in $locale, with JavaScript $javaScript', ({ locale, texts, javaScript }) => {
  const { mfa, twoStep, account } = texts
  const open = (): Promise<Page> => openWindow(browser, gateway.url, { javaScript, locale })
  const shownCodes = (page: Page): Promise<string[]> => page.getByRole('main').getByRole('listitem').allInnerTexts()

  async function giveFactor(page: Page, code: string): Promise<void> {
    await field(page, mfa.code).fill(code)
    await press(page, mfa.submit)
  }

  it('an authenticator app is set up by its picture, asked for at the next login, and can be stood in for', async () => {
    const person = await newPerson(gateway)
    const page = await open()
    await page.goto('/vault/')
    await giveCredentials(page, person, texts)
    expect(await page.getByText(texts.reauthenticate.noFactor).count(), 'a page that needs it leads there').toBe(1)
    await press(page, twoStep.start)
    const said = await scanned(browser, page.getByRole('img', { name: twoStep.picture }))
    const secret = new URL(said).searchParams.get('secret') ?? ''
    const right = totpCode(secret)
    await field(page, texts.fields.code).fill(right === '000000' ? '000001' : '000000')
    await press(page, twoStep.finish)
    expect(await page.getByRole('alert').innerText()).toContain(texts.problems.invalid_code)
    await field(page, texts.fields.code).fill(totpCode(secret))
    await press(page, twoStep.finish)
    const codes = await shownCodes(page)
    expect(codes.length).toBe(10)
    await follow(page, twoStep.codesDone)
    expect(await page.getByText(`${account.twoStep}: ${account.twoStepOn}`).count()).toBe(1)
    await page.goto('/vault/')
    expect(placeOf(page)).toBe('/vault/')
    await letTimePass(gateway, person)

    const later = await open()
    await later.goto('/private')
    await giveCredentials(later, person, texts)
    expect(await title(later)).toBe(mfa.title)
    expect(placeOf(later)).toBe('/auth/mfa?return_to=%2Fprivate')
    await giveFactor(later, '00000-00000')
    expect(await later.getByRole('alert').innerText()).toContain(texts.problems.invalid_code)
    await giveFactor(later, totpCode(secret))
    expect(placeOf(later)).toBe('/private')

    const withoutPhone = await open()
    await withoutPhone.goto('/private')
    await giveCredentials(withoutPhone, person, texts)
    await giveFactor(withoutPhone, (codes[0] ?? '').toUpperCase())
    expect(placeOf(withoutPhone)).toBe('/private')
    await withoutPhone.goto('/auth/account/two-step')
    expect(await withoutPhone.getByText(fill(twoStep.on, { count: '9' })).count()).toBe(1)
  })

  it('new backup codes are shown once and end the old ones', async () => {
    const person = await newPerson(gateway)
    const { backupCodes: old } = await enrol(person.visitor)
    const page = await open()
    await page.goto('/auth/login?return_to=/auth/account/two-step')
    await giveCredentials(page, person, texts)
    await giveFactor(page, old[0] ?? '')
    await press(page, twoStep.reissue)
    expect(await title(page)).toBe(twoStep.codesTitle)
    const codes = await shownCodes(page)
    expect([new Set([...codes, ...old]).size, codes.length]).toEqual([20, 10])
    await mailTo(gateway, person.email, subjectOf(texts.mail.changed.subject))
    const later = await open()
    await later.goto('/private')
    await giveCredentials(later, person, texts)
    await giveFactor(later, old[1] ?? '')
    expect(await later.getByRole('alert').innerText()).toContain(texts.problems.invalid_code)
    await giveFactor(later, codes[0] ?? '')
    expect(placeOf(later)).toBe('/private')
  })

  it('a new password by mail lets nobody past the second step, which stays as it was', async () => {
    const person = await newPerson(gateway)
    const { secret } = await enrol(person.visitor)
    await letTimePass(gateway, person)
    const page = await open()
    await page.goto('/auth/forgot')
    await field(page, texts.fields.email).fill(person.email)
    await press(page, texts.forgot.submit)
    await page.goto((await mailTo(gateway, person.email, subjectOf(texts.mail.reset.subject))).link)
    await field(page, texts.fields.new_password).fill(next)
    await press(page, texts.reset.submit)
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.password_changed)
    await page.goto('/private')
    expect(placeOf(page), 'a reset signs nobody in').toContain('/auth/login')
    await giveCredentials(page, { ...person, password: next }, texts)
    expect(await title(page)).toBe(mfa.title)
    await page.goto('/private')
    expect(placeOf(page), 'the password alone does not do').toContain('/auth/login')
    await giveCredentials(page, { ...person, password: next }, texts)
    await giveFactor(page, totpCode(secret))
    expect(placeOf(page)).toBe('/private')
    await page.goto('/auth/account')
    expect(await page.getByText(`${account.twoStep}: ${account.twoStepOn}`).count()).toBe(1)
  })

  it('a mailed link asks for the second step as well', async () => {
    const person = await newPerson(gateway)
    const { secret } = await enrol(person.visitor)
    await letTimePass(gateway, person)
    const page = await open()
    await page.goto('/auth/magic-link?return_to=/private')
    await field(page, texts.fields.email).fill(person.email)
    await press(page, texts.magicLink.submit)
    await page.goto((await mailTo(gateway, person.email, subjectOf(texts.mail.magicLink.subject))).link)
    await press(page, texts.magicLink.enter)
    expect(await title(page)).toBe(mfa.title)
    await giveFactor(page, totpCode(secret))
    expect(placeOf(page)).toBe('/private')
  })

  it('what needs a fresh proof asks for the factor, and then does it', async () => {
    const person = await newPerson(gateway)
    const { secret, backupCodes } = await enrol(person.visitor)
    const page = await open()
    await page.goto('/auth/login?return_to=/auth/account/two-step')
    await giveCredentials(page, person, texts)
    await giveFactor(page, backupCodes[0] ?? '')
    await letTimePass(gateway, person)
    await gateway.sql("update sessions set auth_time = now() - interval '11 minutes' where user_id = $1", [
      person.userId,
    ])
    await gateway.workerd.restart()
    await page.goto('/auth/account/two-step')
    await press(page, twoStep.remove)
    expect(await title(page)).toBe(texts.reauthenticate.title)
    await giveFactor(page, totpCode(secret))
    expect(placeOf(page)).toBe('/auth/account/two-step')
    await press(page, twoStep.remove)
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.factor_removed)
    await follow(page, account.title)
    expect(await page.getByText(`${account.twoStep}: ${account.twoStepOff}`).count()).toBe(1)
  })
})
