// A session's cookie that comes from somewhere else than before: a proof is asked for, and nothing ends.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { tokenLogin } from '../support/oauth.ts'
import { type Person, newPerson } from '../support/people.ts'
import { bundleWith, shippedConfig } from '../support/site-config.ts'
import { header, sendRaw } from '../support/raw-http.ts'
import { refusedUpgrade } from '../support/socket.ts'
import { type Visitor, newAddress, newVisitor } from '../support/visitor.ts'

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const newerFirefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'
const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
const tls13 = {
  tlsVersion: 'TLSv1.3',
  tlsCipher: 'AEAD-AES128-GCM-SHA256',
  tlsClientCiphersSha1: 'GXSPDLP4G3X+prK73a4wBuOaHRc=',
}
const tls12 = { ...tls13, tlsVersion: 'TLSv1.2', tlsCipher: 'ECDHE-RSA-AES128-GCM-SHA256' }

let gateway: TestGateway
let person: Person
beforeAll(async () => {
  const sessions = { ...shippedConfig.sessions, fingerprint: true }
  const routes = [{ path: '/headers', require: 'public' as const }, ...shippedConfig.routes]
  const bundle = bundleWith({ ...shippedConfig, sessions, routes })
  gateway = await startGateway({ bundle, isolates: 2 })
  person = await newPerson(gateway)
})
afterAll(() => gateway.stop())

interface From {
  readonly userAgent?: string
  readonly ip?: string
  readonly tls?: object
}

const headersOf = ({ userAgent = firefox, tls = tls13 }: From): Record<string, string> => ({
  'user-agent': userAgent,
  'test-cf': JSON.stringify(tls),
})

/** Somebody signed in with a Firefox over TLS 1.3, whose cookie was used for a page. */
async function signedIn(): Promise<Visitor> {
  const visitor = newVisitor(gateway)
  const { email, password } = person
  const answer = await visitor.send('POST', '/auth/v1/login', { email, password }, headersOf({}))
  expect(answer.status).toBe(200)
  expect((await visitor.send('GET', '/private', undefined, headersOf({}))).status).toBe(200)
  return visitor
}

/** The cookie of a visitor, used from somewhere. */
function used(visitor: Visitor, from: From): Visitor {
  const other = newVisitor(gateway, from.ip ?? visitor.ip)
  for (const [name, value] of visitor.cookies) other.cookies.set(name, value)
  return other
}

const ask = (visitor: Visitor, from: From, path = '/private', method = 'GET', body?: unknown): Promise<Response> =>
  used(visitor, from).send(method, path, body, headersOf(from))
const statusOf = async (visitor: Visitor, from: From, path?: string): Promise<number> =>
  (await ask(visitor, from, path)).status

describe('a session', () => {
  it.each<[string, (visitor: Visitor) => From]>([
    ['a newer version of the same browser', () => ({ userAgent: newerFirefox })],
    ['another network, by the same TLS client', () => ({ ip: newAddress() })],
    ['another TLS client in the same network', (visitor) => ({ ip: visitor.ip, tls: tls12 })],
    ['another network where nothing is known of TLS', () => ({ ip: newAddress(), tls: {} })],
  ])('goes on in %s', async (_, from) => {
    const visitor = await signedIn()
    const where = from(visitor)
    expect([await statusOf(visitor, where), await statusOf(visitor, where, `${gateway.urls[1]}/private`)]).toEqual([
      200, 200,
    ])
  })

  it.each<[string, string, () => From]>([
    ['another browser', 'another browser', () => ({ userAgent: chrome })],
    ['no browser', 'another browser', () => ({ userAgent: 'python-requests/2.32' })],
    [
      'another network by another TLS client',
      'another network and TLS client',
      () => ({ ip: newAddress(), tls: tls12 }),
    ],
  ])('has to be proven anew in %s, at every front door, while its owner goes on', async (_, reason, from) => {
    const visitor = await signedIn()
    const where = from()
    for (const door of gateway.urls) {
      const answer = await ask(visitor, where, `${door}/private`)
      expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'step_up_required' }])
      expect(answer.headers.get('www-authenticate')).toContain('insufficient_user_authentication')
      for (const path of ['/auth/v1/session', '/auth/v1/sessions', '/auth/v1/admin/clients'])
        expect((await ask(visitor, where, door + path)).status).toBe(401)
    }
    expect(await statusOf(visitor, {})).toBe(200)
    const events = () =>
      gateway.sql(
        "select distinct reason from audit_events where type = 'session.unrecognised' and ip = $1 and user_id = $2",
        [where.ip ?? visitor.ip, person.userId],
      )
    await expect.poll(events, { timeout: 10_000 }).toEqual([{ reason }])
  })

  it('says nothing of its owner to a public page of the site until then', async () => {
    const visitor = await signedIn()
    const told = async (from: From): Promise<boolean> =>
      (await (await ask(visitor, from, '/headers')).text()).includes('x-portcullis-assertion')
    expect([await told({}), await told({ userAgent: chrome })]).toEqual([true, false])
  })

  it('counts for whose it is elsewhere too: not beside somebody else’s token', async () => {
    const visitor = await signedIn()
    const from = { userAgent: chrome }
    const { access_token: theirs } = await tokenLogin(newVisitor(gateway), await newPerson(gateway))
    const { access_token: own } = await tokenLogin(newVisitor(gateway), person)
    const beside = (token: string, path: string): Promise<Response> =>
      used(visitor, from).send('GET', path, undefined, { ...headersOf(from), authorization: `Bearer ${token}` })
    for (const path of ['/private', '/headers', '/auth/v1/session']) {
      const mixed = await beside(theirs, path)
      expect([path, mixed.status, await mixed.json()]).toMatchObject([path, 400, { code: 'bad_request' }])
      expect((await beside(own, path)).status).toBe(200)
    }
  })

  it('opens no WebSocket elsewhere', async () => {
    const visitor = await signedIn()
    const refused = await refusedUpgrade(gateway, visitor, '/ws', { headers: headersOf({ userAgent: chrome }) })
    expect([refused.status, refused.code]).toEqual([401, 'step_up_required'])
  })

  it('gets no new secret elsewhere', async () => {
    const visitor = await signedIn()
    await gateway.sql(`update sessions set rotated_at = rotated_at - interval '8 days' where user_id = $1`, [
      person.userId,
    ])
    await gateway.workerd.restart()
    const elsewhere = await ask(visitor, { userAgent: chrome })
    expect([elsewhere.status, elsewhere.headers.getSetCookie()]).toEqual([401, []])
    expect((await ask(visitor, {})).headers.getSetCookie()).toHaveLength(1)
  })

  it('is remembered by where it was first used across a restart', async () => {
    const visitor = await signedIn()
    await gateway.workerd.restart()
    expect([await statusOf(visitor, { userAgent: chrome }), await statusOf(visitor, {})]).toEqual([401, 200])
  })
})

describe('the way back', () => {
  it('of a person is the page that asks for a proof, and then where they were going; that browser counts from then on', async () => {
    const visitor = await signedIn()
    const from = { userAgent: chrome, ip: newAddress(), tls: tls12 }
    const chromeWindow = used(visitor, from)
    const location = async (path: string): Promise<unknown[]> => {
      const answer = await navigate(chromeWindow, from, path)
      return answer === null ? [] : [answer.status, header(answer, 'location')]
    }
    const way = '/auth/reauthenticate?return_to='
    expect(await location('/private?x=1')).toEqual([303, `${way}%2Fprivate%3Fx%3D1`])
    expect(await location('/auth/account')).toEqual([303, `${way}%2Fauth%2Faccount`])
    const page = await chromeWindow.send('GET', `${way}%2Fprivate`, undefined, headersOf(from))
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('current_password')])
    const wrong = await prove(chromeWindow, from, 'not the password at all')
    expect([wrong.status, await statusOf(chromeWindow, from)]).toEqual([401, 401])
    expect((await prove(chromeWindow, from, person.password)).status).toBe(200)
    expect(await statusOf(chromeWindow, from)).toBe(200)
    expect(await statusOf(chromeWindow, {})).toBe(401)
  })

  it('may be signing out', async () => {
    const visitor = await signedIn()
    const from = { userAgent: chrome }
    const elsewhere = used(visitor, from)
    const token = await csrfOf(elsewhere, from)
    const answer = await elsewhere.send('POST', '/auth/v1/logout', {}, { ...headersOf(from), 'x-csrf-token': token })
    expect(answer.status).toBe(204)
    await expect.poll(() => statusOf(visitor, {}), { timeout: 2000 }).toBe(401)
  })
})

/** As a browser does: `fetch` of Node writes a `Sec-Fetch-Mode` of its own. */
function navigate(visitor: Visitor, from: From, path: string): ReturnType<typeof sendRaw> {
  const { host, port } = new URL(gateway.url)
  const all = {
    host,
    ...headersOf(from),
    'cf-connecting-ip': visitor.ip,
    cookie: [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    accept: 'text/html',
    'sec-fetch-mode': 'navigate',
    connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return sendRaw(Number(port), `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

async function csrfOf(visitor: Visitor, from: From): Promise<string> {
  const answer = await visitor.send('GET', '/auth/v1/csrf', undefined, headersOf(from))
  return ((await answer.json()) as { csrf_token: string }).csrf_token
}

async function prove(visitor: Visitor, from: From, password: string): Promise<Response> {
  const headers = { ...headersOf(from), 'x-csrf-token': await csrfOf(visitor, from) }
  return visitor.send('POST', '/auth/v1/reauthenticate', { password }, headers)
}
