// The pages between this site and another one, and those that say that something is not there or not allowed.
import type { Page } from 'playwright-core'
import { fill } from '../../../src/pages/format.ts'
import { press } from '../browser.ts'
import { authorizePath, newClient, newPkce } from '../oauth.ts'
import { newEmail, newPerson } from '../people.ts'
import { type Scene, type Sight, type Sights, signInAtPeer, signInTo } from './scene.ts'

type Code = keyof Scene['texts']['problemPage']['byCode']

const problem = (code: Code, go: Sight['go']): Sight => ({ heading: (t) => t.problemPage.byCode[code].title, go })

async function toPeer(page: Page, { texts, peer }: Scene): Promise<void> {
  await page.goto('/auth/login')
  await page.getByRole('link', { name: fill(texts.login.provider, { provider: 'The Peer' }), exact: true }).click()
  await page.waitForURL(`${peer.issuer}/interaction/**`)
}

async function throughPeer(page: Page, scene: Scene, login: string): Promise<void> {
  await toPeer(page, scene)
  await signInAtPeer(page, scene, login)
  await page.waitForURL(`${scene.gateway.url}/**`)
}

/** Somebody whose account is connected with that login of the other site. */
async function connect(page: Page, scene: Scene, login: string): Promise<void> {
  const { gateway, texts } = scene
  await signInTo(page, '/auth/account/connections', { ...scene, person: await newPerson(gateway) })
  await press(page, fill(texts.connections.connect, { provider: 'The Peer' }))
  await signInAtPeer(page, scene, login)
  await page.waitForURL(`${gateway.url}/**`)
}

const connections: Sights = {
  'the page of connected accounts': {
    heading: (t) => t.connections.title,
    go: (page, scene) => signInTo(page, '/auth/account/connections', scene),
  },
  'the page of connected accounts, where there is one': {
    heading: (t) => t.connections.title,
    go: (page, scene) => connect(page, scene, newEmail()),
  },
  'a sign-in elsewhere that was stopped': problem('sign_in_cancelled', async (page, scene) => {
    await toPeer(page, scene)
    await page.getByRole('link', { name: /abort|cancel/i }).click()
    await page.waitForURL(`${scene.gateway.url}/**`)
  }),
  'a sign-in elsewhere that began in another browser': problem('sign_in_expired', (page) =>
    page.goto(`/auth/v1/oidc/peer/callback?code=x&state=${'x'.repeat(43)}`),
  ),
  'a sign-in elsewhere by an address that is not proven': problem('address_unproven', (page, scene) =>
    throughPeer(page, scene, `unproven-${newEmail()}`),
  ),
  'a sign-in elsewhere that nobody answers': problem('provider_failed', (page) =>
    page.goto('/auth/v1/oidc/gone/start?return_to=%2Fprivate'),
  ),
  'an account elsewhere that opens another account here': problem('identity_taken', async (page, scene) => {
    const login = newEmail()
    await throughPeer(page, scene, login)
    await page.context().clearCookies()
    await connect(page, scene, login)
  }),
}

export const sightsOfOthers: Sights = {
  ...connections,
  'the question before an application is let in': {
    heading: (t) => fill(t.consent.title, { client: 'Foreign Wiki' }),
    go: async (page, scene) => {
      const { id } = await newClient(scene.gateway, { isFirstParty: false, name: 'Foreign Wiki' })
      await signInTo(page, authorizePath(id, { code_challenge: newPkce().challenge }), scene)
    },
  },
  'a page that is not there': {
    heading: (t) => t.problemPage.byStatus[404].title,
    go: (page) => page.goto('/auth/nothing'),
  },
  'a page that is not allowed': {
    heading: (t) => t.problemPage.byStatus[403].title,
    go: (page, scene) => signInTo(page, '/admin/', scene),
  },
  'the inbox of development': { heading: (t) => t.inbox.title, go: (page) => page.goto('/auth/dev/inbox') },
}
