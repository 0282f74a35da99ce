// An application sends somebody here to sign out: what counts as proof that it may, and where they are sent afterwards.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestGateway, startGateway } from '../support/gateway.ts'
import { type TestClient, authorizedTokens, claimsOf, newClient, sentTo } from '../support/oauth.ts'
import { ownToken } from '../support/own-token.ts'
import { type Person, newPerson, signInAgain } from '../support/people.ts'
import { type Visitor, newAddress, newVisitor } from '../support/visitor.ts'

const signedOut = 'https://app.example/signed-out'
const day = 24 * 3600

let gateway: TestGateway
let person: Person
let client: TestClient
let other: TestClient
beforeAll(async () => {
  gateway = await startGateway()
  person = await newPerson(gateway)
  client = await newClient(gateway, { postLogoutRedirectUris: [signedOut, `${signedOut}?from=gate`] })
  other = await newClient(gateway, { postLogoutRedirectUris: ['https://other.example/'] })
})
afterAll(() => gateway.stop())

type Fields = Readonly<Record<string, string>>

const logoutPath = (fields: Fields): string => `/auth/oauth/logout?${new URLSearchParams(fields).toString()}`

/** A browser that is signed in, and the ID token an application has of it. */
async function signedIn(by: Person = person): Promise<{ readonly visitor: Visitor; readonly hint: string }> {
  const visitor = await signInAgain(gateway, by)
  const { id_token: hint = '' } = await authorizedTokens(gateway, visitor, client)
  return { visitor, hint }
}

const isSignedIn = async (visitor: Visitor): Promise<boolean> => (await visitor.send('GET', '/private')).status === 200

/** The question to the person, with what its form would send. */
async function questionOf(answer: Response): Promise<Fields> {
  expect([answer.status, answer.headers.get('location')]).toEqual([200, null])
  const html = await answer.text()
  const [, action = ''] = /<form method="post" action="([^"]+)"/.exec(html) ?? []
  const [, request = ''] = /name="request" value="([^"]*)"/.exec(html) ?? []
  return { action, request: request.replaceAll('&amp;', '&') }
}

describe('an application with an ID token of the person', () => {
  it('signs them out at once, and has them sent to an address it registered, with its state', async () => {
    const { visitor, hint } = await signedIn()
    const fields = { id_token_hint: hint, post_logout_redirect_uri: signedOut, state: 'a b&c=d' }
    const answer = await visitor.open(logoutPath(fields))
    expect(answer.status).toBe(303)
    expect(sentTo(answer)).toEqual({ address: signedOut, query: { state: 'a b&c=d' } })
    expect(visitor.cookies.has('__Host-portcullis')).toBe(false)
    const { sid } = claimsOf(hint)
    const [row] = await gateway.sql('select end_reason from sessions where id = $1', [sid])
    expect(row).toEqual({ end_reason: 'signed out by an application' })
  })

  it('keeps the query of its address, and gets no state it did not send', async () => {
    const { visitor, hint } = await signedIn()
    const fields = { id_token_hint: hint, client_id: client.id, post_logout_redirect_uri: `${signedOut}?from=gate` }
    const { query } = sentTo(await visitor.open(logoutPath(fields)))
    expect(query).toEqual({ from: 'gate' })
  })

  it.each([
    ['another path', `${signedOut}/x`],
    ['another query', `${signedOut}?x=1`],
    ['another host', 'https://evil.example/signed-out'],
    ['user information', 'https://app.example@evil.example/signed-out'],
    ['capitals', 'https://APP.example/signed-out'],
    ['another client’s address', 'https://other.example/'],
    ['its own redirect address', 'https://app.example/callback'],
    ['a script', 'javascript:alert(1)'],
    ['nothing', ''],
  ])('signs them out, and sends nobody to what it did not register: %s', async (_, address) => {
    const { visitor, hint } = await signedIn()
    const answer = await visitor.open(logoutPath({ id_token_hint: hint, post_logout_redirect_uri: address }))
    expect([answer.status, answer.headers.get('location'), answer.headers.get('refresh')]).toEqual([200, null, null])
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('does so with one that has expired, and not with one of more than a year ago', async () => {
    const { visitor, hint } = await signedIn()
    const now = Math.floor(Date.now() / 1000)
    const old = await ownToken(gateway, hint, { iat: now - 401 * day, exp: now - 400 * day - 60 })
    expect((await questionOf(await visitor.open(logoutPath({ id_token_hint: old }))))['action']).toBe(
      '/auth/oauth/sign-out',
    )
    expect(await isSignedIn(visitor)).toBe(true)
    const expired = await ownToken(gateway, hint, { iat: now - 31 * day, exp: now - 30 * day })
    const fields = { id_token_hint: expired, post_logout_redirect_uri: signedOut }
    expect(sentTo(await visitor.open(logoutPath(fields))).address).toBe(signedOut)
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('ends its own session where the browser has none any more, and nobody else’s', async () => {
    const [{ hint }, elsewhere] = [await signedIn(), await signedIn()]
    const stranger = newVisitor(gateway)
    const fields = { id_token_hint: hint, post_logout_redirect_uri: signedOut }
    expect(sentTo(await stranger.open(logoutPath(fields))).address).toBe(signedOut)
    const [row] = await gateway.sql('select ended_at is not null as is_over from sessions where id = $1', [
      claimsOf(hint)['sid'],
    ])
    expect([row, await isSignedIn(elsewhere.visitor)]).toEqual([{ is_over: true }, true])
  })
})

describe('an application without a proof', () => {
  it.each<[string, (hint: string, others: string) => Fields]>([
    ['nothing', () => ({})],
    ['its id', () => ({ client_id: client.id })],
    ['another person’s ID token', (_, others) => ({ id_token_hint: others })],
    ['an ID token with another id', (hint) => ({ id_token_hint: hint, client_id: other.id })],
    ['an ID token that somebody changed', (hint) => ({ id_token_hint: hint.replace(/\.[^.]+\./, '.e30.') })],
    ['no token', () => ({ id_token_hint: 'x' })],
    ['the unsigned claims', (hint) => ({ id_token_hint: `eyJhbGciOiJub25lIn0.${hint.split('.')[1]}.` })],
  ])('cannot sign anybody out who has not said so: %s', async (_, fieldsOf) => {
    const [{ visitor, hint }, others] = [await signedIn(), await signedIn(await newPerson(gateway))]
    const fields = { ...fieldsOf(hint, others.hint), post_logout_redirect_uri: signedOut }
    const { action } = await questionOf(await visitor.open(logoutPath(fields)))
    expect(action).toBe('/auth/oauth/sign-out')
    expect([await isSignedIn(visitor), await isSignedIn(others.visitor)]).toEqual([true, true])
  })

  it('no access token stands for an ID token', async () => {
    const visitor = await signInAgain(gateway, person)
    const { access_token: token } = await authorizedTokens(gateway, visitor, client)
    await questionOf(await visitor.open(logoutPath({ id_token_hint: token })))
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('has them back once they said yes, with its state, where it may name where', async () => {
    const { visitor } = await signedIn()
    const fields = { client_id: client.id, post_logout_redirect_uri: signedOut, state: 'bye' }
    const { action = '', request = '' } = await questionOf(await visitor.open(logoutPath(fields)))
    const answer = await visitor.submit(action, { request })
    // Not by a redirect: browsers would hold it to the policy of the page with the form.
    expect([answer.status, answer.headers.get('refresh')]).toEqual([200, `0; url=${signedOut}?state=bye`])
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('gets no yes from another site’s page, nor an address it did not register', async () => {
    const { visitor } = await signedIn()
    const evil = new URLSearchParams({ client_id: client.id, post_logout_redirect_uri: 'https://evil.example/' })
    await visitor.open('/auth/oauth/logout')
    const forged = await visitor.submit('/auth/oauth/sign-out', { request: '', csrf_token: 'forged' })
    expect([forged.status, await isSignedIn(visitor)]).toEqual([403, true])
    const answer = await visitor.submit('/auth/oauth/sign-out', { request: evil.toString() })
    expect([answer.status, answer.headers.get('refresh'), await isSignedIn(visitor)]).toEqual([200, null, false])
  })

  it('is told nothing by a parameter that comes twice', async () => {
    const { visitor, hint } = await signedIn()
    const twice = `${logoutPath({ id_token_hint: hint })}&id_token_hint=x`
    expect([(await visitor.open(twice)).status, await isSignedIn(visitor)]).toEqual([400, true])
  })
})

describe('an application that sends a form', () => {
  /** As a browser sends it from the application's page: without the cookies that `SameSite=Lax` keeps back. */
  const postFrom = (path: string, body: string, type = 'application/x-www-form-urlencoded'): Promise<Response> =>
    fetch(gateway.url + path, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'cf-connecting-ip': newAddress(),
        accept: 'text/html',
        origin: 'https://app.example',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'content-type': type,
      },
      body,
    })

  it('has the person open the same as a link, at both pages', async () => {
    const { visitor, hint } = await signedIn()
    const fields = { id_token_hint: hint, post_logout_redirect_uri: signedOut, state: 'a b&c=d' }
    const restated = await postFrom('/auth/oauth/logout', new URLSearchParams(fields).toString())
    expect([restated.status, restated.headers.get('cache-control'), restated.headers.getSetCookie()]).toEqual([
      303,
      'no-store',
      [],
    ])
    expect(await isSignedIn(visitor)).toBe(true)
    const link = restated.headers.get('location') ?? ''
    expect(sentTo(await visitor.open(link))).toEqual({ address: signedOut, query: { state: 'a b&c=d' } })
    expect(await isSignedIn(visitor)).toBe(false)

    const asked = { client_id: client.id, response_type: 'code', scope: 'openid', state: 'ü', nonce: 'a+b c' }
    const authorize = await postFrom('/auth/oauth/authorize', new URLSearchParams(asked).toString())
    expect(authorize.status).toBe(303)
    const again = new URL(authorize.headers.get('location') ?? '', gateway.url)
    expect([again.origin, again.pathname, Object.fromEntries(again.searchParams)]).toEqual([
      gateway.url,
      '/auth/oauth/authorize',
      asked,
    ])
  })

  it('does nothing by itself, whatever cookies come with it', async () => {
    const { visitor, hint } = await signedIn()
    const answer = await visitor.submit('/auth/oauth/logout', { id_token_hint: hint, csrf_token: '' })
    expect([answer.status, await isSignedIn(visitor)]).toEqual([303, true])
  })

  it.each([
    ['a parameter twice', 'client_id=a&client_id=b', undefined, 400],
    ['JSON', '{"client_id":"a"}', 'application/json', 415],
    ['plain text', 'client_id=a', 'text/plain', 415],
    ['too much', `state=${'x'.repeat(70_000)}`, undefined, 413],
  ])('and sends %s is refused', async (_, body, type, status) => {
    for (const path of ['/auth/oauth/logout', '/auth/oauth/authorize'])
      expect((await postFrom(path, body, type)).status).toBe(status)
  })

  it('cannot answer the gateway’s own questions so', async () => {
    for (const path of ['/auth/oauth/consent', '/auth/oauth/sign-out', '/auth/logout'])
      expect((await postFrom(path, 'decision=allow&request=')).status).toBe(403)
  })
})
