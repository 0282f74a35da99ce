// A real Chromium, from npm alone, and windows of people who know nothing of each other.
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import sparticuz from '@sparticuz/chromium'
import { type Browser, type Page, chromium } from 'playwright-core'
import { newAddress } from './visitor.ts'

export interface WindowOptions {
  readonly javaScript?: boolean
  readonly dark?: boolean
  readonly size?: { readonly width: number; readonly height: number }
}

/** Not the flags the package recommends: they switch off web security, which is what is to be tested here. */
const flags = [
  '--no-zygote',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--font-render-hinting=none',
]

export async function startBrowser(): Promise<Browser> {
  const executablePath = await sparticuz.executablePath()
  // The package brings its fonts along; machines without any would draw empty boxes.
  const env = { ...process.env, FONTCONFIG_PATH: join(tmpdir(), 'fonts') }
  return chromium.launch({ executablePath, args: flags, env })
}

/** A browser of its own: no cookies, and an address that nobody else has, as Cloudflare would report it. */
export async function openWindow(browser: Browser, url: string, options: WindowOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    baseURL: url,
    javaScriptEnabled: options.javaScript ?? true,
    colorScheme: options.dark === true ? 'dark' : 'light',
    viewport: options.size ?? { width: 1000, height: 800 },
    extraHTTPHeaders: { 'cf-connecting-ip': newAddress() },
    locale: 'en-GB',
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
