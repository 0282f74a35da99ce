import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { startBrowser } from './dev/browser.ts'
import { inProject } from './dev/project.ts'
import { failWith } from './dev/reason.ts'
import { demoAccounts, demoPassword } from './dev/seed.ts'

// The pictures of the README, from the gateway that `npm run dev` runs: node tools/screenshots.ts [its address]
const url = process.argv[2] ?? 'http://localhost:8787'
const folder = inProject('docs', 'images')
const largest = 150_000

const open = async (browser: Browser, colorScheme: 'light' | 'dark', userAgent?: string): Promise<Page> => {
  const context = await browser.newContext({
    baseURL: url,
    colorScheme,
    deviceScaleFactor: 1.5,
    viewport: { width: 760, height: 640 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    ...(userAgent === undefined ? {} : { userAgent }),
  })
  return context.newPage()
}

const signIn = async (page: Page): Promise<void> => {
  await page.goto('/auth/login?return_to=/auth/account')
  await page.getByLabel('Email address').fill(demoAccounts[0]?.email ?? '')
  await page.getByLabel('Password').fill(demoPassword)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL('**/auth/account')
}

const take = async (page: Page, name: string, fullPage = false): Promise<void> => {
  const path = join(folder, `${name}.png`)
  await page.screenshot({ path, fullPage, animations: 'disabled', caret: 'hide' })
  const { size } = statSync(path)
  if (size > largest) throw new Error(`${path} has ${size} bytes, more than a README should load.`)
  console.log(`${path} ${size} bytes`)
}

const laptop =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36'
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1'

const takeAll = async (browser: Browser): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  for (const [name, scheme] of [
    ['login', 'light'],
    ['login-dark', 'dark'],
  ] as const) {
    const page = await open(browser, scheme)
    await page.goto('/auth/login?return_to=/private')
    await take(page, name)
  }
  // A second device, so that there is something to see in the list.
  await signIn(await open(browser, 'light', phone))
  const account = await open(browser, 'light', laptop)
  await signIn(account)
  await take(account, 'account', true)
}

try {
  const browser = await startBrowser()
  try {
    await takeAll(browser)
  } finally {
    await browser.close()
  }
} catch (error) {
  failWith(error)
}
