// Pages and mails speak the language of the person, by choice or by what the browser asks for.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { de } from '../../src/pages/texts/de.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { goodPassword, newEmail, newPerson } from '../support/people.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const cookieName = '__Host-portcullis-lang'
const german = { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5', accept: 'text/html' }

describe('a page', () => {
  it('speaks what the browser asks for, and English to everybody else', async () => {
    for (const [headers, lang, words] of [
      [german, 'de', 'Passwort vergessen?'],
      [{ ...german, 'accept-language': 'fr' }, 'en', 'Forgot your password?'],
    ] as const) {
      const html = await (await newVisitor(gateway).send('GET', '/auth/login', undefined, headers)).text()
      expect(html).toContain(`<html lang="${lang}"`)
      expect(html).toContain(words)
    }
  })

  it('speaks what was chosen, from then on', async () => {
    const visitor = newVisitor(gateway)
    expect(await (await visitor.open('/auth/login?lang=de')).text()).toContain('<html lang="de"')
    expect(visitor.cookies.get(cookieName)).toBe('de')
    expect(await (await visitor.open('/auth/signup')).text()).toContain('<html lang="de"')
    expect(await (await visitor.open('/auth/forgot')).text()).toContain('Neues Passwort wählen')
    expect(await (await visitor.open('/auth/login?lang=en')).text()).toContain('<html lang="en"')
    expect(await (await visitor.open('/auth/login?lang=xx')).text()).toContain('<html lang="en"')
  })

  it('leads to itself in the other language, and keeps where somebody wanted to go', async () => {
    const visitor = newVisitor(gateway)
    for (const page of ['/auth/login', '/auth/signup', '/auth/forgot', '/auth/magic-link', '/auth/phone']) {
      const html = await (await visitor.open(`${page}?return_to=%2Fprivate&lang=en`)).text()
      const link = /<a href="([^"]*)" lang="de" hreflang="de">Deutsch<\/a>/.exec(html)?.[1]?.replaceAll('&amp;', '&')
      expect([page, link]).toEqual([page, `${page}?return_to=%2Fprivate&lang=de`])
      expect(await (await visitor.open(link ?? '')).text()).toContain('<html lang="de"')
    }
  })

  it('speaks it too where an application sends somebody: at the question to sign out, and after', async () => {
    const { visitor } = await newPerson(gateway)
    const question = await visitor.open('/auth/oauth/logout?lang=de')
    expect(await question.text()).toContain(`<h1>${de.signOut.title}</h1>`)
    expect(visitor.cookies.get(cookieName)).toBe('de')
    const after = await newVisitor(gateway).send('GET', '/auth/oauth/logout', undefined, german)
    expect(await after.text()).toContain(`<h1>${de.signedOut.title}</h1>`)
  })

  it('that answers a form leads nowhere, as nothing could be asked again', async () => {
    const visitor = newVisitor(gateway)
    await visitor.open('/auth/login')
    const answer = await visitor.submit('/auth/login', { email: newEmail(), password: 'not this one' })
    expect(await answer.text()).not.toContain('hreflang')
  })

  it('says what is wrong in the same language', async () => {
    const visitor = newVisitor(gateway)
    await visitor.open('/auth/signup?lang=de')
    const answer = await visitor.submit('/auth/signup', { email: newEmail(), password: 'passwort1' })
    expect(await answer.text()).toContain('Dieses Passwort verwenden viele')
  })

  it('keeps its choice from the site behind the gateway', async () => {
    const { visitor } = await newPerson(gateway)
    await visitor.open('/auth/account?lang=de')
    expect(visitor.cookies.get(cookieName)).toBe('de')
    expect(await (await visitor.send('GET', '/headers')).text()).not.toContain('portcullis-lang')
  })
})

describe('a mail', () => {
  it('is in the language of the page that caused it', async () => {
    const email = newEmail()
    await newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password: goodPassword }, german)
    await expect
      .poll(() => gateway.mail.messages().find(({ to }) => to.includes(email))?.subject)
      .toContain('Bestätigen Sie')
    const mail = gateway.mail.messages().find(({ to }) => to.includes(email))
    expect(mail?.html).toContain('<html lang="de"')
    expect(mail?.text).toContain('24 Stunden')
  })
})
