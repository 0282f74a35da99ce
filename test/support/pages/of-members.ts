// The pages of people who are signed in.
import type { Page } from 'playwright-core'
import { enrol, totpCode } from '../authenticator.ts'
import { field, press } from '../browser.ts'
import { enrolPasskey } from '../passkey.ts'
import { newPerson } from '../people.ts'
import { codeTo, enrolPhone, newNumber } from '../phones.ts'
import { addDevice } from '../virtual-authenticator.ts'
import { type Scene, type Sight, type Sights, signInTo } from './scene.ts'

const own = (path: string, heading: Sight['heading']): Sight => ({
  heading,
  go: (page, scene) => signInTo(page, path, scene),
})

const account: Sights = {
  'the account page': own('/auth/account', (t) => t.account.title),
  'the page of one’s own data': own('/auth/account/data', (t) => t.ownData.title),
  'the page that ends an account': own('/auth/account/data/delete', (t) => t.ownData.deleteTitle),
  'the page that changes a password': own('/auth/account/password', (t) => t.changePassword.title),
  'the page that changes a password, refused': {
    heading: (t) => t.changePassword.title,
    go: async (page, scene) => {
      await signInTo(page, '/auth/account/password', scene)
      await field(page, scene.texts.fields.current_password).fill(scene.person.password)
      await field(page, scene.texts.fields.new_password).fill('password123')
      await press(page, scene.texts.changePassword.submit)
    },
  },
  'the question before signing out': own('/auth/logout', (t) => t.signOut.title),
  'the signed-out page': { heading: (t) => t.signedOut.title, go: (page) => page.goto('/auth/logout') },
}

const phones: Sights = {
  'the page about one’s own phone': own('/auth/account/phone', (t) => t.ownPhone.title),
  'the page about one’s own phone, where there is one': {
    heading: (t) => t.ownPhone.title,
    go: async (page, scene) => {
      const person = await newPerson(scene.gateway)
      await enrolPhone(scene.gateway, person)
      await signInTo(page, '/auth/account/phone', { ...scene, person })
    },
  },
  'the page that asks whether a phone is one’s own, after a wrong code': {
    heading: (t) => t.phone.codeTitle,
    go: async (page, scene) => {
      const { gateway, texts } = scene
      const number = newNumber()
      await signInTo(page, '/auth/account/phone', { ...scene, person: await newPerson(gateway) })
      await field(page, texts.fields.phone).fill(number)
      await press(page, texts.ownPhone.submit)
      const code = await codeTo(gateway, number)
      await field(page, texts.fields.code).fill(code === '000000' ? '000001' : '000000')
      await press(page, texts.ownPhone.finish)
    },
  },
}

async function toSetUp(page: Page, scene: Scene): Promise<void> {
  await signInTo(page, '/auth/account/two-step', scene)
  await press(page, scene.texts.twoStep.start)
}

const twoStep: Sights = {
  'the page about two-step sign-in': own('/auth/account/two-step', (t) => t.twoStep.title),
  'the page about two-step sign-in, where it is on': {
    heading: (t) => t.twoStep.title,
    go: async (page, scene) => {
      const person = await newPerson(scene.gateway)
      const { backupCodes } = await enrol(person.visitor)
      await signInTo(page, '/auth/account/two-step', { ...scene, person })
      await field(page, scene.texts.mfa.code).fill(backupCodes[0] ?? '')
      await press(page, scene.texts.mfa.submit)
    },
  },
  'the page that sets up an app': { heading: (t) => t.twoStep.setUpTitle, go: toSetUp },
  'the page with the backup codes': {
    heading: (t) => t.twoStep.codesTitle,
    go: async (page, scene) => {
      const { texts, gateway } = scene
      await toSetUp(page, { ...scene, person: await newPerson(gateway) })
      const link = await page.getByRole('link', { name: texts.twoStep.openApp }).getAttribute('href')
      await field(page, texts.fields.code).fill(totpCode(new URL(link ?? '').searchParams.get('secret') ?? ''))
      await press(page, texts.twoStep.finish)
    },
  },
}

async function withPasskey(page: Page, scene: Scene): Promise<void> {
  const person = await newPerson(scene.gateway)
  await addDevice(page)
  await signInTo(page, '/auth/account/passkeys', { ...scene, person })
  await press(page, scene.texts.passkeys.add)
  await page.waitForURL('**notice=passkey_added')
}

const passkeys: Sights = {
  'the page of somebody without passkeys': own('/auth/account/passkeys', (t) => t.passkeys.title),
  'the page of somebody with a passkey': { heading: (t) => t.passkeys.title, go: withPasskey },
  'the page of passkeys after a device said that it has one': {
    heading: (t) => t.passkeys.title,
    go: async (page, scene) => {
      await withPasskey(page, scene)
      await press(page, scene.texts.passkeys.add)
      await page.getByRole('alert').waitFor()
    },
  },
  'the login page after a passkey that is not known': {
    heading: (t) => t.login.title,
    go: async (page, scene) => {
      await withPasskey(page, scene)
      await scene.gateway.sql('delete from passkeys')
      await page.context().clearCookies()
      await page.goto('/auth/login')
      await page.getByRole('alert').waitFor()
    },
  },
}

const proofs: Sights = {
  'the page that asks for a proof': own('/auth/reauthenticate', (t) => t.reauthenticate.title),
  'the page that asks for a proof, by a passkey too': {
    heading: (t) => t.reauthenticate.title,
    go: async (page, scene) => {
      const person = await newPerson(scene.gateway)
      await enrolPasskey(person.visitor, scene.gateway.url)
      await signInTo(page, '/auth/reauthenticate', { ...scene, person })
    },
  },
  'the page that asks for more than a password, of somebody who has no more': own(
    '/vault/',
    (t) => t.reauthenticate.title,
  ),
  'the page that asks for more than a password, of somebody who has a passkey': {
    heading: (t) => t.reauthenticate.title,
    go: async (page, scene) => {
      const person = await newPerson(scene.gateway)
      await enrolPasskey(person.visitor, scene.gateway.url)
      await signInTo(page, '/vault/', { ...scene, person })
    },
  },
}

export const sightsOfMembers: Sights = { ...account, ...phones, ...twoStep, ...passkeys, ...proofs }
