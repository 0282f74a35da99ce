// Windows of people who know nothing of each other, in a real Chromium.
import type { Browser, Page } from 'playwright-core'
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

/** Path and query of where the window is. */
export function placeOf(page: Page): string {
  const { pathname, search } = new URL(page.url())
  return pathname + search
}
