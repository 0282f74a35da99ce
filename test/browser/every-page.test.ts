// Every page people meet, in every language: by the rules of WCAG 2.2 AA, under its own policy, in the light and the dark, on a
// wide and a narrow screen, enlarged, and within its weight.
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../tools/dev/ports.ts'
import { startBrowser } from '../../tools/dev/browser.ts'
import { de } from '../../src/pages/texts/de.ts'
import { en } from '../../src/pages/texts/en.ts'
import { openWindow } from '../support/browser.ts'
import { startGateway } from '../support/gateway.ts'
import { misfits, misfitsEnlarged } from '../support/page-fit.ts'
import { weigh } from '../support/page-weight.ts'
import { sightsOfMembers } from '../support/pages/of-members.ts'
import { sightsOfOthers } from '../support/pages/of-others.ts'
import { sightsOfStrangers } from '../support/pages/of-strangers.ts'
import type { Scene } from '../support/pages/scene.ts'
import { newPerson } from '../support/people.ts'
import { startSignInPeer } from '../support/sign-in-peer.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'

/** Of each page with all it loads. */
const mostBytes = 60_000

let scene: Omit<Scene, 'texts'>
let browser: Browser
beforeAll(async () => {
  const peer = await startSignInPeer()
  const gone = { ...peer.row, id: 'gone', name: 'The Gone', issuer: `http://127.0.0.1:${await freePort()}` }
  // A part of the site that asks for the second factor.
  const routes = [{ path: '/vault/*', require: { aal: 2 as const } }, ...shippedConfig.routes]
  const login = { ...shippedConfig.login, providers: [peer.row, gone] }
  const bundle = bundleWith({ ...shippedConfig, routes, login })
  const [gateway, started] = await Promise.all([startGateway({ bundle }), startBrowser()])
  browser = started
  peer.register(`${gateway.url}/auth/v1/oidc/peer/callback`)
  scene = { gateway, peer, person: await newPerson(gateway) }
})
afterAll(async () => {
  await browser.close()
  await scene.gateway.stop()
  await scene.peer.stop()
})

async function violations(page: Page): Promise<readonly string[]> {
  const found = await new AxeBuilder({ page })
    // No page has frames, and no other page has to be opened for them.
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** What the browser blames the page for, and whom it asks besides this host; the other site's own pages are its own affair. */
function overhear(page: Page, { gateway, peer }: Pick<Scene, 'gateway' | 'peer'>): readonly string[] {
  const heard: string[] = []
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted Type/i.test(message.text())) heard.push(message.text())
  })
  page.on('pageerror', (error) => void heard.push(error.message))
  page.on('request', (request) => {
    const { origin } = new URL(request.url())
    const isElsewhere = page.url().startsWith(peer.issuer)
    if (!isElsewhere && ![gateway.url, peer.issuer, 'null'].includes(origin)) heard.push(origin)
  })
  return heard
}

/** Wide and light, narrow and dark: at 320 pixels nothing may need scrolling sideways (WCAG 1.4.10). */
const looks = {
  'light, 1000 wide': { colorScheme: 'light', size: { width: 1000, height: 800 } },
  'dark, 320 wide': { colorScheme: 'dark', size: { width: 320, height: 640 } },
} as const
type Look = keyof typeof looks

async function take(page: Page, look: Look): Promise<void> {
  const { colorScheme, size } = looks[look]
  // Without the transitions that some have asked not to see: colours half-way are judged as what they are.
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.setViewportSize(size)
}

const sights = { ...sightsOfStrangers, ...sightsOfMembers, ...sightsOfOthers }

/** Words fit or do not in every look; colours are the same in every language, so that each is judged in one of them. */
describe.each([
  { locale: 'en-GB', texts: en, judged: 'light, 1000 wide' },
  { locale: 'de-AT', texts: de, judged: 'dark, 320 wide' },
] as const)('in $locale', ({ locale, texts, judged }) => {
  it.each(Object.entries(sights))('%s', async (_name, { heading, go }) => {
    const page = await openWindow(browser, scene.gateway.url, { locale })
    const heard = overhear(page, scene)
    const weight = await weigh(page)
    await go(page, { ...scene, texts })
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(heading(texts))
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(texts.lang)

    await expect.poll(() => weight.total()).toBeGreaterThan(4000)
    expect(weight.total()).toBeLessThan(mostBytes)

    expect(await misfitsEnlarged(page)).toEqual([])
    for (const look of Object.keys(looks) as Look[]) {
      await take(page, look)
      expect([look, await misfits(page)]).toEqual([look, []])
    }
    await take(page, judged)
    expect(await violations(page)).toEqual([])
    expect(heard).toEqual([])
    await page.context().close()
  })
})
