import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { enrol, totpCode } from '../support/authenticator.ts'
import { openWindow } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { authorizePath, newClient, newPkce } from '../support/oauth.ts'
import { enrolPasskey } from '../support/passkey.ts'
import { type Person, goodPassword, mailTo, newEmail, newPerson } from '../support/people.ts'
import { newNumber } from '../support/phones.ts'
import { addDevice } from '../support/virtual-authenticator.ts'
import { newVisitor } from '../support/visitor.ts'

let gateway: TestGateway
let browser: Browser
let person: Person
beforeAll(async () => {
  ;[gateway, browser] = await Promise.all([startGateway(), startBrowser()])
  person = await newPerson(gateway)
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
})

/** Every kind of page people meet, and the way to it. */
const pages: Readonly<Record<string, { heading: string; go: (page: Page) => Promise<unknown> }>> = {
  'the login page': { heading: 'Sign in', go: (page) => page.goto('/auth/login') },
  'the login page after a wrong password': {
    heading: 'Sign in',
    go: async (page) => {
      await page.goto('/auth/login')
      await signIn(page, 'not the password')
    },
  },
  'the sign-up page': { heading: 'Create your account', go: (page) => page.goto('/auth/signup') },
  'the sign-up page with a wrong field': {
    heading: 'Create your account',
    go: async (page) => {
      await page.goto('/auth/signup')
      await signUp(page, 'e\u0301'.repeat(4))
    },
  },
  'the page that asks for the code': {
    heading: 'Check your mail',
    go: async (page) => {
      await page.goto('/auth/signup')
      await signUp(page, goodPassword)
    },
  },
  'the page behind a mailed link': {
    heading: 'Confirm your email address',
    go: async (page) => {
      const email = newEmail()
      await page.goto('/auth/signup')
      await signUp(page, goodPassword, email)
      await page.goto((await mailTo(gateway, email)).link)
    },
  },
  'the page behind that link in another browser': {
    heading: 'Confirm your email address',
    go: async (page) => {
      const email = newEmail()
      await newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password: goodPassword })
      await page.goto((await mailTo(gateway, email)).link)
    },
  },
  'the page behind a spent link': {
    heading: 'Confirm your email address',
    go: async (page) => {
      await page.goto(`/auth/verify-email?token=${'x'.repeat(43)}`)
      await page.getByRole('button').click()
    },
  },
  'the page of one’s own data': {
    heading: 'Your data',
    go: async (page) => {
      await page.goto('/auth/login')
      await signIn(page, person.password)
      await page.goto('/auth/account/data')
    },
  },
  'the page that ends an account': {
    heading: 'Delete your account',
    go: async (page) => {
      await page.goto('/auth/login')
      await signIn(page, person.password)
      await page.goto('/auth/account/data/delete')
    },
  },
  'the page for a forgotten password': {
    heading: 'Choose a new password',
    go: (page) => page.goto('/auth/forgot'),
  },
  'the page that asks for the code and a new password': {
    heading: 'Choose a new password',
    go: async (page) => {
      await page.goto('/auth/forgot')
      await page.getByLabel('Email address').fill(newEmail())
      await page.getByRole('button').click()
    },
  },
  'the page for a new password, refused': {
    heading: 'Choose a new password',
    go: async (page) => {
      await page.goto(`/auth/reset?token=${'x'.repeat(43)}`)
      await page.getByLabel('New password').fill('password123')
      await page.getByRole('button').click()
    },
  },
  'the page that sends a sign-in link': {
    heading: 'Sign in without a password',
    go: (page) => page.goto('/auth/magic-link'),
  },
  'the page behind a sign-in link': {
    heading: 'Sign in',
    go: (page) => page.goto(`/auth/magic-link?token=${'x'.repeat(43)}`),
  },
  'the page behind that link in another browser, after a wrong address': {
    heading: 'Sign in',
    go: async (page) => {
      const { email } = await newPerson(gateway)
      await newVisitor(gateway).send('POST', '/auth/v1/magic-link/start', { email })
      await page.goto((await mailTo(gateway, email, /Sign in to/)).link)
      await page.getByLabel('Email address').fill(newEmail())
      await page.getByRole('button').click()
    },
  },
  'the page that asks for the sign-in code': {
    heading: 'Check your mail',
    go: async (page) => {
      await page.goto('/auth/magic-link')
      await page.getByLabel('Email address').fill(newEmail())
      await page.getByRole('button').click()
    },
  },
  'the page that sends a code by text': { heading: 'Sign in by phone', go: (page) => page.goto('/auth/phone') },
  'the page that asks for the code of a text, after a wrong number': {
    heading: 'Enter the code',
    go: async (page) => {
      await page.goto('/auth/phone')
      await page.getByLabel('Mobile number').fill('030 123456')
      await page.getByRole('button').click()
      await page.getByLabel('Mobile number').fill(newNumber())
      await page.getByRole('button').click()
    },
  },
  'the page about one’s own phone': {
    heading: 'Your phone',
    go: async (page) => {
      await page.goto('/auth/login?return_to=/auth/account/phone')
      await signIn(page, person.password)
    },
  },
  'the page that changes a password': {
    heading: 'Change your password',
    go: async (page) => {
      await page.goto('/auth/login?return_to=/auth/account/password')
      await signIn(page, person.password)
    },
  },
  'the page about two-step sign-in': {
    heading: 'Two-step sign-in',
    go: async (page) => {
      await page.goto('/auth/login?return_to=/auth/account/two-step')
      await signIn(page, person.password)
    },
  },
  'the page that sets up an app': {
    heading: 'Set up your authenticator app',
    go: (page) => toSetUp(page, person),
  },
  'the page with the backup codes': {
    heading: 'Your backup codes',
    go: async (page) => {
      await toSetUp(page, await newPerson(gateway))
      await switchOn(page)
    },
  },
  'the page that asks for the second step': {
    heading: 'Second step',
    go: async (page) => {
      const somebody = await newPerson(gateway)
      await enrol(somebody.visitor)
      await page.goto('/auth/login')
      await signIn(page, somebody.password, somebody.email)
    },
  },
  'the page that asks for a proof': {
    heading: 'Please confirm that it is you',
    go: async (page) => {
      await page.goto('/auth/login?return_to=/auth/reauthenticate')
      await signIn(page, person.password)
    },
  },
  'the account page': {
    heading: 'Your account',
    go: async (page) => {
      await page.goto('/auth/login?return_to=/auth/account')
      await signIn(page, person.password)
    },
  },
  'the page of somebody without passkeys': {
    heading: 'Your passkeys',
    go: async (page) => {
      await page.goto('/auth/login?return_to=/auth/account/passkeys')
      await signIn(page, person.password)
    },
  },
  'the page of somebody with a passkey': { heading: 'Your passkeys', go: (page) => withPasskey(page) },
  'the page of passkeys after a device said that it has one': {
    heading: 'Your passkeys',
    go: async (page) => {
      await withPasskey(page)
      await page.getByRole('button', { name: 'Add a passkey' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  'the login page after a passkey that is not known': {
    heading: 'Sign in',
    go: async (page) => {
      await withPasskey(page)
      await gateway.sql('delete from passkeys')
      await page.context().clearCookies()
      await page.goto('/auth/login')
      await page.getByRole('alert').waitFor()
    },
  },
  'the page that asks for the second step or a passkey': {
    heading: 'Second step',
    go: async (page) => {
      const somebody = await newPerson(gateway)
      await enrol(somebody.visitor)
      await enrolPasskey(somebody.visitor, gateway.url)
      await page.goto('/auth/login')
      await signIn(page, somebody.password, somebody.email)
    },
  },
  'the page that asks for a proof, by a passkey too': {
    heading: 'Please confirm that it is you',
    go: async (page) => {
      const somebody = await newPerson(gateway)
      await enrolPasskey(somebody.visitor, gateway.url)
      await page.goto('/auth/login?return_to=/auth/reauthenticate')
      await signIn(page, somebody.password, somebody.email)
    },
  },
  'the question before signing out': {
    heading: 'Sign out?',
    go: async (page) => {
      await page.goto('/auth/login?return_to=/auth/logout')
      await signIn(page, person.password)
    },
  },
  'the signed-out page': { heading: 'You are signed out', go: (page) => page.goto('/auth/logout') },
  'the question before an application is let in': {
    heading: 'Allow Foreign Wiki?',
    go: async (page) => {
      const { id } = await newClient(gateway, { isFirstParty: false, name: 'Foreign Wiki' })
      await page.goto(authorizePath(id, { code_challenge: newPkce().challenge }))
      await signIn(page, person.password)
    },
  },
  'a page that is not there': { heading: 'Nothing here', go: (page) => page.goto('/auth/nothing') },
  'a page that is not allowed': {
    heading: 'No way through',
    go: async (page) => {
      await page.goto('/auth/login?return_to=/admin/')
      await signIn(page, person.password)
    },
  },
  'the inbox of development': { heading: 'Development inbox', go: (page) => page.goto('/auth/dev/inbox') },
}

async function withPasskey(page: Page): Promise<void> {
  const somebody = await newPerson(gateway)
  await addDevice(page)
  await page.goto('/auth/login?return_to=/auth/account/passkeys')
  await signIn(page, somebody.password, somebody.email)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.waitForURL('**notice=passkey_added')
}

async function toSetUp(page: Page, { email, password }: Person): Promise<void> {
  await page.goto('/auth/login?return_to=/auth/account/two-step')
  await signIn(page, password, email)
  await page.getByRole('button').click()
}

async function switchOn(page: Page): Promise<void> {
  const link = await page.getByRole('link', { name: 'Open the app on this device' }).getAttribute('href')
  const secret = new URL(link ?? '').searchParams.get('secret') ?? ''
  await page.getByLabel('6-digit code').fill(totpCode(secret))
  await page.getByRole('button').click()
}

async function signIn(page: Page, password: string, email = person.email): Promise<void> {
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function signUp(page: Page, password: string, email = newEmail()): Promise<void> {
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
}

const looks = [
  { dark: false, size: { width: 1000, height: 800 } },
  { dark: true, size: { width: 320, height: 640 } },
]

describe.each(Object.entries(pages))('%s', (_name, { heading, go }) => {
  it.each(looks)('meets WCAG 2.2 AA, keeps to its own policy and fits, dark: $dark, $size.width wide', async (look) => {
    const page = await openWindow(browser, gateway.url, look)
    const complaints: string[] = []
    const asked = new Set<string>()
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted Type/i.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => asked.add(new URL(request.url()).origin))
    await go(page)
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(heading)
    expect(complaints).toEqual([])
    expect([...asked].filter((origin) => origin !== gateway.url && origin !== 'null')).toEqual([])
    // At 320 pixels nothing may need scrolling sideways (WCAG 1.4.10).
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(
      0,
    )
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
    await page.context().close()
  })
})
