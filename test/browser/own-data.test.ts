// One's own data in the account: the name, a copy of everything, and the end of the account.
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { field, follow, giveCredentials, manners, openWindow, placeOf, press, title } from '../support/browser.ts'
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

describe.each(manners)('in $locale, with JavaScript $javaScript', ({ locale, texts, javaScript }) => {
  const t = texts.ownData
  const open = (): Promise<Page> => openWindow(browser, gateway.url, { javaScript, locale })

  it('the name is changed, shown as it was typed, and told to the site', async () => {
    const person = await newPerson(gateway)
    const page = await open()
    await page.goto('/auth/login?return_to=/auth/account')
    await giveCredentials(page, person, texts)
    await follow(page, texts.account.ownData)
    const name = field(page, `${texts.fields.name} ${texts.fields.optional}`)
    expect(await name.inputValue()).toBe('Test Person')
    await name.fill('Åsa <b>Öberg</b>')
    await press(page, t.saveName)
    expect(await page.getByRole('status').innerText()).toBe(texts.notices.name_changed)
    expect(await name.inputValue()).toBe('Åsa <b>Öberg</b>')
    await follow(page, texts.account.title)
    expect(await page.getByText('Åsa <b>Öberg</b>').count()).toBe(1)
    // What minutes do as well: the sessions are read from the record again.
    await gateway.workerd.restart()
    await page.goto('/private')
    expect(await title(page)).toContain('Åsa <b>Öberg</b>')
  })

  it('everything that is kept comes as a file', async () => {
    const person = await newPerson(gateway)
    const page = await open()
    await page.goto('/auth/login?return_to=/auth/account/data')
    await giveCredentials(page, person, texts)
    const [download] = await Promise.all([page.waitForEvent('download'), follow(page, t.export)])
    expect(download.suggestedFilename()).toMatch(/\.json$/)
    const text = readFileSync(await download.path(), 'utf8')
    expect(JSON.parse(text)).toHaveProperty('profile[0].email', person.email)
    expect(text).not.toMatch(/argon2|password_hash/)
  })

  it('the account is kept by a link, and ended by a button, which ends every session and is mailed', async () => {
    const person = await newPerson(gateway)
    const [page, elsewhere] = [await open(), await open()]
    await page.goto('/auth/login?return_to=/auth/account/data')
    await giveCredentials(page, person, texts)
    await elsewhere.goto('/private')
    await giveCredentials(elsewhere, person, texts)
    await follow(page, t.toDelete)
    expect(await page.getByText(person.email).count()).toBe(1)
    await follow(page, t.keep)
    expect(await title(page)).toBe(t.title)
    await follow(page, t.toDelete)
    await press(page, t.delete)
    expect(await title(page)).toBe(texts.signedOut.title)
    await mailTo(gateway, person.email, subjectOf(texts.mail.changed.subject))
    for (const window of [page, elsewhere])
      await expect
        .poll(() => window.goto('/private').then(() => placeOf(window)), { timeout: 10_000 })
        .toContain('/auth/login')
    await giveCredentials(page, person, texts)
    expect(await page.getByRole('alert').innerText()).toContain(texts.problems.invalid_credentials)
  })
})
