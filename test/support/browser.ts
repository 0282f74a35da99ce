// Windows of people who know nothing of each other, in a real Chromium.
import type { Browser, Locator, Page } from 'playwright-core'
import { de } from '../../src/pages/texts/de.ts'
import { type Texts, en } from '../../src/pages/texts/en.ts'
import { newAddress } from './visitor.ts'

export interface WindowOptions {
  readonly javaScript?: boolean
  readonly dark?: boolean
  readonly locale?: string
  readonly size?: { readonly width: number; readonly height: number }
}

/** A browser of its own: no cookies, and an address that nobody else has, as Cloudflare would report it. */
export async function openWindow(browser: Browser, url: string, options: WindowOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    baseURL: url,
    javaScriptEnabled: options.javaScript ?? true,
    colorScheme: options.dark === true ? 'dark' : 'light',
    viewport: options.size ?? { width: 1000, height: 800 },
    extraHTTPHeaders: { 'cf-connecting-ip': newAddress() },
    locale: options.locale ?? 'en-GB',
    timezoneId: 'UTC',
  })
  context.setDefaultTimeout(20_000)
  return context.newPage()
}

/** Another tab of the same window. */
export function openTab(page: Page): Promise<Page> {
  return page.context().newPage()
}

/** Pages are the same with scripts and without, and in each language. */
export const manners = [
  { locale: 'en-GB', texts: en, javaScript: true },
  { locale: 'en-GB', texts: en, javaScript: false },
  { locale: 'de-AT', texts: de, javaScript: false },
] as const

export const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click()
export const follow = (page: Page, name: string): Promise<void> => page.getByRole('link', { name, exact: true }).click()
export const title = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText()
export const field = (page: Page, label: string): Locator => page.getByLabel(label, { exact: true })

export async function giveCredentials(
  page: Page,
  { email, password }: { readonly email: string; readonly password: string },
  texts: Texts = en,
): Promise<void> {
  await field(page, texts.fields.email).fill(email)
  await field(page, texts.fields.password).fill(password)
  await press(page, texts.login.submit)
}

/** Path and query of where the window is. */
export function placeOf(page: Page): string {
  const { pathname, search } = new URL(page.url())
  return pathname + search
}
