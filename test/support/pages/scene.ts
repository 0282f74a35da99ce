// Where the pages are met: a gateway with another site to sign in with, somebody who has an account, and their language.
import type { Page } from 'playwright-core'
import type { Texts } from '../../../src/pages/texts/en.ts'
import { giveCredentials } from '../browser.ts'
import type { TestGateway } from '../gateway.ts'
import type { Person } from '../people.ts'
import type { SignInPeer } from '../sign-in-peer.ts'

export interface Scene {
  readonly gateway: TestGateway
  readonly peer: SignInPeer
  readonly texts: Texts
  readonly person: Person
}

/** A kind of page and the way to it. */
export interface Sight {
  readonly heading: (texts: Texts) => string
  readonly go: (page: Page, scene: Scene) => Promise<unknown>
}

export type Sights = Readonly<Record<string, Sight>>

/** Signed in on the way to a page of one's own, or of the site. */
export async function signInTo(page: Page, path: string, scene: Pick<Scene, 'texts' | 'person'>): Promise<void> {
  await page.goto(`/auth/login?return_to=${encodeURIComponent(path)}`)
  await giveCredentials(page, scene.person, scene.texts)
}

/** The two pages of the other site, where nobody is signed in yet. */
export async function signInAtPeer(page: Page, { peer }: Pick<Scene, 'peer'>, login: string): Promise<void> {
  await page.waitForURL(`${peer.issuer}/interaction/**`)
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('any')
  await page.locator('button[type=submit]').click()
  await page.locator('button[type=submit]').click()
}
