// The looks of a site in a real browser: its colours and logos in the light and in the dark, or always the same.
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../tools/dev/browser.ts'
import { openWindow } from '../support/browser.ts'
import { startGateway } from '../support/gateway.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

const day = { logo: '/logo-day.svg', accent: 'rgb(47, 93, 80)' }
const night = { logo: '/logo-night.svg', accent: 'rgb(224, 176, 80)' }

/** Always, whatever the device asks for; or as it asks. */
const schemes = {
  auto: { light: day, dark: night },
  light: { light: day, dark: day },
  dark: { light: night, dark: night },
} as const

describe.each(['auto', 'light', 'dark'] as const)('colorScheme %s', (colorScheme) => {
  it('shows accent, logo and the browser’s own parts as it says, on a light and on a dark device', async () => {
    const dark = { logoUrl: night.logo, accentColor: '#e0b050' }
    const theme = { colorScheme, logoUrl: day.logo, accentColor: '#2f5d50', dark }
    const gateway = await startGateway({ bundle: bundleWith({ ...shippedConfig, theme }) })
    try {
      for (const device of ['light', 'dark'] as const) {
        const page = await openWindow(browser, gateway.url, { dark: device === 'dark' })
        await page.goto('/auth/login')
        const wanted = schemes[colorScheme][device]
        const logo = await page.locator('.brand img').evaluate((image: HTMLImageElement) => image.currentSrc)
        expect(new URL(logo).pathname).toBe(wanted.logo)
        const button = page.getByRole('button', { name: 'Sign in', exact: true })
        expect(await button.evaluate((element) => getComputedStyle(element).backgroundColor)).toBe(wanted.accent)
        // Scroll bars and the like: the browser's own idea of black text tells which scheme it draws them in.
        const text = await page.evaluate(() => {
          const probe = document.createElement('div')
          probe.style.color = 'CanvasText'
          document.body.append(probe)
          return getComputedStyle(probe).color
        })
        expect(text).toBe(wanted === day ? 'rgb(0, 0, 0)' : 'rgb(255, 255, 255)')
        const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag22aa']).analyze()
        expect(violations.map(({ id }) => id)).toEqual([])
        await page.context().close()
      }
    } finally {
      await gateway.stop()
    }
  })
})
