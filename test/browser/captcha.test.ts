// The captcha as people meet it: the vendor's script runs on its page and on no other, and the way back is the way they came.
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { type TurnstileVendor, startTurnstile } from '../../tools/dev/turnstile.ts'
import { openWindow, placeOf } from '../support/browser.ts'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'

let vendor: TurnstileVendor
let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  vendor = await startTurnstile()
  const limits = { rules: { login: { limit: 2, response: 'captcha' } } }
  ;[gateway, browser] = await Promise.all([
    startGateway({
      bundle: bundleWith({ ...shippedConfig, captcha: { provider: 'turnstile' }, limits }),
      bindings: vendor.bindings,
    }),
    startBrowser(),
  ])
})
afterAll(async () => {
  await browser.close()
  await gateway.stop()
  await vendor.stop()
})

const words = {
  'en-GB': {
    email: 'Email address',
    password: 'Password',
    signIn: 'Sign in',
    title: 'Are you a person?',
    goOn: 'Go on',
  },
  'de-DE': {
    email: 'E-Mail-Adresse',
    password: 'Passwort',
    signIn: 'Anmelden',
    title: 'Sind Sie ein Mensch?',
    goOn: 'Weiter',
  },
} as const

describe.each(Object.entries(words))(
  'in a browser that speaks %s',
  (locale, { email, password, signIn, title, goOn }) => {
    async function signInWith(page: Page, given: { readonly email: string; readonly password: string }): Promise<void> {
      await page.getByLabel(email, { exact: true }).fill(given.email)
      await page.getByLabel(password, { exact: true }).fill(given.password)
      await page.getByRole('button', { name: signIn, exact: true }).click()
    }

    it('comes after wrong passwords, and leads back to the form and to where the person wanted to go', async () => {
      const person = await newPerson(gateway)
      const page = await openWindow(browser, gateway.url, { locale })
      const complaints: string[] = []
      page.on('console', (message) => {
        const isAnswer = message.text().startsWith('Failed to load resource')
        if (message.type() === 'error' && !isAnswer) complaints.push(message.text())
      })
      page.on('pageerror', (error) => void complaints.push(String(error)))
      await page.goto('/private')
      for (let count = 0; count < 2; count += 1) await signInWith(page, { ...person, password: 'not this one' })
      await signInWith(page, person)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      expect(new URL(page.url()).pathname).toBe('/auth/captcha')
      await page.getByText('Confirmed').waitFor()
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
      await page.getByRole('button', { name: goOn, exact: true }).click()
      await page.waitForURL(/\/auth\/login/)
      expect(complaints).toEqual([])
      await signInWith(page, person)
      await page.waitForURL(/\/private/)
      expect(placeOf(page)).toBe('/private')
      expect(vendor.asked().length).toBeGreaterThan(0)
      await page.context().close()
    })
  },
)
