// The pages of people who are not signed in yet, and of those who are half in.
import type { Page } from 'playwright-core'
import { en } from '../../../src/pages/texts/en.ts'
import { enrol } from '../authenticator.ts'
import { field, giveCredentials, press } from '../browser.ts'
import { enrolPasskey } from '../passkey.ts'
import { goodPassword, mailTo, newEmail, newPerson, subjectOf } from '../people.ts'
import { codeTo, enrolPhone, newNumber } from '../phones.ts'
import { newVisitor } from '../visitor.ts'
import { type Scene, type Sights, signInTo } from './scene.ts'

async function signUp(page: Page, { texts }: Scene, { email = newEmail(), password = goodPassword }): Promise<void> {
  await page.goto('/auth/signup')
  await field(page, texts.fields.email).fill(email)
  await field(page, texts.fields.password).fill(password)
  await press(page, texts.signUp.submit)
}

async function askForMail(page: Page, path: '/auth/forgot' | '/auth/magic-link', { texts }: Scene, email = newEmail()) {
  await page.goto(path)
  await field(page, texts.fields.email).fill(email)
  await press(page, path === '/auth/forgot' ? texts.forgot.submit : texts.magicLink.submit)
}

async function askForText(page: Page, { texts }: Scene, numbers: readonly string[]): Promise<void> {
  await page.goto('/auth/phone')
  for (const number of numbers) {
    await field(page, texts.fields.phone).fill(number)
    await press(page, texts.phone.submit)
  }
}

const entering: Sights = {
  'the login page': { heading: (t) => t.login.title, go: (page) => page.goto('/auth/login') },
  'the login page after a wrong password': {
    heading: (t) => t.login.title,
    go: async (page, { person, texts }) => {
      await page.goto('/auth/login')
      await giveCredentials(page, { ...person, password: 'not the password' }, texts)
    },
  },
  'the page for a forgotten password': { heading: (t) => t.forgot.title, go: (page) => page.goto('/auth/forgot') },
  'the page that asks for the code and a new password': {
    heading: (t) => t.reset.title,
    go: (page, scene) => askForMail(page, '/auth/forgot', scene),
  },
  'the page for a new password, refused': {
    heading: (t) => t.reset.title,
    go: async (page, scene) => {
      const { email } = await newPerson(scene.gateway)
      await askForMail(page, '/auth/forgot', scene, email)
      await page.goto((await mailTo(scene.gateway, email, subjectOf(scene.texts.mail.reset.subject))).link)
      await field(page, scene.texts.fields.new_password).fill('password123')
      await press(page, scene.texts.reset.submit)
    },
  },
  'the page that sends a sign-in link': {
    heading: (t) => t.magicLink.title,
    go: (page) => page.goto('/auth/magic-link'),
  },
  'the page that asks for the sign-in code': {
    heading: (t) => t.checkMail.title,
    go: (page, scene) => askForMail(page, '/auth/magic-link', scene),
  },
  'the page behind a sign-in link': {
    heading: (t) => t.magicLink.confirmTitle,
    go: async (page, scene) => {
      const { email } = await newPerson(scene.gateway)
      await askForMail(page, '/auth/magic-link', scene, email)
      await page.goto((await mailTo(scene.gateway, email, subjectOf(scene.texts.mail.magicLink.subject))).link)
    },
  },
  'the page behind that link in another browser, after a wrong address': {
    heading: (t) => t.magicLink.confirmTitle,
    go: async (page, { gateway, texts }) => {
      const { email } = await newPerson(gateway)
      await newVisitor(gateway).send('POST', '/auth/v1/magic-link/start', { email })
      await page.goto((await mailTo(gateway, email, subjectOf(en.mail.magicLink.subject))).link)
      await field(page, texts.fields.email).fill(newEmail())
      await press(page, texts.magicLink.enter)
    },
  },
  'the page that sends a code by text': { heading: (t) => t.phone.title, go: (page) => page.goto('/auth/phone') },
  'the page that sends a code by text, after a wrong number': {
    heading: (t) => t.phone.title,
    go: (page, scene) => askForText(page, scene, ['030 123456']),
  },
  'the page that asks for the code of a text': {
    heading: (t) => t.phone.codeTitle,
    go: (page, scene) => askForText(page, scene, [newNumber()]),
  },
}

const signingUp: Sights = {
  'the sign-up page': { heading: (t) => t.signUp.title, go: (page) => page.goto('/auth/signup') },
  'the sign-up page with a wrong field': {
    heading: (t) => t.signUp.title,
    // Eight units to the browser's own check, four characters to the gateway's.
    go: (page, scene) => signUp(page, scene, { password: 'e\u0301'.repeat(4) }),
  },
  'the page that asks for the code': {
    heading: (t) => t.checkMail.title,
    go: (page, scene) => signUp(page, scene, {}),
  },
  'the page behind a mailed link': {
    heading: (t) => t.verifyEmail.title,
    go: async (page, scene) => {
      const email = newEmail()
      await signUp(page, scene, { email })
      await page.goto((await mailTo(scene.gateway, email)).link)
    },
  },
  'the page behind that link in another browser': {
    heading: (t) => t.verifyEmail.title,
    go: async (page, { gateway }) => {
      const email = newEmail()
      await newVisitor(gateway).send('POST', '/auth/v1/signup', { email, password: goodPassword })
      await page.goto((await mailTo(gateway, email)).link)
    },
  },
  'the page behind a spent link': {
    heading: (t) => t.verifyEmail.title,
    go: async (page, { texts }) => {
      await page.goto(`/auth/verify-email?token=${'x'.repeat(43)}`)
      await press(page, texts.verifyEmail.submit)
    },
  },
}

const halfIn: Sights = {
  'the page that asks for the second step': {
    heading: (t) => t.mfa.title,
    go: async (page, scene) => {
      const person = await newPerson(scene.gateway)
      await enrol(person.visitor)
      await signInTo(page, '/private', { ...scene, person })
    },
  },
  'the page that asks for the second step or a passkey': {
    heading: (t) => t.mfa.title,
    go: async (page, scene) => {
      const person = await newPerson(scene.gateway)
      await enrol(person.visitor)
      await enrolPasskey(person.visitor, scene.gateway.url)
      await signInTo(page, '/private', { ...scene, person })
    },
  },
  'the page that offers the second step by text': {
    heading: (t) => t.mfa.title,
    go: async (page, scene) => {
      const person = await newPerson(scene.gateway)
      await enrolPhone(scene.gateway, person, { use: 'second-factor' })
      await signInTo(page, '/private', { ...scene, person })
    },
  },
  'the page that asks for the second step’s text, after a wrong code': {
    heading: (t) => t.mfa.title,
    go: async (page, scene) => {
      const { texts } = scene
      const person = await newPerson(scene.gateway)
      const number = await enrolPhone(scene.gateway, person, { use: 'second-factor' })
      await signInTo(page, '/private', { ...scene, person })
      await press(page, texts.mfa.smsSend)
      const code = await codeTo(scene.gateway, number, 1)
      await field(page, texts.fields.code).fill(code === '000000' ? '000001' : '000000')
      await press(page, texts.mfa.submit)
    },
  },
}

export const sightsOfStrangers: Sights = { ...entering, ...signingUp, ...halfIn }
